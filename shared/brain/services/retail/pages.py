"""Reads what the shop's jobs published, for the reports; nothing for a client without stores."""

from dataclasses import dataclass

from brain.domain.reports import shop
from brain.domain.reports.report import Facts
from brain.ports.document_store import DocumentStore
from brain.repositories import paths
from brain.services.analysis.client_facts import ClientFacts
from brain.services.analysis.parts import Done


@dataclass(frozen=True, slots=True)
class ShopPages:
    """A part of the weekly report."""

    store: DocumentStore

    def __call__(self, known: ClientFacts, facts: Facts) -> Done:
        """Add the published pages to the facts."""
        del facts
        if not known.client.stores:
            return Done()
        names = list(shop.PAGES.values())
        found = self.store.get_all([paths.view(known.client.client_id, name) for name in names])
        return Done({"shop": {name: one.data for name, one in zip(names, found, strict=True) if one is not None}})
