"""Streaming, seasonal anomaly detection within an alarm budget: one alarm per incident, few false alarms."""

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.detector import Detector, detect
from brain.domain.anomaly.reading import DetectorReading
from brain.domain.clients.alarm_budget import AlarmBudget

__all__ = ["AlarmBudget", "AnomalyConfig", "Detector", "DetectorReading", "detect"]
