"""Who may do what, as one table, and the cells that follow from it."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rules.documents import FEATURES, FEEDBACK, KINDS, Kind
from rules.rest import OWNER, Answer, Project

CLIENT = "acme"
AT_ONCE = 4
SEEDED_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with the claims of an ID token (None: not signed in) and what these should amount to."""

    name: str
    claims: Mapping[str, Any] | None
    works_for_client: bool = False
    is_admin: bool = False


ACTORS = (
    Actor("anonymous", None),
    Actor("user of the client", {"client_ids": [CLIENT]}, works_for_client=True),
    Actor("user of another client", {"client_ids": ["other"]}),
    Actor("user of both", {"client_ids": ["other", CLIENT]}, works_for_client=True),
    Actor("user of none", {"client_ids": []}),
    Actor("user without claims", {}),
    Actor("client_ids is a string", {"client_ids": CLIENT}),
    Actor("client_ids is null", {"client_ids": None}),
    Actor("client_ids is a map", {"client_ids": {CLIENT: True}}),
    Actor("client_ids is a number", {"client_ids": 1}),
    Actor("client_ids is a list in a list", {"client_ids": [[CLIENT]]}),
    Actor("client_ids differs in capitals", {"client_ids": [CLIENT.upper()]}),
    Actor("admin", {"is_admin": True}, is_admin=True),
    Actor("admin who works for the client", {"is_admin": True, "client_ids": [CLIENT]}, True, True),
    Actor("is_admin is false", {"is_admin": False}),
    Actor("is_admin is a string", {"is_admin": "true"}),
    Actor("is_admin is a number", {"is_admin": 1}),
    Actor("is_admin is null", {"is_admin": None}),
    Actor("is_admin is a list", {"is_admin": [True]}),
    Actor("claims a service account", {"service_account": True, "role": "admin", "admin": True}),
)

# Enough where the rules have no place at all, so that no claim can matter.
FEW = tuple(actor for actor in ACTORS if actor.claims is None or actor.works_for_client or actor.is_admin)


@dataclass(frozen=True, slots=True)
class Row:
    """A path and what the rules let people do there; verbs are parted by spaces."""

    path: str
    who_works_for_the_client: str = ""
    admins: str = ""

    def verbs_of(self, actor: Actor) -> set[str]:
        """Return what the actor may do here."""
        verbs = self.who_works_for_the_client if actor.works_for_client else ""
        named = {*verbs.split(), *(self.admins if actor.is_admin else "").split()}
        return named | ({"list from an offset"} if "list" in named else set())


# path                                                     who works for the client   admins
TABLE = (
    Row("clients/acme",                                    "get"),
    Row("clients/acme/events/e-1",                         "get list"),
    Row("clients/acme/events/e-1/revisions/2026-11-22",    "get list"),
    Row("clients/acme/scores/e-1",                         "get list"),
    Row("clients/acme/anomalies/a-1",                      "get list"),
    Row("clients/acme/predictions/p-1",                    "get list"),
    Row("clients/acme/recommendations/r-1",                "get list"),
    Row("clients/acme/outcomes/o-1",                       "get list"),
    Row("clients/acme/reports/weekly-2026-W47",            "get list"),
    Row("clients/acme/ledger/l-1",                         "get list"),
    Row("clients/acme/warnings/stale_feed",                "get list"),
    Row("clients/acme/views/overview",                     "get list"),
    Row("clients/acme/feedback/r-1",                       "get list create update"),
    Row("clients/acme/state/scores"),
    Row("clients/acme/field_maps/pages"),
    Row("clients/acme/unknown/x-1"),
    Row("unknown/acme"),
    Row("unknown/acme/scores/e-1"),
    Row("unknown/brain/gold_standards/g-1"),
    Row("system/brain"),
    Row("system/unknown"),
    Row("system/unknown/gold_standards/g-1"),
    Row("system/brain/models/scoring"),
    Row("system/brain/models/scoring/history/1"),
    Row("system/brain/models/scoring/decisions/d-1"),
    Row("system/brain/models/scoring/decisions/d-1/evidence/0"),
    Row("system/brain/runs/job:acme:2026"),
    Row("system/brain/dispatches/job"),
    Row("system/brain/keys/hash"),
    Row("system/brain/rates/acme"),
    Row("system/brain/counters/acme:2026-11-22T07"),
    Row("system/brain/signatures/0f1e2d"),
    Row("system/brain/erasures/era_0123456789abcdef01234567"),
    Row("system/brain/unknown/x-1"),
    Row("system/brain/dead_letter_queue/d-1",              "",  "get list"),
    Row("system/brain/gold_standards/g-1",                 "",  "get list create update delete"),
    Row("system/brain/features/hourly_scores",             "",  "get list create update delete"),
)  # fmt: skip

