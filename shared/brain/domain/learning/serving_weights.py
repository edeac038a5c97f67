"""Select the weights that serve a client from the documents that the learning job wrote for scoring."""

from collections.abc import Mapping
from typing import Any

from brain.domain.scoring import Weights
from brain.errors import MisconfiguredError


def select_weights(client_id: str, model_document: Mapping[str, Any], own_document: Mapping[str, Any]) -> Weights:
    """Return the weights that score a client's content.

    The client's own weights if they are proven; otherwise the shared ones, which serve every client once they come
    from enough clients and before that only the one client they come from; otherwise the defaults.

    Args:
        client_id: The client.
        model_document: The document of the score's model, empty if there is none.
        own_document: The document of the client's own weights, empty if there is none.

    Raises:
        MisconfiguredError: a document is not a valid model. Scores never fall back to the defaults on their own.
    """
    try:
        if own_document and own_document["serves"]:
            return Weights(**own_document["weights"], version=own_document["version"])
        if model_document and (model_document["serves_all"] or model_document["serves_only"] == client_id):
            return Weights(**model_document["weights"], version=model_document["version"])
    except (KeyError, TypeError) as exc:
        raise MisconfiguredError(
            f"learned weights: {exc!r}; restore the model's document from its history", client_id=client_id
        ) from exc
    return Weights()
