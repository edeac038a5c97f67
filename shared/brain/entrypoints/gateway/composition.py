"""The ingest endpoint of a Brain, for the deployed function and the local server."""

from brain.bootstrap import Brain
from brain.entrypoints.gateway.ingest import IngestHttp


def build_ingest_http(brain: Brain) -> IngestHttp:
    """Return the endpoint; the verifier of senders is built when the first signed request arrives."""
    return IngestHttp(
        brain.ingest,
        brain.authenticator,
        brain.limits,
        brain.clock,
        brain.log,
        lambda: brain.verify_sender,
        brain.field_maps,
        brain.ga4_properties,
    )
