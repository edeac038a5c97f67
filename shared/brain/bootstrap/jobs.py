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
    from brain.domain.anomaly.config import AnomalyConfig
    from brain.domain.learning.config import LearningConfig
    from brain.domain.retail.config import RetailConfig
    from brain.services.jobs.lease import Figures, Lease
    from brain.services.retail.resumable_job import ShopStep


class WorkBuilder(Protocol):
    """Builds the work of one step."""

    def __call__(self, brain: "Brain", definition: JobDefinition, next_step: Work, /) -> Work:
        """Return the step's work, which may continue with ``next_step``."""


class ShopStepBuilder(Protocol):
    """Builds a step that works on the shop's own database."""

    def __call__(self) -> "ShopStep":
        """Return the step."""


def build_jobs(brain: "Brain") -> Mapping[str, Job]:
    """Return every job by its deployed name, with the time limit of the scheduler's table."""
    table = read_scheduler()
    return {
        name: Job(
            partial(build_work, brain, definition),
            timedelta(seconds=table.get_time_limit_seconds(name)),
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


def _anomaly_config() -> "AnomalyConfig":
    from brain.domain.anomaly.config import AnomalyConfig

    return load_config("brain_anomaly", AnomalyConfig)


def _retail_config() -> "RetailConfig":
    from brain.domain.retail.config import RetailConfig

    return load_config("brain_retail", RetailConfig)


def _hourly_scores(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.services.analysis.hourly_scores import HourlyScores

    outcome_rule = _learning_config().outcomes
    return HourlyScores(brain.store, brain.score_config(), outcome_rule, quarantine=brain.quarantine)


def _retry_dead_letters(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.services.gateway.retry_dead_letters import RetryDeadLetters

    return RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, brain.report_error)


def _record_outcomes(brain: "Brain", _definition: JobDefinition, next_step: Work) -> Work:
    from brain.services.analysis.record_outcomes import RecordOutcomes

    return RecordOutcomes(brain.store, _learning_config().outcomes, brain.score_config(), next_step)


def _daily_analysis(brain: "Brain", definition: JobDefinition, _next_step: Work) -> Work:
    from brain.bootstrap.parts import build_parts
    from brain.domain.days.config import AnalysisConfig
    from brain.services.analysis.daily_analysis import DailyAnalysis

    config = load_config("brain_analysis", AnalysisConfig)
    parts = build_parts(brain, definition.parts)
    return DailyAnalysis(brain.store, config, _anomaly_config(), brain.report_error, parts)


def _share_moves(brain: "Brain", _definition: JobDefinition, next_step: Work) -> Work:
    from brain.domain.recommendations.catalogue import MoveCatalogue
    from brain.services.analysis.share_moves import ShareMoves

    return ShareMoves(brain.store, load_config("triggers", MoveCatalogue).policy, next_step)


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
    parts = build_parts(brain, definition.parts)
    return WeeklyReport(brain.store, config, _anomaly_config(), brain.report_error, render, parts)


def _roi_report(brain: "Brain", _definition: JobDefinition, _next_step: Work) -> Work:
    from brain.adapters.html_report import render
    from brain.bootstrap.warehouse import open_warehouse
    from brain.domain.retail.roi.config import RoiConfig
    from brain.services.retail.roi import RoiConstants, RoiReport

    constants = RoiConstants(_retail_config(), load_config("brain_roi", RoiConfig))
    return RoiReport(brain.store, lambda: open_warehouse(brain.secrets), constants, render)


def _shop_job(brain: "Brain", definition: JobDefinition) -> Work:
    from brain.bootstrap.warehouse import open_warehouse
    from brain.services.retail.resumable_job import ResumableShopJob

    steps = tuple(SHOP_STEPS[name]() for name in definition.steps)
    return ResumableShopJob(brain.store, lambda: open_warehouse(brain.secrets), steps)


def _signal_lifts_step() -> "ShopStep":
    from brain.services.retail.signal_lifts import build_signal_lifts_step

    return build_signal_lifts_step(_retail_config())


def _calendar_step() -> "ShopStep":
    from brain.services.retail.predictive_calendar import build_calendar_step

    return build_calendar_step(_retail_config())


def _week_step() -> "ShopStep":
    from brain.services.retail.explain import build_week_step

    return build_week_step(_retail_config())


def _product_weather_step() -> "ShopStep":
    from brain.services.retail.product_weather import build_product_weather_step

    return build_product_weather_step()


def _time_of_day_step() -> "ShopStep":
    from brain.services.retail.time_of_day import build_time_of_day_step

    return build_time_of_day_step()


def _cross_store_step() -> "ShopStep":
    from brain.services.retail.cross_store import build_cross_store_step

    return build_cross_store_step()


def _product_backtest_step() -> "ShopStep":
    from brain.services.retail.backtest import build_product_backtest_step

    return build_product_backtest_step(_retail_config())


def _store_backtest_step() -> "ShopStep":
    from brain.services.retail.backtest import build_store_backtest_step

    return build_store_backtest_step(_retail_config())


def _curiosity_step() -> "ShopStep":
    from brain.domain.retail.curiosity.config import CuriosityConfig
    from brain.services.retail.curiosity import build_curiosity_step

    return build_curiosity_step(load_config("hypotheses", CuriosityConfig))


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
SHOP_STEPS: Mapping[str, ShopStepBuilder] = {
    "signals": _signal_lifts_step,
    "calendar": _calendar_step,
    "week": _week_step,
    "product_weather": _product_weather_step,
    "time_of_day": _time_of_day_step,
    "cross_store": _cross_store_step,
    "products": _product_backtest_step,
    "stores": _store_backtest_step,
    "night": _curiosity_step,
}
