"""Making the read model anew, while it is asked, stopped, doubled or found damaged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from app.clocks import Asked
from app.read import framework
from domain.errors import DatabaseDamaged
from ledger.database import is_sqlite
from ledger.log import Ledger
from projections.editions import edition_of
from projections.projector import Projector
from projections.read_model import ReadModel, lag_of
from projections.rebuilding import Rebuilt, compare, rebuild
from projections.tables import RECTANGLES
from tests.databases import Server
from tests.ledger.drafts import held
from tests.ledger.test_guards import ROLE_FILE
from tests.projections.both_ways import Ask, Point, parley_on, questions, text_of, unlike_answers
from tests.projections.planted import Room
from tests.projections.test_projector import AUTUMN, JUNE, check_answers, in_pieces, told
from tests.story.mutants import Mutant

SMALL = Room("rebuilding", Mutant("small batches", "BATCH = 2_000", "BATCH = 20"))
"""The same read model in batches of 20, so that a rebuild of a short log takes many."""
BOTH_RIGHT = ([(), ()], [(), None], [None, ()])
"""What two rebuilds at once find; the slower one may have nothing left to compare."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C, so to say."""


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Three negotiations in the log and in the edition that serves."""
    ledger.append(told(3))
    Projector(ledger, 1).advance()
    return ledger


def change(ledger: Ledger, statement: str) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text(statement))


def serving(ledger: Ledger) -> int:
    with ledger.engine.connect() as connection:
        return edition_of(connection).number


def asks_of(ledger: Ledger) -> dict[str, Ask]:
    size = ledger.head().size
    one, other = Point("talks-1", JUNE, size - 20), Point("talks-1", AUTUMN, size)
    return questions(one, other, ["talks-1/pledge/force"], [])


def test_a_rebuild_says_that_both_editions_are_the_same_and_the_other_one_serves(
    filled: Ledger,
) -> None:
    size = filled.head().size
    for edition in (2, 1, 2):
        heard: list[tuple[int, int]] = []
        rebuilt = ReadModel(filled).rebuild(lambda *told, heard=heard: heard.append(told))
        assert rebuilt == Rebuilt(edition, size, ())
        assert heard == [(size, size)]
        assert serving(filled) == edition
        check_answers(filled, ["talks-0", "talks-2"])


def test_what_a_rebuild_puts_aside_is_emptied(filled: Ledger) -> None:
    rebuild(filled)
    with filled.engine.connect() as connection:
        assert connection.execute(RECTANGLES[1].select()).first() is None
        assert edition_of(connection, 1).position == 0


def test_what_is_live_and_what_is_rebuilt_is_the_same_byte_for_byte(filled: Ledger) -> None:
    for piece in in_pieces(told(3, first=3), 11):
        filled.append(piece)
        ReadModel(filled).bring_to(filled.head().size)
    Projector(filled, 2).advance()
    assert compare(filled.engine, filled.head().size) == ()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE rectangles_1 SET payload = (SELECT max(payload) FROM rectangles_1) WHERE id = 9",
        "UPDATE rectangles_1 SET valid_to = valid_to - 1 WHERE id = 9",
        "UPDATE rectangles_1 SET known_from = known_from + 1 WHERE id = 9",
        "DELETE FROM rectangles_1 WHERE id = 9",
    ],
    ids=["payload", "valid_to", "known_from", "gone"],
)
def test_a_damaged_edition_is_reported_and_replaced(filled: Ledger, damage: str) -> None:
    change(filled, damage)
    assert rebuild(filled).differing == ("rectangles",)
    assert rebuild(filled).differing == ()
    check_answers(filled, ["talks-0"])


def test_an_index_that_was_lost_is_reported_and_replaced(filled: Ledger) -> None:
    if not is_sqlite(filled.engine):
        pytest.skip("PostgreSQL keeps its own index")
    change(filled, "DELETE FROM areas_1")
    assert rebuild(filled).differing == ("areas",)
    check_answers(filled, ["talks-0"])


def test_what_nobody_knows_the_origin_of_is_not_served(filled: Ledger) -> None:
    # An edition that says it is filled, and is empty.
    change(filled, "UPDATE editions SET position = 87, rules = 1, format = 1 WHERE edition = 2")
    rebuilt = rebuild(filled)
    assert (rebuilt.edition, rebuilt.differing) == (2, ())
    check_answers(filled, ["talks-0"])


def test_a_filled_edition_that_differs_is_filled_once_more(filled: Ledger) -> None:
    change(
        filled,
        "UPDATE editions SET position = 20, rules = 1, format = 1, filling = 1 WHERE edition = 2",
    )
    assert rebuild(filled).differing == ()
    check_answers(filled, ["talks-0"])


@pytest.mark.parametrize("table", ["read_model", "editions"])
def test_a_pointer_that_is_gone_is_put_back(filled: Ledger, table: str) -> None:
    change(filled, f"DELETE FROM {table}")  # noqa: S608 - our own names.
    with pytest.raises(DatabaseDamaged, match="the read model does not fit the log"):
        lag_of(filled.engine)
    rebuild(filled)
    check_answers(filled, ["talks-0"])


def test_an_edition_ahead_of_the_log_is_damaged(filled: Ledger) -> None:
    change(filled, "UPDATE editions SET position = 900000 WHERE edition = 1")
    with pytest.raises(DatabaseDamaged, match="parley db rebuild"):
        lag_of(filled.engine)
    assert rebuild(filled).differing is None
    check_answers(filled, ["talks-0"])


def test_a_state_that_cannot_be_read_says_what_to_do(filled: Ledger) -> None:
    change(filled, "UPDATE rectangles_1 SET payload = leaf_hash FROM events WHERE position = 1")
    with pytest.raises(DatabaseDamaged, match="parley db rebuild"):
        framework(parley_on(filled), "talks-0", Asked("2025-01-01"))


@pytest.mark.parametrize("column", ["rules", "format"])
def test_an_edition_of_another_program_is_not_read_and_replaced(
    filled: Ledger, column: str
) -> None:
    right = {name: text_of(ask, parley_on(filled)) for name, ask in asks_of(filled).items()}
    # What it holds may mean anything, so it must not even be looked at.
    change(filled, "UPDATE rectangles_1 SET payload = (SELECT min(payload) FROM rectangles_1)")
    change(filled, f"UPDATE editions SET {column} = 99 WHERE edition = 1")  # noqa: S608
    assert not lag_of(filled.engine).is_current
    asks = asks_of(filled)
    assert {name: text_of(ask, parley_on(filled)) for name, ask in asks.items()} == right
    rebuilt = rebuild(filled)
    assert (rebuilt.edition, rebuilt.differing) == (2, None)
    assert {name: text_of(ask, parley_on(filled)) for name, ask in asks.items()} == right
    assert lag_of(filled.engine).is_current


def test_an_idle_edition_of_another_program_is_emptied_before_it_is_filled(
    filled: Ledger,
) -> None:
    Projector(filled, 2).advance()
    change(filled, "UPDATE editions SET format = 99 WHERE edition = 2")
    assert rebuild(filled).differing == ()
    check_answers(filled, ["talks-0"])


def test_a_rebuild_that_was_stopped_goes_on_where_it_stopped(filled: Ledger) -> None:
    heard: list[int] = []

    def stop(done: int, _: int) -> None:
        heard.append(done)
        if len(heard) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        SMALL["rebuilding"].rebuild(filled, stop)
    assert serving(filled) == 1
    check_answers(filled, ["talks-1"])
    assert SMALL["rebuilding"].rebuild(filled, lambda done, _: heard.append(done)).differing == ()
    assert heard == sorted(set(heard))
    assert serving(filled) == 2


def test_every_answer_is_given_and_right_all_through_a_rebuild(filled: Ledger) -> None:
    asks = asks_of(filled)
    parley = parley_on(filled)
    right = {name: text_of(ask, parley) for name, ask in asks.items()}
    begun, done = threading.Event(), threading.Event()
    rounds: list[int] = []
    wrong: list[str] = []

    def keep_asking() -> None:
        while not done.is_set() or not rounds:
            try:
                wrong.extend(n for n, ask in asks.items() if text_of(ask, parley) != right[n])
            except Exception as error:  # noqa: BLE001 - told by the test.
                wrong.append(repr(error))
            rounds.append(1)
            begun.set()

    asking = threading.Thread(target=keep_asking)
    asking.start()
    news = in_pieces(told(4, first=3), 40)
    try:
        begun.wait()
        for piece in news:
            filled.append(piece)
            SMALL["rebuilding"].rebuild(filled)
    finally:
        done.set()
        asking.join()
    assert wrong == []
    assert len(rounds) > 1
    check_answers(filled, ["talks-4"])


def test_two_rebuilds_at_once_leave_one_edition_that_is_right(filled: Ledger) -> None:
    for _ in range(5):
        assert at_once(lambda: SMALL["rebuilding"].rebuild(filled).differing) in BOTH_RIGHT
        check_answers(filled, ["talks-1"])
    assert rebuild(filled).differing == ()


def at_once(work: Callable[[], object]) -> list[object]:
    """What two threads come to that begin together."""
    together, found = threading.Barrier(2), list[object]()

    def run() -> None:
        together.wait()
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - told by the test.
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# --- a database that takes no writes ----------------------------------------------------------


def test_a_file_that_may_only_be_read_is_answered_by_the_reference(sqlite_database: str) -> None:
    with Ledger(sqlite_database) as ledger:
        ledger.append(told(1))
    with Ledger(f"{sqlite_database}?mode=ro") as ledger:
        check_answers(ledger, ["talks-0"])
        assert lag_of(ledger.engine).position == 0


def test_a_database_that_another_process_holds_is_answered_by_the_reference(database: str) -> None:
    with Ledger(database) as ledger:
        ledger.append(told(1))
    with Ledger(database, lock_timeout=0.05) as ledger, holding_the_editions(database):
        parley = parley_on(ledger)
        point = Point("talks-0", AUTUMN, ledger.head().size)
        framework = {"framework": questions(point, point, [], [])["framework"]}
        assert unlike_answers(parley, framework) == []
        assert lag_of(ledger.engine).position == 0


@contextmanager
def holding_the_editions(url: str) -> Iterator[None]:
    if url.startswith("sqlite"):
        with held(url):
            yield
        return
    with psycopg.connect(url) as server:
        server.execute("SELECT * FROM editions FOR UPDATE")
        yield
        server.rollback()


@pytest.mark.postgres
def test_the_role_of_the_application_projects_reads_and_rebuilds(
    server: Server, postgres_database: str
) -> None:
    name = postgres_database.split("/")[3].partition("?")[0]
    role = f"{name}_app"
    with server.connect(name) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN".encode())
        owner.execute(ROLE_FILE.read_text("utf-8").replace(':"role"', role).encode())
    with Ledger(server.url(name, user=role)) as ledger:
        ledger.append(told(1))
        check_answers(ledger, ["talks-0"])
        assert lag_of(ledger.engine).behind == 0
        assert rebuild(ledger).differing == ()
        assert rebuild(ledger).differing == ()
        check_answers(ledger, ["talks-0"])
