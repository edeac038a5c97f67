"""All settings files with their probes."""

from unit.settings import (
    advice_probes,
    anomaly_probes,
    client_probes,
    curiosity_probes,
    deployment_probes,
    gateway_probes,
    learning_probes,
    prediction_probes,
    retail_probes,
    roi_probes,
    score_probes,
    warehouse_probes,
)

FILES = (
    *advice_probes.FILES,
    *anomaly_probes.FILES,
    *client_probes.FILES,
    *curiosity_probes.FILES,
    *deployment_probes.FILES,
    *gateway_probes.FILES,
    *learning_probes.FILES,
    *prediction_probes.FILES,
    *retail_probes.FILES,
    *roi_probes.FILES,
    *score_probes.FILES,
    *warehouse_probes.FILES,
)
