"""What people may write, and every way in which it may be wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rules.rest import SERVER_TIME

LEFT_OUT = "this field is left out"
PAST = datetime(2020, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_ID = "x" + "r" * 127

Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """How a document differs from the plainest sound one; ``id`` where the document's own name matters.

    ``is_alone`` when what the document belongs to does not exist.
    """

    about: str
    changes: Changes
    id: str | None = None
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A collection that people write to: its plainest sound document, other sound ones, and bad ones."""

    collection: str
    writer: str
    plain: Callable[[str], dict[str, Any]]
    sound: tuple[Case, ...]
    bad: tuple[Case, ...]
    belongs_to: str | None = None

    def needs(self, path: str) -> dict[str, dict[str, Any]]:
        """Return the documents that must exist for a sound one at ``path``."""
        collection, _, name = path.rpartition("/")
        return {f"{self.belongs_to}/{name}": {"id": name}} if self.belongs_to and collection == self.collection else {}

    def document(self, name: str, case: Case) -> dict[str, Any]:
        """Return the case's document under ``name``."""
        merged = self.plain(name) | case.changes
        return {field: plain for field, plain in merged.items() if plain is not LEFT_OUT}

    def bad_cases(self) -> Iterator[Case]:
        """The bad cases and what goes for any kind: each owed field left out or null, and a field too many."""
        for field in self.plain("x"):
            yield Case(f"without {field}", {field: LEFT_OUT})
            yield Case(f"{field} is null", {field: None})
        yield Case("a field nobody knows", {"score": 1})
        yield Case("nothing at all", dict.fromkeys(self.plain("x"), LEFT_OUT))
        yield from self.bad


def _answer(name: str) -> dict[str, Any]:
    return {
        "client_id": "acme",
        "recommendation_id": name,
        "status": "accepted",
        "updated_at": SERVER_TIME,
        "user_id": "uid-1",
    }


DISMISSED = {"status": "dismissed"}
BLANKS = {
    "a space": " ",
    "many spaces": " " * 500,
    "a tab and a line break": "\t\r\n",
    "a space that does not break": "\u00a0",
    "an ideographic space": "\u3000",
    "a space of no width": "\u200b",
    "a mark of byte order": "\ufeff",
    "a null character": "\u0000",
}

FEEDBACK = Kind(
    "clients/acme/feedback",
    "user of the client",
    _answer,
    sound=(
        Case("accepted", {}),
        Case("done", {"status": "done"}),
        Case("accepted with a reason", {"reason": "fits our launch"}),
        Case("accepted until nothing", {"until": None}),
        Case("dismissed with the shortest reason", {"status": "dismissed", "reason": "x"}),
        Case("dismissed with the longest reason", {"status": "dismissed", "reason": "x" * 500}),
        Case("done with no words", {"status": "done", "reason": ""}),
        Case("done with a blank", {"status": "done", "reason": " "}),
        Case("dismissed with a reason between blanks", {"status": "dismissed", "reason": "\n too\ndear \u3000"}),
        Case("dismissed with a reason in Chinese", {"status": "dismissed", "reason": "\u592a\u8d35"}),
        Case("dismissed with an emoji", {"status": "dismissed", "reason": "\U0001f44e"}),
        Case("dismissed with a full stop", {"status": "dismissed", "reason": "."}),
        Case("snoozed", {"status": "snoozed", "until": FUTURE}),
        Case("snoozed with a reason", {"status": "snoozed", "until": FUTURE, "reason": "after the fair"}),
        Case("the longest id", {}, LONGEST_ID),
        Case("every letter an id may have", {}, "Az09_-"),
    ),
    bad=(
        Case("an id too long", {}, LONGEST_ID + "r"),
        Case("an id with a dot", {}, "r.1"),
        Case("an id with a space", {}, "r 1"),
        Case("an id that only begins well", {}, "r-1!"),
        Case("an id that only ends well", {}, "!r-1"),
        Case("another recommendation", {"recommendation_id": "r-2"}),
        Case("recommendation_id is a number", {"recommendation_id": 1}),
        Case("another client", {"client_id": "other"}),
        Case("client_id is a list", {"client_id": ["acme"]}),
        Case("another person", {"user_id": "uid-2"}),
        Case("user_id is a number", {"user_id": 1}),
        Case("a time of the sender's", {"updated_at": PAST}),
        Case("a time to come", {"updated_at": FUTURE}),
        Case("a time as text", {"updated_at": "2026-11-22T07:30:00Z"}),
        Case("a status nobody knows", {"status": "liked"}),
        Case("a status in capitals", {"status": "Accepted"}),
        Case("an empty status", {"status": ""}),
        Case("status is a list", {"status": ["accepted"]}),
        Case("status is a number", {"status": 1}),
        Case("dismissed without a reason", {"status": "dismissed"}),
        Case("dismissed with an empty reason", {"status": "dismissed", "reason": ""}),
        Case("a reason too long", {"reason": "x" * 501}),
        Case("reason is a number", {"reason": 5}),
        Case("reason is a list", {"reason": ["x"]}),
        Case("reason is a map", {"status": "dismissed", "reason": {"x": 1}}),
        Case("reason is null", {"reason": None}),
        Case("snoozed without an end", {"status": "snoozed"}),
        Case("snoozed until null", {"status": "snoozed", "until": None}),
        Case("snoozed until the past", {"status": "snoozed", "until": PAST}),
        Case("snoozed until this very moment", {"status": "snoozed", "until": SERVER_TIME}),
        Case("snoozed until a text", {"status": "snoozed", "until": "2100-01-01T00:00:00Z"}),
        Case("snoozed until a number", {"status": "snoozed", "until": 4102444800}),
        Case("accepted with an end", {"until": FUTURE}),
        Case("dismissed with an end", {"status": "dismissed", "reason": "x", "until": FUTURE}),
        Case("done with an end", {"status": "done", "until": FUTURE}),
        Case("of a recommendation that does not exist", {}, is_alone=True),
        Case("dismissed, of a recommendation that does not exist", DISMISSED | {"reason": "x"}, is_alone=True),
        *(Case(f"dismissed for {about}", DISMISSED | {"reason": blank}) for about, blank in BLANKS.items()),
    ),
    belongs_to="clients/acme/recommendations",
)


