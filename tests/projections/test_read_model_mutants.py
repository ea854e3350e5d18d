"""Mistakes planted in the read model, each of which the property has to find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from domain.entry import Entry
from ledger.log import Ledger
from projections.read_world import read_world
from tests.projections.conftest import NewLog
from tests.projections.drawn import drafts_of
from tests.projections.in_memory import mistakes, unlike, unlike_the_reference
from tests.projections.long_histories import long_histories
from tests.projections.planted import Room
from tests.story.histories import NEGOTIATION, History, histories
from tests.story.mutants import Mutant

NEAR, FAR = histories(), long_histories()
BATCH = 4
MOST, MOST_IN_A_DATABASE = 1_000, 60
"""How many histories may go by before a mistake counts as not found."""
SURVIVES, SURVIVES_IN_A_DATABASE = 30, 8
"""How many a copy without a mistake has to survive here; in other tests it survives more."""

IN_MEMORY = (
    ("rows", Mutant("valid_to too late", "valid_to=stretch.end", "valid_to=stretch.end + 1")),
    ("rows", Mutant("valid_to too early", "valid_to=stretch.end", "valid_to=stretch.end - 1")),
    ("rows", Mutant("known_to too late", "row.known_to = position", "row.known_to = position + 1")),
    (
        "rows",
        Mutant("known_to too early", "row.known_to = position", "row.known_to = position - 1"),
    ),
    (
        "stories",
        Mutant(
            "old key not refolded",
            "    return dict(touched)\n",
            "    own = change.entry.stream\n"
            "    return {k: told for k, told in touched.items() if told[1] or k == own}\n",
        ),
    ),
    (
        "passages",
        Mutant(
            "certain state not broken at start_hi",
            "((p.folds_at,) if p.marked else _minutes(p))",
            "(p.folds_at,)",
        ),
    ),
    (
        "passages",
        Mutant(
            "passage cut too early",
            "latest < starts[number + 1]",
            "latest <= starts[number + 1]",
        ),
    ),
    (
        "notes",
        Mutant(
            "undated note not ended at hi",
            "_noted(UNDATED, BEGINNING, placed.hi, placed.entry)",
            "_noted(UNDATED, BEGINNING, FOR_EVER, placed.entry)",
        ),
    ),
    # Others that were easily made.
    (
        "story_lines",
        Mutant(
            "convergence after one passage",
            "self.passages[last].before != after",
            "not new",
        ),
    ),
    (
        "passages",
        Mutant("marks ignored", "if p.hi <= minute and not p.marked", "if p.hi <= minute"),
    ),
    (
        "notes",
        Mutant("dispute told too early", "max(place(entry).folds_at, BEGINNING)", "BEGINNING"),
    ),
    (
        "change",
        Mutant("troubles kept from before", "troubles=_troubles(stream),", "troubles=None,"),
    ),
)
"""By module: mistakes that a short story shows."""
AT_A_DISTANCE = (
    (
        "story_lines",
        Mutant(
            "turn not carried beyond the window",
            "        if turn == was:\n            return\n",
            "        return\n",
        ),
    ),
    (
        "story_lines",
        Mutant(
            "convergence without the certain fold",
            "self.passages[last].before != after",
            "self.passages[last].before.possible != after.possible",
        ),
    ),
)
"""Mistakes that show where a late record changes something many steps further on."""

_BOX = "point(valid_to - 1, known_to - 1 "
IN_SQLITE = (
    Mutant(
        "valid_to in the tree",
        "(row.valid_from, row.valid_to - 1)",
        "(row.valid_from, row.valid_to)",
    ),
    Mutant("known_to closed in the tree", "SET known_to = ? - 1", "SET known_to = ?"),
    Mutant("valid_to in the stab", "a.valid_to >= :t", "a.valid_to > :t"),
    Mutant("known_to in the stab", "a.known_to >= :k", "a.known_to > :k"),
)
IN_POSTGRESQL = (
    Mutant("valid_to in the box", _BOX, "point(valid_to, known_to - 1 "),
    Mutant("known_to in the box", _BOX, "point(valid_to - 1, known_to "),
    Mutant("valid_to too early in the box", _BOX, "point(valid_to - 2, known_to - 1 "),
    Mutant("known_to too early in the box", _BOX, "point(valid_to - 1, known_to - 2 "),
)
"""Off by one as each database says it; all of them in `projections.rectangles`."""


def finds(
    is_told_wrong: Callable[[History], bool],
    most: int,
    drawn_from: SearchStrategy[History] = NEAR,
) -> bool:
    """Whether one of the histories drawn is told wrong."""
    drawn = settings(
        max_examples=most,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        find(drawn_from, is_told_wrong, settings=drawn)
    except NoSuchExample:
        return False
    return True


def is_wrong_in_memory(room: Room, *, far: bool = False) -> Callable[[History], bool]:
    def is_wrong(history: History) -> bool:
        try:
            return bool(
                unlike_the_reference(room, history) or (not far and mistakes(room, history))
            )
        except LookupError:
            # One that loses its way in a story is found as well.
            return True

    return is_wrong


def is_wrong_in(new_log: NewLog, room: Room) -> Callable[[History], bool]:
    def is_wrong(history: History) -> bool:
        with new_log() as url, Ledger(url) as ledger:
            ledger.append(drafts_of(history.log))
            return bool(told_wrong(room, ledger, history))

    return is_wrong


def told_wrong(room: Room, ledger: Ledger, history: History) -> list[tuple[str, object, object]]:
    """Where the rectangles in a database say otherwise than the reference, or say it twice."""
    log: list[Entry] = list(ledger.entries())
    # Several batches, so that some rectangles are closed where they were written before.
    room["projector"].Projector(ledger, 1).advance(batch=BATCH)
    stab, read = room["rectangles"].stab, room["read_world"].read_world
    found: list[tuple[str, object, object]] = []
    with ledger.engine.connect() as connection:
        for asked in history.questions:
            point = room["read_world"].Point(NEGOTIATION, asked.minute, asked.known)
            world = read(connection, 1, point)
            found += unlike(world.standings, log, asked.minute, asked.known)
        for minute, known in product({q.minute for q in history.questions}, range(len(log) + 1)):
            told = Counter((r.story, r.facet) for r in stab(connection, 1, 0, minute, known))
            found += [("one rectangle", each, many) for each, many in told.items() if many > 1]
    return found


def test_a_copy_without_a_mistake_survives() -> None:
    assert not finds(is_wrong_in_memory(Room()), SURVIVES)
    assert not finds(is_wrong_in_memory(Room(), far=True), SURVIVES, FAR)


@pytest.mark.parametrize(("module", "mutant"), IN_MEMORY, ids=[m.name for _, m in IN_MEMORY])
def test_the_property_finds_every_mistake(module: str, mutant: Mutant) -> None:
    assert finds(is_wrong_in_memory(Room(module, mutant)), MOST)


@pytest.mark.parametrize(
    ("module", "mutant"), AT_A_DISTANCE, ids=[m.name for _, m in AT_A_DISTANCE]
)
def test_long_stories_find_a_mistake_at_a_distance(module: str, mutant: Mutant) -> None:
    assert finds(is_wrong_in_memory(Room(module, mutant), far=True), MOST, FAR)


def test_a_copy_without_a_mistake_survives_in_each_database(new_log: NewLog) -> None:
    assert not finds(is_wrong_in(new_log, Room()), SURVIVES_IN_A_DATABASE)


@pytest.mark.parametrize("mutant", IN_SQLITE, ids=[m.name for m in IN_SQLITE])
def test_a_file_that_is_off_by_one_is_found(new_file: NewLog, mutant: Mutant) -> None:
    assert finds(is_wrong_in(new_file, Room("rectangles", mutant)), MOST_IN_A_DATABASE)


@pytest.mark.postgres
@pytest.mark.parametrize("mutant", IN_POSTGRESQL, ids=[m.name for m in IN_POSTGRESQL])
def test_a_server_that_is_off_by_one_is_found(new_base: NewLog, mutant: Mutant) -> None:
    assert finds(is_wrong_in(new_base, Room("rectangles", mutant)), MOST_IN_A_DATABASE)


def test_a_copy_leaves_the_room_as_it_was() -> None:
    module, mutant = IN_MEMORY[0]
    assert Room(module, mutant)["read_world"].read_world is not read_world
    assert Room()["tables"] is not Room()["tables"]


def test_a_mistake_whose_place_is_gone_is_reported() -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        Room("rows", Mutant("lost", "no such line", ""))
