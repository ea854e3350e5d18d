"""The text index as a user meets it: hostile queries, long texts, whole logs, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from domain.entry import Draft
from domain.errors import InvalidInput
from ledger.database import connect, transaction
from ledger.log import Ledger
from projections.change import Change
from projections.editions import empty
from projections.search import SearchHit, Wanted, read_query, search_in
from projections.text_index import TextIndex
from projections.text_query import find, search, sqlite_statements
from tests.ledger.test_query_plans import plan_of
from tests.projections.bodies import made, registered
from tests.projections.knowing import changes_of, standing
from tests.projections.telling import Telling
from tests.projections.test_search import DAY, TEXTS, telling

EDITION = 1
HOSTILE = (
    *('"', '""', '"force"', "force*", "*", "^force", "-force", "+force", "(force", "force)", "{"),
    *("NEAR(force troops, 2)", "force AND troops", "force OR troops", "NOT force", "force NOT air"),
    *("words : force", "words_1:force", "force:*", "'force':*", "force & troops", "force|air"),
    *("!force", "force <-> troops", "\\", "\\'", "'; DROP TABLE texts_1; --", "%", "_", "for%"),
    *("\0", "force\0troops", "‐talks", "‐commons", "‐", "$1", ":match", "?", "%s", "%(match)s"),
    *("🕊️", "🇺🇦 force", "\N{COMBINING ACUTE ACCENT}", "e\N{COMBINING ACUTE ACCENT}"),
    *("\u202eforce", "\u2067قوة\u2069", "قوة", "כוח", "\ufeffforce", "\U0010ffff", "\ud800"),
    *("f" * 10_000, "force " * 2_000, "'" * 10_000, "f'" * 5_000, "é" * 10_000, "(" * 10_000),
    " ".join(map("".join, product("abcdefg", repeat=2))),
    " ".join(map("".join, product("abcdefgh", repeat=2))),
)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on a fresh log."""
    made_ = connect(database)
    yield made_
    made_.dispose()


def fill(engine: Engine, changes: Iterator[Change]) -> None:
    model = TextIndex(EDITION)
    for change in changes:
        model.tell(change)
    with transaction(engine) as connection:
        model.write(connection)


def positions(hits: tuple[SearchHit, ...]) -> list[int]:
    return [hit.event.position for hit in hits]


def by_reference(talks: Telling, wanted: Wanted) -> list[int]:
    return positions(search_in(standing(talks.log, wanted.known), wanted))


def by_index(connection: Connection, wanted: Wanted) -> list[int]:
    return list(find(connection, EDITION, wanted))


def test_no_query_is_anything_but_words(engine: Engine) -> None:
    talks = telling(
        made("ground", DAY, summary="A force of ground troops, not near the front and (yet) small"),
        made("arabic", DAY, summary="قوة and כוח"),
        registered("the-26", "umbrella", name="f" * 300),
    )
    fill(engine, changes_of(talks.log))

    refused = 0
    for query in HOSTILE:
        try:
            words = read_query(query)
        except InvalidInput:
            refused += 1
            continue
        for negotiation in (None, talks.negotiation, "'\"&|* else"):
            wanted = Wanted(words, talks.now, negotiation=negotiation)
            with engine.connect() as connection:
                assert by_index(connection, wanted) == by_reference(talks, wanted), query
    assert refused < len(HOSTILE) / 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXTS, query=st.text(max_size=20), data=st.data())
def test_any_text_is_found_by_any_beginning_of_its_words(
    engine: Engine, text: str, query: str, data: st.DataObject
) -> None:
    talks = telling(made("any", DAY, summary=text), made("other", DAY, summary=query_text(query)))
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(1, 12))
    model = TextIndex(EDITION)
    for change in changes_of(talks.log):
        model.tell(change)
    with transaction(engine) as connection:
        model.write(connection)
        for asked in (query, text[start:], text[start : start + length], text[:length]):
            try:
                wanted = Wanted(read_query(asked), talks.now)
            except InvalidInput:
                continue
            assert by_index(connection, wanted) == by_reference(talks, wanted)
        connection.rollback()


