"""All settings files with their probes."""

from unit.settings import deployment_probes, gateway_probes, score_probes

FILES = {file.name: file for file in (*gateway_probes.FILES, *deployment_probes.FILES, *score_probes.FILES)}
