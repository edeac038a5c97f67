"""Off-policy evaluation: estimate what a policy would earn from the log of another one, before it is trusted."""

from brain.domain.policy_evaluation.evaluation import (
    PolicyEvaluationConfig,
    PolicyValue,
    PolicyVerdict,
    evaluate_policy,
)
from brain.domain.policy_evaluation.policy_log import PolicyLog, build_policy_log

__all__ = [
    "PolicyEvaluationConfig",
    "PolicyLog",
    "PolicyValue",
    "PolicyVerdict",
    "build_policy_log",
    "evaluate_policy",
]
