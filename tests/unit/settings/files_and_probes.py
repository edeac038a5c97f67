"""All settings files with their probes."""

from unit.settings import (
    advice_probes,
    deployment_probes,
    gateway_probes,
    prediction_probes,
    score_probes,
    warehouse_probes,
)

FILES = (
    *advice_probes.FILES,
    *deployment_probes.FILES,
    *gateway_probes.FILES,
    *prediction_probes.FILES,
    *score_probes.FILES,
    *warehouse_probes.FILES,
)