def _gold_standard(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "why": "1^0.6 x 1.1 x 1 x 1000 = 1100",
        "weights": "default",
        "given": {"event": {"likes": 60}},
        "expect": {"performance": [1099.4, 1100.6]},
        "updated_at": SERVER_TIME,
        "updated_by": "uid-1",
    }


COMPARED = {"compared_with": {"event": {"likes": 30}}, "ratio": {"overall": [1.9, 2.1]}, "expect": LEFT_OUT}

SIGNATURES = (
    Case("signed by another", {"updated_by": "uid-2"}),
    Case("signed by a number", {"updated_by": 1}),
    Case("signed in the past", {"updated_at": PAST}),
    Case("signed at a text", {"updated_at": "2026-11-22T07:30:00Z"}),
)

GOLD_STANDARDS = Kind(
    "system/brain/gold_standards",
    "admin",
    _gold_standard,
    sound=(
        Case("the shortest reason", {"why": "x" * 10}),
        Case("the longest reason", {"why": "x" * 500}),
        Case("the weights of the model", {"weights": "model"}),
        Case("weights of its own", {"weights": {"growth": 2}}),
        Case("what is neutral", {"neutral": ["growth"]}),
        Case("compared with another", COMPARED),
        Case("compared with another, expecting nothing else", COMPARED | {"expect": {}}),
        Case("no ratio", {"ratio": {}}),
    ),
    bad=(
        *SIGNATURES,
        Case("another id", {"id": "g-2"}),
        Case("id is a number", {"id": 1}),
        Case("a reason too short", {"why": "x" * 9}),
        Case("a reason too long", {"why": "x" * 501}),
        Case("why is a number", {"why": 1}),
        Case("why is a list", {"why": ["x"] * 10}),
        Case("weights nobody knows", {"weights": "best"}),
        Case("weights is a list", {"weights": ["default"]}),
        Case("given is a text", {"given": "plain"}),
        Case("given is a list", {"given": [1]}),
        Case("neutral is a text", {"neutral": "growth"}),
        Case("neutral is a map", {"neutral": {"growth": True}}),
        Case("nothing expected", {"expect": {}}),
        Case("expect is a list", {"expect": ["overall"]}),
        Case("expect is a number", {"expect": 1100}),
        Case("a ratio to nothing", {"ratio": {"overall": [1, 2]}}),
        Case("only a ratio to nothing", {"ratio": {"overall": [1, 2]}, "expect": LEFT_OUT}),
        Case("compared without a ratio", {"compared_with": {"event": {}}}),
        Case("compared with an empty ratio", COMPARED | {"ratio": {}}),
        Case("compared and expecting", COMPARED | {"expect": {"overall": [1, 2]}}),
        Case("ratio is a list", COMPARED | {"ratio": ["overall"]}),
        Case("ratio is a text", {"ratio": ""}),
        Case("compared with a list", COMPARED | {"compared_with": [1]}),
        Case("compared with a text", COMPARED | {"compared_with": "plain"}),
        Case("compared with null", COMPARED | {"compared_with": None}),
    ),
)


def _feature(_: str) -> dict[str, Any]:
    return {"enabled": True, "updated_at": SERVER_TIME, "updated_by": "uid-1"}


FEATURES = Kind(
    "system/brain/features",
    "admin",
    _feature,
    sound=(
        Case("on", {}),
        Case("off", {"enabled": False}),
        Case("for none of a hundred", {"percentage": 0}),
        Case("for half a percent", {"percentage": 0.5}),
        Case("for all of a hundred", {"percentage": 100}),
        Case("for no client by name", {"clients": {}}),
        Case("for a thousand clients by name", {"clients": {f"c{n}": True for n in range(1000)}}),
        Case("off for a client by name", {"clients": {"acme": False}}),
        Case("all at once", {"percentage": 10, "clients": {"acme": False}}),
    ),
    bad=(
        *SIGNATURES,
        Case("enabled is a text", {"enabled": "true"}),
        Case("enabled is a number", {"enabled": 1}),
        Case("a percentage below 0", {"percentage": -0.5}),
        Case("a percentage above 100", {"percentage": 100.5}),
        Case("percentage is a text", {"percentage": "50"}),
        Case("percentage is null", {"percentage": None}),
        Case("clients is a list", {"clients": ["acme"]}),
        Case("clients is a text", {"clients": "acme"}),
        Case("clients is null", {"clients": None}),
        Case("a client is on by a text", {"clients": {"acme": "yes"}}),
        Case("a client is on by a number", {"clients": {"acme": 1}}),
        Case("a client is neither", {"clients": {"acme": True, "other": None}}),
        Case("too many clients by name", {"clients": {f"c{n}": True for n in range(1001)}}),
    ),
)

KINDS = (FEEDBACK, GOLD_STANDARDS, FEATURES)
