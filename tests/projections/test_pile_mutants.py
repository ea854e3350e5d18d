"""Mistakes planted in the pile, each of which the property has to find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ledger.database import connect
from tests.projections.pile_parts import finds, made_with
from tests.story.mutants import Mutant

MOST = 3_000
"""How many histories may go by before a mistake counts as not found."""
FEW = 60
"""How many histories a pile without a mistake is shown here; test_pile.py shows it more."""

MUTANTS = (
    (
        "pile_rows",
        Mutant(
            "bucket not closed on correction",
            "self._tallies.close(key, held.since, position)",
            "pass",
        ),
    ),
    (
        "pile_rows",
        Mutant(
            "point not closed on correction",
            "self._points.close((point.shelf, point.minute, point.stream), since, position)",
            "pass",
        ),
    ),
    (
        "tally_query",
        Mutant(
            "off by one at known_to", "table.c.known_to > position", "table.c.known_to >= position"
        ),
    ),
    (
        "tally_query",
        Mutant(
            "off by one at known_from",
            "other.c.known_from <= position",
            "other.c.known_from < position",
        ),
    ),
    (
        "pile_edges",
        Mutant(
            "off by one at known_to of a cut day",
            "table.c.known_to > position",
            "table.c.known_to >= position",
        ),
    ),
    (
        "calendar_buckets",
        Mutant(
            "off by one at a bucket's end",
            "_buckets(minute // DAY)",
            "_buckets((minute - 1) // DAY)",
        ),
    ),
    (
        "pile_query",
        Mutant("off by one at the end of a cut day", "(minute + 1, *starts)", "(minute, *starts)"),
    ),
    (
        "pile_query",
        Mutant("window start off by one", "minute - days * DAY + 1", "minute - days * DAY"),
    ),
    (
        "pile",
        Mutant(
            "record not looked for anew",
            "records = self._records_of_parts(key)",
            "records = old.tally.records",
        ),
    ),
    (
        "pile",
        Mutant(
            "month looked at before its days",
            "return not is_day(key[1]), is_year(key[1])",
            "return is_day(key[1]), not is_year(key[1])",
        ),
    ),
    (
        "tally",
        Mutant("tie by the last name", "one[2] <= other[2]", "one[2] >= other[2]"),
    ),
    (
        "strike",
        Mutant("uncertain dates taken for certain", "if not self.marked:", "if self.hi:"),
    ),
    (
        "strike",
        Mutant(
            "a size that falls taken for a record", "if least is None or size <= least:", "if size:"
        ),
    ),
    (
        "pile_query",
        Mutant("month over a whole window forgotten", " + self._whole_over(start)", ""),
    ),
    (
        "pile_edges",
        Mutant("wide span off by one", "minute - WEEK + 1", "minute - WEEK"),
    ),
)


@pytest.fixture
def engine(sqlite_database: str) -> Iterator[Engine]:
    """The database of a test; what is planted is the same on both."""
    found = connect(sqlite_database)
    yield found
    found.dispose()


def test_a_pile_without_a_mistake_survives(engine: Engine) -> None:
    assert not finds(engine, made_with("pile", None), FEW)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("module", "mutant"), MUTANTS, ids=[mutant.name for _, mutant in MUTANTS])
def test_the_property_finds_every_mistake(engine: Engine, module: str, mutant: Mutant) -> None:
    assert finds(engine, made_with(module, mutant), MOST)
