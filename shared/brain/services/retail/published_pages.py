"""Read the pages that the shop jobs published, for the weekly report; nothing for a client without stores."""

from dataclasses import dataclass

from brain.domain.days.facts import ClientFacts
from brain.domain.reports import shop_pages
from brain.ports.document_store import DocumentStore
from brain.repositories import paths
from brain.services.analysis.parts import PartResult
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class PublishedShopPages:
    """A part of the weekly report."""

    store: DocumentStore

    def __call__(self, aggregates: StoredAggregates, facts: ClientFacts) -> PartResult:
        """Add the published pages to the facts."""
        del facts
        if not aggregates.client.stores:
            return PartResult()
        names = list(shop_pages.PAGES.values())
        documents = self.store.get_all([paths.view(aggregates.client.client_id, name) for name in names])
        pages = {name: page.data for name, page in zip(names, documents, strict=True) if page is not None}
        return PartResult({"shop": pages})
