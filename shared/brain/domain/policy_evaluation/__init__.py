"""What a policy is worth, judged from what another one showed: so that advice can be proved before it is trusted."""

from brain.domain.policy_evaluation.evaluation import PolicyEvaluationConfig, PolicyValue, Worth, evaluate_policy
from brain.domain.policy_evaluation.logged import LoggedRows, logged_rows

__all__ = [
    "LoggedRows",
    "PolicyEvaluationConfig",
    "PolicyValue",
    "Worth",
    "evaluate_policy",
    "logged_rows",
]