# No grant reaches below the documents it is for.
DEEPER = tuple(Row(f"{row.path}/unknown/x-1") for row in TABLE if "list" in row.who_works_for_the_client + row.admins)

LISTS: Mapping[str, Mapping[str, Any]] = {
    "list": {"limit": 100},
    "list from an offset": {"limit": 100, "offset": 100},
    "list without a limit": {"limit": None},
    "list too many": {"limit": 101},
    "list from too large an offset": {"limit": 100, "offset": 101},
    "list nothing but skip a million": {"limit": 1, "offset": 1_000_000},
    "list a group": {"group": True},
}
WRITES = ("create", "update", "delete")
VERBS = ("get", *LISTS, *WRITES)


@dataclass(frozen=True, slots=True)
class Cell:
    """One call and whether it is to be let through."""

    actor: Actor
    verb: str
    path: str
    document: Mapping[str, Any]
    is_allowed: bool
    about: str
    needs: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        may = "may" if self.is_allowed else "may not"
        return f"{self.actor.name} {may} {self.verb} {self.path} ({self.about})"

    def call(self, project: Project) -> Answer:
        """Make the call."""
        claims = self.actor.claims
        if self.verb == "get":
            return project.get(self.path, claims)
        if self.verb in LISTS:
            return project.list_collection(self.path.rpartition("/")[0], claims, **LISTS[self.verb])
        if self.verb == "delete":
            return project.delete(self.path, claims)
        return project.write(self.path, self.document, claims, exists=self.verb == "update")

    def prepare(self) -> dict[str, Mapping[str, Any]]:
        """Return the documents that must be there before the call."""
        return {**self.needs, **({self.path: {"old": True}} if self.verb == "update" else {})}

    def make_way(self, project: Project) -> None:
        """Let the call find what it needs where others have been: a document to update, or none to create."""
        if self.verb == "create":
            project.delete(self.path, OWNER)
        if existing := self.prepare():
            project.seed(existing)

    def holds(self, project: Project) -> tuple[bool, Answer]:
        """Return whether the rules answer as the table says, and their answer."""
        answer = self.call(project)
        return (answer.is_allowed if self.is_allowed else answer.is_denied), answer


def grid(rows: Iterable[Row] = (*TABLE, *DEEPER)) -> Iterator[Cell]:
    """Every actor on every path with every verb, writing what would be sound in the nearest place for it."""
    for row in rows:
        for number, actor in enumerate(ACTORS if row in TABLE else FEW):
            for verb in VERBS:
                path = f"{row.path}-{number}-{verb}" if verb in WRITES and row.path.count("/") > 1 else row.path
                kind = _nearest(path)
                needs = kind.needs(path) if verb in WRITES else {}
                document = kind.plain(path.rpartition("/")[2])
                yield Cell(actor, verb, path, document, verb in row.verbs_of(actor), "the grid", needs)


def documents() -> Iterator[Cell]:
    """Every sound and every bad document, created and in the place of another, by someone who may write there."""
    for kind in KINDS:
        writer = next(actor for actor in ACTORS if actor.name == kind.writer)
        cases = [(case, True) for case in kind.sound] + [(case, False) for case in kind.bad_cases()]
        for number, (case, is_sound) in enumerate(cases):
            for verb in ("create", "update"):
                name = f"case-{number}-{verb}" if case.id is None else case.id[:: 1 if verb == "create" else -1]
                document, path = kind.document(name, case), f"{kind.collection}/{name}"
                needs = {} if case.is_alone else kind.needs(path)
                yield Cell(writer, verb, path, document, is_sound, case.about, needs)


def _nearest(path: str) -> Kind:
    """Return the kind of document written at the path, else one that is sound in the same tree."""
    exact = (kind for kind in KINDS if path.rpartition("/")[0] == kind.collection)
    return next(exact, FEATURES if path.startswith("system/") else FEEDBACK)


def broken(project: Project, cells: Iterable[Cell]) -> Iterator[str]:
    """Return, in words, the cells in which the rules do not answer as the table says."""
    cells = list(cells)
    existing = [item for cell in cells for item in cell.prepare().items()]
    for start in range(0, len(existing), SEEDED_AT_ONCE):
        project.seed(dict(existing[start : start + SEEDED_AT_ONCE]))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda cell: cell.holds(project), cells)
        for cell, (holds, answer) in zip(cells, answers, strict=True):
            if not holds:
                yield f"{cell}: {answer.status} {answer.text[:300]}"
