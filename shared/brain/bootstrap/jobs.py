"""The jobs that the worker knows, each made when it is first performed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from brain.domain.jobs.dispatching import LEARNING, LEARNING_FOLLOWS
from brain.services.jobs.perform import Job
from brain.services.jobs.run_once import Work
from brain.settings.files import load_config
from brain.settings.scheduler import read_scheduler

if TYPE_CHECKING:
    from brain.bootstrap import Brain
    from brain.domain.learning.config import LearningConfig
    from brain.services.retail.shop_job import Step


def jobs(brain: "Brain") -> Mapping[str, Job]:
    """Return every job by its deployed name, with the time limit of the scheduler's table."""
    rows = read_scheduler().scheduled
    limits = {name: rows[BESIDE.get(name, name)].timeout_seconds for name in MAKERS}
    return {name: Job(_made(brain, make), timedelta(seconds=limits[name])) for name, make in MAKERS.items()}


def _made(brain: "Brain", make: "Callable[[Brain], Work]") -> Callable[[], Work]:
    return lambda: make(brain)


def _learning() -> "LearningConfig":
    from brain.domain.learning.config import LearningConfig

    return load_config("brain_learning", LearningConfig)


def _hourly_scores(brain: "Brain") -> Work:
    from brain.services.analysis.hourly_scores import HourlyScores

    return HourlyScores(brain.store, brain.score_config(), _learning().outcomes)


def _daily_analysis(brain: "Brain") -> Work:
    from brain.bootstrap.parts import daily_parts
    from brain.domain.days.config import AnalysisConfig
    from brain.services.analysis.daily_analysis import DailyAnalysis
    from brain.services.analysis.record_outcomes import RecordOutcomes

    config = load_config("brain_analysis", AnalysisConfig)
    analysis = DailyAnalysis(brain.store, config, brain.failed, daily_parts(brain))
    return RecordOutcomes(brain.store, _learning().outcomes, brain.score_config(), analysis)


def _learn(brain: "Brain") -> Work:
    from brain.domain.recommendations.triggers import Triggers
    from brain.domain.scoring.gold_standards import GoldStandards, weights_check
    from brain.services.analysis.learn import Learn
    from brain.services.analysis.share_moves import ShareMoves

    cases = load_config("brain_benchmarks", GoldStandards).cases
    learn = Learn(brain.store, _learning(), weights_check(cases, brain.score_config()))
    return ShareMoves(brain.store, load_config("triggers", Triggers).policy, learn)


def _weekly_report(brain: "Brain") -> Work:
    from brain.adapters.html_report import render
    from brain.bootstrap.parts import weekly_parts
    from brain.domain.days.config import AnalysisConfig
    from brain.services.analysis.weekly_report import WeeklyReport

    config = load_config("brain_analysis", AnalysisConfig)
    return WeeklyReport(brain.store, config, brain.failed, render, weekly_parts(brain))


def _signal_magnitude(brain: "Brain") -> Work:
    from brain.domain.retail.config import RetailConfig
    from brain.services.retail.signal_magnitude_job import steps
    from brain.services.retail.week_job import week_step

    config = load_config("brain_retail", RetailConfig)
    return _shop_job(brain, (*steps(config), week_step(config)))


def _product_weather(brain: "Brain") -> Work:
    from brain.services.retail.product_weather_job import steps

    return _shop_job(brain, steps())


def _backtesting(brain: "Brain") -> Work:
    from brain.domain.retail.config import RetailConfig
    from brain.services.retail.backtesting_job import steps

    return _shop_job(brain, steps(load_config("brain_retail", RetailConfig)))


def _curiosity(brain: "Brain") -> Work:
    from brain.domain.retail.curiosity.config import CuriosityConfig
    from brain.services.retail.curiosity_job import steps

    return _shop_job(brain, steps(load_config("hypotheses", CuriosityConfig)))


def _roi_report(brain: "Brain") -> Work:
    from brain.adapters.html_report import render
    from brain.bootstrap.warehouse import opened_warehouse
    from brain.domain.retail.config import RetailConfig
    from brain.domain.retail.roi.config import RoiConfig
    from brain.services.retail.roi import Constants
    from brain.services.retail.roi_report import RoiReport

    roi = load_config("brain_roi", RoiConfig)
    constants = Constants(load_config("brain_retail", RetailConfig), roi)
    return RoiReport(brain.store, lambda: opened_warehouse(brain.secrets), constants, render)


def _shop_job(brain: "Brain", steps: "tuple[Step, ...]") -> Work:
    from brain.bootstrap.warehouse import opened_warehouse
    from brain.services.retail.shop_job import ShopJob

    return ShopJob(brain.store, lambda: opened_warehouse(brain.secrets), steps)


def _retry_dead_letters(brain: "Brain") -> Work:
    from brain.services.gateway.retry_dead_letters import RetryDeadLetters

    return RetryDeadLetters(brain.store, brain.replay, brain.retry_policy, brain.failed)


# Jobs without a row of their own are enqueued beside another, and may take as long as that.
BESIDE = {LEARNING: LEARNING_FOLLOWS, "brainRetryDeadLetters": "brainHourlyScores"}
MAKERS: "Mapping[str, Callable[[Brain], Work]]" = {
    "brainHourlyScores": _hourly_scores,
    "brainRetryDeadLetters": _retry_dead_letters,
    "brainDailyAnalysis": _daily_analysis,
    LEARNING: _learn,
    "brainWeeklyReport": _weekly_report,
    "brainSignalMagnitude": _signal_magnitude,
    "brainProductWeather": _product_weather,
    "brainBacktesting": _backtesting,
    "brainCuriosity": _curiosity,
    "brainRoiReport": _roi_report,
}