def query_text(query: str) -> str:
    """A summary that holds the query as far as a summary may."""
    return normalize("NFC", "".join(c for c in query if c.isalnum()) + " said")


@pytest.mark.parametrize("alphabet", ["0123456789abcdef", "ﷺﬃ가힣", "𝔘𐐀ґїꙀ"])
def test_the_largest_events_are_found_by_their_last_word(engine: Engine, alphabet: str) -> None:
    words = ("".join(letters) for letters in product(alphabet, repeat=7))
    parts = [
        {"key": f"part-{n}", "text": " ".join(next(words) for _ in range(60_000 // 7 // 8 // 4))}
        for n in range(8)
    ]
    talks = telling(made("large", DAY, components=parts))
    fill(engine, changes_of(talks.log))

    wanted = Wanted(read_query(parts[-1]["text"].split()[-1]), talks.now)

    with engine.connect() as connection:
        assert by_index(connection, wanted) == [talks.now] == by_reference(talks, wanted)


def record(database: str, talks: Telling) -> None:
    """Record what was told, at the same positions."""
    drafts = [Draft(e.event, e.stream, e.id, e.recorded_by, e.span) for e in talks.log]
    with Ledger(database) as ledger:
        ledger.append(drafts)


def test_hits_are_read_from_the_log_with_the_corrections_of_the_time(
    database: str, engine: Engine
) -> None:
    talks = Telling()
    force = talks.tell(made("force", DAY, summary="ground troops"))
    one = talks.correct(force, set={"summary": "naval troops"})
    two = talks.correct(force, set={"level": "committed"})
    talks.retract(one)
    talks.retract(force)
    record(database, talks)
    fill(engine, changes_of(talks.log))

    def at(known: int, query: str = "troops") -> list[tuple[str, tuple[int, ...]]]:
        wanted = Wanted(read_query(query), known)
        with engine.connect() as connection:
            hits = search(connection, EDITION, wanted)
        assert hits == search_in(standing(talks.log, known), wanted)
        return [(hit.summary, hit.event.corrected_by) for hit in hits]

    assert at(force.position) == [("ground troops", ())]
    assert at(one.position) == [("naval troops", (one.position,))]
    assert at(two.position) == [("naval troops", (one.position, two.position))]
    assert at(two.position, "ground") == []
    assert at(two.position + 1) == [("ground troops", (two.position,))]
    assert at(talks.now) == []


def test_an_edition_that_is_emptied_holds_nothing_and_can_be_filled_anew(engine: Engine) -> None:
    talks = telling(made("a", DAY, summary="troops"), made("b", DAY, summary="troops"))
    wanted = Wanted(("troops",), talks.now)
    fill(engine, changes_of(talks.log))

    empty(engine, EDITION)
    with engine.connect() as connection:
        assert by_index(connection, wanted) == []
    fill(engine, changes_of(talks.log))

    with engine.connect() as connection:
        assert by_index(connection, wanted) == by_reference(talks, wanted)
        assert len(by_index(connection, wanted)) == 2


def test_the_other_edition_stays_as_it_is(engine: Engine) -> None:
    talks = telling(made("a", DAY, summary="troops"))
    fill(engine, changes_of(talks.log))

    empty(engine, 2)
    with engine.connect() as connection:
        assert find(connection, 2, Wanted(("troops",), talks.now)) == {}
        assert len(by_index(connection, Wanted(("troops",), talks.now))) == 1


def test_sqlite_asks_the_full_text_index_first_and_in_its_order(
    sqlite_database: str,
) -> None:
    for statement in sqlite_statements(1, Wanted(("a",), 10, 5), '"a"'):
        plan = plan_of(sqlite_database, statement)
        first, second = plan.splitlines()
        assert first.startswith("SCAN words_1 VIRTUAL TABLE INDEX")
        assert "texts_1 USING PRIMARY KEY (position=? AND known_from=?)" in second
