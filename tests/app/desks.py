"""A case with an entry of most sorts, and a desk at which it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from app.imports import ImportSummary, import_case
from app.parley import Parley
from domain.entry import Entry
from domain.story import amend
from exchange.cases import write_case
from exchange.mapping import CaseEntry, import_id
from tests.app.bodies import (
    ELEMENT,
    NEGOTIATION,
    NORTH,
    OPENED,
    SOURCE,
    SOUTH,
    Body,
    pledge,
    stalled,
    statement,
)

BASE: dict[str, Body] = {
    "north": NORTH,
    "south": SOUTH,
    "courier": SOURCE,
    "talks": OPENED,
    "toll": ELEMENT,
    "p1": pledge(elements=["toll"]),
    "p1-stalls": stalled(after=["p1"]),
    "s1": statement(occurred="2025", after=["p1"]),
    "s1-of-p1": {"kind": "entry.linked", "entry": "s1", "relation": "restates", "to": "p1"},
}
COMMONS = {"north", "south", "courier"}


def changed(key: str, **values: object) -> dict[str, Body]:
    """The case with other values in one entry; None takes the attribute out."""
    body = {**BASE[key], **values}
    return {**BASE, key: {n: v for n, v in body.items() if v is not None}}


def id_of(key: str) -> UUID:
    return import_id("commons" if key in COMMONS else NEGOTIATION, "parley-case", key)


class Desk:
    """Writes the case to a file and imports it."""

    def __init__(self, parley: Parley, folder: Path) -> None:
        self.parley, self.path = parley, folder / "case.yaml"

    def imports(
        self,
        case: Mapping[str, Body],
        negotiation: str = NEGOTIATION,
        **options: Any,  # noqa: ANN401 - those of import_case.
    ) -> ImportSummary:
        entries = [CaseEntry(key, body) for key, body in case.items()]
        self.path.write_text(write_case(negotiation, entries), "utf-8")
        return import_case(self.parley, self.path, **options)

    @property
    def log(self) -> list[Entry]:
        return list(self.parley.ledger.entries())

    def known(self, key: str) -> Entry | None:
        """The imported entry with all that was said about it written in."""
        entry = self.parley.ledger.by_id(id_of(key))
        amended, _ = amend(self.parley.ledger.stream(entry.stream))
        return next((each for each in amended if each.id == entry.id), None)

    def body(self, key: str) -> Body:
        entry = self.known(key)
        assert entry is not None
        return entry.event.body()
