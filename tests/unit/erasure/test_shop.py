"""Erasing a person includes the client's part of the shop's database, and says what only the shop can correct."""

from collections.abc import Sequence
from typing import Any

from brain.bootstrap import Brain
from brain.domain.clients.client import Client
from brain.ports.sales_warehouse import TextErasures, TextRedactor
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.gateway.erase import Erase
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain

ADA = "ada.lind@example.org"


class Shop:
    """A shop's database with some texts."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.searched: list[tuple[str, ...]] = []

    def erase_texts(self, redact: TextRedactor, store_ids: Sequence[str], *, is_dry_run: bool = False) -> TextErasures:
        """Replace what names the person; the sales are the shop's own."""
        self.searched.append(tuple(store_ids))
        count = sum(redact(text) != text for text in self.texts)
        if not is_dry_run:
            self.texts = [redact(text) for text in self.texts]
        return TextErasures({"brain_decisions": count} if count else {}, {"sales": 1})


def erase(brain: Brain, shop: Shop, **options: Any) -> dict[str, Any]:
    """Erase as the command does."""
    service = Erase(brain.store, brain.sealer, brain.identity_key_source, brain.clock, erase_shop=shop.erase_texts)
    return service(CLIENT, ADA, "erase-1", **options)


def test_texts_of_the_shop_are_counted_on_the_receipt_once() -> None:
    """A dry run counts the same and changes nothing; what the shop must correct is said each time and not counted."""
    brain, shop = build_memory_brain(), Shop(f"for {ADA}", "for nobody")
    Clients(brain.store).put(Client(CLIENT, "Acme", stores=("kiel",)))
    preview = erase(brain, shop, dry_run=True)
    assert (preview["would_erase"], preview["shop_must_correct"]) == ({"shop_texts": 1}, {"sales": 1})
    assert shop.texts[0] == f"for {ADA}"
    receipt = erase(brain, shop)
    assert (receipt["erased"], receipt["shop_must_correct"]) == ({"shop_texts": 1}, {"sales": 1})
    assert shop.texts == ["for erased", "for nobody"]
    assert erase(brain, shop) == receipt
    assert set(shop.searched) == {("kiel", f"*{CLIENT}", "*")}


def test_a_client_without_stores_has_no_shop() -> None:
    """The database may be of others."""
    brain, shop = build_memory_brain(), Shop(ADA)
    assert erase(brain, shop)["erased"] == {}
    assert shop.searched == []
    assert brain.store.query(paths.ERASURES)[0].data["completed_at"]
