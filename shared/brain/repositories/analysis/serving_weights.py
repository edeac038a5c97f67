"""Which learned weights serve a client, read from documents that the learner wrote for this; scores read no more."""

from brain.domain.scoring import Weights
from brain.errors import MisconfiguredError
from brain.ports.document_store import Document


def weights_in_use(client_id: str, model: Document, own: Document) -> Weights:
    """Return the weights that score a client's content.

    Its own where they are proven; else the shared ones, which serve everyone once they were learned from enough
    clients and before that only the one client they were learned from; else the defaults.

    Raises:
        MisconfiguredError: a document is there and is no model; scores never fall back to defaults by themselves.
    """
    try:
        if own and own["serves"]:
            return Weights(**own["weights"], version=own["version"])
        if model and (model["serves_all"] or model["serves_only"] == client_id):
            return Weights(**model["weights"], version=model["version"])
    except (KeyError, TypeError) as exc:
        raise MisconfiguredError(
            f"the learned weights cannot be read ({exc!r}); restore the model's document from its history",
            client_id=client_id,
        ) from exc
    return Weights()
