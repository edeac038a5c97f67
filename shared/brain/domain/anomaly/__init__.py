"""Alarms with a budget: a streaming, seasonal detector that warns once an incident, at most N times a month."""

from brain.domain.anomaly.budget import AlarmBudget
from brain.domain.anomaly.config import DEFAULT, AnomalyConfig
from brain.domain.anomaly.detector import Detector, detect
from brain.domain.anomaly.reading import Reading

__all__ = ["DEFAULT", "AlarmBudget", "AnomalyConfig", "Detector", "Reading", "detect"]
