"""The jobs that the worker performs: the implementation of each step, imported when its job first runs."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from brain.domain.jobs.steps import JOBS, JobDefinition
from brain.services.jobs.perform import Job
from brain.services.jobs.run_once import Work
from brain.settings.files import load_config
from brain.settings.scheduler import read_scheduler

if TYPE_CHECKING:
    from brain.bootstrap import Brain
    from brain.domain.learning.config import LearningConfig
    from brain.domain.retail.config import RetailConfig
    from brain.services.jobs.lease import Figures, Lease
    from brain.services.retail.shop_job import Step


class WorkBuilder(Protocol):
    """Builds the work of one step."""

    def __call__(self, brain: "Brain", definition: JobDefinition, next_step: Work, /) -> Work:
        """Return the step's work, which may continue with ``next_step``."""


class ShopStepsBuilder(Protocol):
    """Builds steps that work on the shop's own database."""

    def __call__(self) -> "tuple[Step, ...]":
        """Return the steps of one module, of which the table selects by name."""


def build_jobs(brain: "Brain") -> Mapping[str, Job]:
    """Return every job by its deployed name, with the time limit of the scheduler's table."""
    rows = read_scheduler().scheduled
    return {
        name: Job(
            partial(build_work, brain, definition),
            timedelta(seconds=rows[definition.enqueued_with or name].timeout_seconds),
        )
        for name, definition in JOBS.items()
    }


def build_work(brain: "Brain", definition: JobDefinition) -> Work:
    """Return the work of a job: its steps, each continuing with the next."""
    if definition.steps[0] in SHOP_STEPS:
        return _shop_job(brain, definition)
    work: Work = _finish
    for name in reversed(definition.steps):
        work = WORK_STEPS[name](brain, definition, work)
    return work


def _finish(lease: "Lease") -> "Figures":
    return lease.finish([], {})


def _learning_config() -> "LearningConfig":
    from brain.domain.learning.config import LearningConfig

    return load_config("brain_learning", LearningConfig)


def _retail_config() -> "RetailConfig":
    from brain.domain.retail.config import RetailConfig

    return load_config("brain_retail", RetailConfig)


def _hourly_scores(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.services.analysis.hourly_scores import HourlyScores

    return HourlyScores(brain.store, brain.score_config(), _learning_config().outcomes)


def _retry_dead_letters(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.services.gateway.retry_dead_letters import RetryDeadLetters

    return RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, brain.failed)


def _record_outcomes(brain: "Brain", _definition: JobDefinition, next_step: Work) -> Work:
    from brain.services.analysis.record_outcomes import RecordOutcomes

    return RecordOutcomes(brain.store, _learning_config().outcomes, brain.score_config(), next_step)


def _daily_analysis(brain: "Brain", definition: JobDefinition, _next_step: Work) -> Work:
    from brain.bootstrap.parts import build_parts
    from brain.domain.days.config import AnalysisConfig
    from brain.services.analysis.daily_analysis import DailyAnalysis

    config = load_config("brain_analysis", AnalysisConfig)
    return DailyAnalysis(brain.store, config, brain.failed, build_parts(brain, definition.parts))


def _share_moves(brain: "Brain", _definition: JobDefinition, next_step: Work) -> Work:
    from brain.domain.recommendations.triggers import Triggers
    from brain.services.analysis.share_moves import ShareMoves

    return ShareMoves(brain.store, load_config("triggers", Triggers).policy, next_step)


def _learn(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.domain.scoring.gold_standards import GoldStandards, build_weights_check
    from brain.services.analysis.learn import Learn

    cases = load_config("brain_benchmarks", GoldStandards).cases
    return Learn(brain.store, _learning_config(), build_weights_check(cases, brain.score_config()))


def _weekly_report(brain: "Brain", definition: JobDefinition, _next_step: Work) -> Work:
    from brain.adapters.html_report import render
    from brain.bootstrap.parts import build_parts
    from brain.domain.days.config import AnalysisConfig
    from brain.services.analysis.weekly_report import WeeklyReport

    config = load_config("brain_analysis", AnalysisConfig)
    return WeeklyReport(brain.store, config, brain.failed, render, build_parts(brain, definition.parts))


def _roi_report(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.adapters.html_report import render
    from brain.bootstrap.warehouse import opened_warehouse
    from brain.domain.retail.roi.config import RoiConfig
    from brain.services.retail.roi import Constants
    from brain.services.retail.roi_report import RoiReport

    constants = Constants(_retail_config(), load_config("brain_roi", RoiConfig))
    return RoiReport(brain.store, lambda: opened_warehouse(brain.secrets), constants, render)


def _shop_job(brain: "Brain", definition: JobDefinition) -> Work:
    from brain.bootstrap.warehouse import opened_warehouse
    from brain.services.retail.shop_job import ShopJob

    steps = tuple(_shop_step(name) for name in definition.steps)
    return ShopJob(brain.store, lambda: opened_warehouse(brain.secrets), steps)


def _shop_step(name: str) -> "Step":
    return next(step for step in SHOP_STEPS[name]() if step.name == name)


def _signal_magnitude_steps() -> "tuple[Step, ...]":
    from brain.services.retail.signal_magnitude_job import steps

    return steps(_retail_config())


def _week_steps() -> "tuple[Step, ...]":
    from brain.services.retail.week_job import week_step

    return (week_step(_retail_config()),)


def _product_weather_steps() -> "tuple[Step, ...]":
    from brain.services.retail.product_weather_job import steps

    return steps()


def _backtesting_steps() -> "tuple[Step, ...]":
    from brain.services.retail.backtesting_job import steps

    return steps(_retail_config())


def _curiosity_steps() -> "tuple[Step, ...]":
    from brain.domain.retail.curiosity.config import CuriosityConfig
    from brain.services.retail.curiosity_job import steps

    return steps(load_config("hypotheses", CuriosityConfig))


WORK_STEPS: Mapping[str, WorkBuilder] = {
    "hourly_scores": _hourly_scores,
    "retry_dead_letters": _retry_dead_letters,
    "record_outcomes": _record_outcomes,
    "daily_analysis": _daily_analysis,
    "share_moves": _share_moves,
    "learn": _learn,
    "weekly_report": _weekly_report,
    "roi_report": _roi_report,
}
SHOP_STEPS: Mapping[str, ShopStepsBuilder] = {
    "signals": _signal_magnitude_steps,
    "calendar": _signal_magnitude_steps,
    "week": _week_steps,
    "product_weather": _product_weather_steps,
    "time_of_day": _product_weather_steps,
    "cross_store": _product_weather_steps,
    "products": _backtesting_steps,
    "stores": _backtesting_steps,
    "night": _curiosity_steps,
}
