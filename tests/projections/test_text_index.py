"""Search by the text index: what the reference finds, on both databases, at every moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from sqlalchemy import Connection, Engine

from ledger.database import connect, transaction
from projections import search, text_index, text_query
from projections.search import SearchHit, Wanted, read_query
from tests.projections.knowing import changes_of, standing
from tests.story.histories import NEGOTIATION, History, histories
from tests.story.mutants import Mutant, module_of, source_of

MOST = 300
"""How many histories may go by before a mistake counts as not found."""
EDITION = 2
WORDS = (
    *("force", "forc", "brigade", "ceasefire", "many", "if", "a", "france", "macron", "size"),
    *("drones", "troops", "foreign", "any", "perhaps", "kyiv", "mandate", "supports", "opposes"),
    *("how", "50", "000", "19", "1970", "misread", "no-such-word", "same", "report", "perh", "an"),
)
"""Words and beginnings of words of drawn histories, and some that stand in none."""


@st.composite
def questions(draw: st.DrawFn, history: History) -> Wanted:
    """Something to look for in a history, at one of its minutes and positions, and beside them."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True))
    asked = draw(st.sampled_from(history.questions))
    known = draw(st.integers(0, len(history.log)))
    starts = {search.begins(entry) for entry in history.log if entry.span is not None}
    minute = draw(st.sampled_from([None, asked.minute, *sorted(starts)]))
    negotiation = draw(st.sampled_from([None, NEGOTIATION, "elsewhere"]))
    after = draw(st.sampled_from([0, 0, 0, known // 2]))
    limit = draw(st.sampled_from([1, 3, 50]))
    words = list(read_query(" ".join(words)))
    return Wanted(tuple(words), known, minute, negotiation, after, limit)


@st.composite
def cases(draw: st.DrawFn) -> tuple[History, list[Wanted]]:
    """A history and what is looked for in it."""
    history = draw(histories())
    return history, draw(st.lists(questions(history), min_size=8, max_size=8))


def fill(connection: Connection, history: History, index: ModuleType = text_index) -> None:
    """Tell a history to the index in batches of three, as if there were nothing else."""
    model = index.TextIndex(EDITION)
    for change in changes_of(history.log):
        model.tell(change)
        if change.position % 3 == 0:
            model.write(connection)
    model.write(connection)


def answer(
    connection: Connection, history: History, wanted: Wanted, query: ModuleType = text_query
) -> tuple[SearchHit, ...]:
    """The hits by the index; the log is the one that was drawn."""
    log = {entry.position: entry for entry in history.log}
    found = query.find(connection, EDITION, wanted)
    return tuple(query.hits_of(found, log, wanted.words))


def reference(history: History, wanted: Wanted, rule: ModuleType = search) -> tuple[SearchHit, ...]:
    """The hits by folding the log."""
    return tuple(rule.search_in(standing(history.log, wanted.known), wanted))


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A transaction that leaves nothing behind."""
    with transaction(engine) as connection:
        try:
            yield connection
        finally:
            connection.rollback()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on a fresh log."""
    made = connect(database)
    yield made
    made.dispose()


@pytest.fixture
def sqlite_engine(sqlite_database: str) -> Iterator[Engine]:
    """An engine on a fresh SQLite log."""
    made = connect(sqlite_database)
    yield made
    made.dispose()


@pytest.mark.parametrize("large", [False, True], ids=["few entries", "as if there were many"])
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=cases())
def test_the_index_finds_what_the_reference_finds(
    engine: Engine, case: tuple[History, list[Wanted]], *, large: bool
) -> None:
    history, asked = case
    few = {"MOST_SPELLED_OUT": 0, "PROBE": 2} if large else {}
    with patch.dict(vars(text_query), few), undone(engine) as connection:
        fill(connection, history)
        for wanted in asked:
            assert answer(connection, history, wanted) == reference(history, wanted)


MUTANTS = {
    text_index: (
        Mutant(
            "old text not closed on correction", "        if self._went:\n", "        if False:\n"
        ),
        Mutant("closed a position late", "values(known_to=at)", "values(known_to=at + 1)"),
        Mutant(
            "later forms forgotten",
            "for e in change.come if is_searched(e)",
            "for e in change.come if e.position == at",
        ),
        Mutant("corrections forgotten", " if entry.corrected_by else None", " if False else None"),
    ),
    text_query: (
        Mutant("off by one at known_to", "t.known_to > wanted.known", "t.known_to >= wanted.known"),
        Mutant("known_to ignored", ", t.known_to > wanted.known]", "]"),
        Mutant("off by one at begins", "t.begins <= wanted.minute", "t.begins < wanted.minute"),
        Mutant("off by one at after", "wanted.after + 1, wanted", "wanted.after, wanted"),
        Mutant("off by one at the last position", ", wanted.known + 1)", ", wanted.known)"),
        Mutant("a word for any of them", '" AND ".join(parts)', '" OR ".join(parts)'),
        Mutant(
            "whole words alone",
            "    if not 0 < len(known) <= MOST_SPELLED_OUT:\n",
            "    known = [each for each in known if each == word]\n    if not known:\n",
        ),
        Mutant(
            "every negotiation",
            "if wanted.negotiation is not None:\n        parts.insert(0, f'(\"",
            "if False:\n        parts.insert(0, f'(\"",
        ),
        Mutant("first come, not first recorded", "sorted(found, key=lambda row: row[0])", "found"),
    ),
    search: (
        Mutant("prefix not anchored", "one.startswith(word)", "word in one"),
        Mutant("begins at its last minute", "hi if lo is None else lo", "hi"),
    ),
}
"""Mistakes planted in the model, in the query on SQLite, and in the reference itself."""
PLANTED = [
    pytest.param(module, mutant, id=mutant.name)
    for module, mutants in MUTANTS.items()
    for mutant in mutants
]


def told_apart(engine: Engine, module: ModuleType, other: ModuleType) -> bool:
    """Whether a drawn history is found where a module and its copy disagree."""
    index, query, rule = (other if each is module else each for each in MUTANTS)

    def disagrees(case: tuple[History, list[Wanted]]) -> bool:
        history, asked = case
        with undone(engine) as connection:
            fill(connection, history, index)
            return any(
                shown(answer(connection, history, wanted, query))
                != shown(reference(history, wanted, rule))
                for wanted in asked
            )

    drawn = settings(
        max_examples=MOST, derandomize=True, database=None, phases=[Phase.generate], deadline=None
    )
    try:
        find(cases(), disagrees, settings=drawn)
    except NoSuchExample:
        return False
    return True


def shown(hits: Sequence[SearchHit]) -> list[dict[str, Any]]:
    """The hits as data: a copy of a module has a class of its own."""
    return [hit.model_dump() for hit in hits]


@pytest.mark.parametrize(("module", "mutant"), PLANTED)
def test_the_property_finds_every_mistake(
    sqlite_engine: Engine, module: ModuleType, mutant: Mutant
) -> None:
    assert told_apart(sqlite_engine, module, module_of(mutant.planted_in(source_of(module))))


def test_copies_without_a_mistake_are_not_told_apart(sqlite_engine: Engine) -> None:
    assert not told_apart(sqlite_engine, text_query, module_of(source_of(text_query)))
