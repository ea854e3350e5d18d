"""Filtered pages are what reading the whole log and looking at each entry would give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from domain.entry import Draft, Entry
from domain.errors import NotFound
from domain.references import actors_of
from ledger import reading
from ledger.filter import Filter, Moment
from ledger.log import Ledger
from tests.ledger.drafts import actor, pledge, statement

DAY = 24 * 60
NOON = 1_750_000_000_000_000
SEPTEMBER = 29_278_080  # 2025-09-01T00:00Z in minutes since the epoch
OCCURRED = (
    "2025-09-04",
    "2025-09-04T12:00Z",
    "2025-08",
    "2025-09",
    "2024",
    "2025",
    "[2023..2025-09-11]",
    "[..2025-09-11]",
    "2025-09-05/..",
    "../2025-07-01",
    "2026-01-01",
)
NEGOTIATIONS = ("ukraine", "gaza", "sudan")
ACTORS = ("france", "ukraine", "usa", "poland")


def drawn(rng: random.Random, many: int) -> Iterator[Draft]:
    """Entries over several negotiations, kinds, things, actors and dates."""
    for number in range(many):
        negotiation, occurred = rng.choice(NEGOTIATIONS), rng.choice(OCCURRED)
        if number % 11 == 0:
            yield actor(f"actor-{number}")
        elif rng.random() < 0.5:
            people = rng.sample(ACTORS, 2)
            fields = {"occurred": occurred, "pledgors": people[:1], "beneficiaries": people[1:]}
            yield pledge(f"p-{rng.randrange(9)}", negotiation=negotiation, fields=fields)
        else:
            said = {"occurred": occurred, "speakers": [{"actor": rng.choice(ACTORS)}]}
            yield statement(f"s-{rng.randrange(9)}", negotiation=negotiation, fields=said)


def fits(entry: Entry, where: Filter) -> bool:
    """Whether an entry fits, said a second time and without any index."""
    wanted = (where.negotiation, where.kind, where.thing, where.stream)
    found = (entry.negotiation, entry.kind, entry.thing, entry.stream)
    if any(w not in {None, f} for w, f in zip(wanted, found, strict=True)):
        return False
    if where.positions is not None and entry.position not in where.positions:
        return False
    names = actors_of(entry.event) | ({entry.slug} if entry.thing == "actor" else set())
    if where.actor is not None and where.actor not in names:
        return False
    if where.recorded_since is not None and entry.recorded_at < where.recorded_since:
        return False
    if not where.has_window:
        return True
    if entry.span is None:
        return False
    lowest, highest = entry.span.start_lo, entry.span.start_hi
    after = where.occurred_to is not None and lowest is not None and lowest > where.occurred_to
    before = (
        where.occurred_from is not None and highest is not None and highest < where.occurred_from
    )
    return not after and not before


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """A log of 300 entries, five of them at each second."""
    seconds = iter(range(10_000))
    with Ledger(database, clock=lambda: NOON + next(seconds) * 1_000_000) as opened:
        opened.append_bulk(drawn(random.Random(7), 300), batch=5)
        yield opened


def filters() -> Iterator[Filter]:
    """Each way to ask, alone and in company."""
    someone = (None, "france", "nobody")
    kinds = (None, "pledge.made", "actor.registered", "attack.carried_out")
    for negotiation, kind, name in product((None, "ukraine", "commons"), kinds, someone):
        yield Filter(negotiation=negotiation, kind=kind, actor=name)
    for thing in ("pledge", "actor", "attack"):
        yield from (Filter(thing=thing), Filter(thing=thing, negotiation="gaza"))
        yield from (Filter(thing=thing, actor="usa"), Filter(thing=thing, kind="pledge.made"))
    yield Filter(stream="ukraine/pledge/p-3")
    yield Filter(stream="ukraine/pledge/p-3", actor="poland")
    yield Filter(actor="actor-11")
    yield Filter(recorded_since=NOON + 40_000_000, kind="pledge.made")
    for positions in ((), (3, 17, 90, 91, 92, 210, 299), tuple(range(300, 0, -2))):
        yield Filter(positions=positions)
        yield Filter(positions=positions, kind="pledge.made", actor="france")
        yield Filter(positions=positions, thing="statement", negotiation="gaza")
        yield Filter(positions=positions, stream="ukraine/pledge/p-3")


def windows() -> Iterator[Filter]:
    """Windows on valid time, open and closed, and in company."""
    week = Filter(occurred_from=SEPTEMBER, occurred_to=SEPTEMBER + 7 * DAY)
    yield week
    yield replace(week, occurred_from=None)
    yield replace(week, occurred_to=None)
    yield replace(week, negotiation="ukraine")
    yield replace(week, negotiation="ukraine", kind="statement.made", actor="usa")
    yield replace(week, recorded_since=NOON + 30_000_000)
    yield replace(week, positions=tuple(range(1, 300, 3)), actor="usa")
    yield Filter(occurred_from=SEPTEMBER + 900 * DAY)
    yield Filter(occurred_to=SEPTEMBER - 9_000 * DAY)


def test_every_filter_gives_what_looking_at_each_entry_gives(ledger: Ledger) -> None:
    everything = list(ledger.entries())
    for where in (*filters(), *windows()):
        expected = [entry for entry in everything if fits(entry, where)]

        assert list(ledger.entries(where=where)) == expected, where
        assert list(ledger.entries(after=90, upto=210, where=where)) == [
            entry for entry in expected if 90 < entry.position <= 210
        ], where


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_joined_are_the_whole_and_say_how_far_they_looked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, newest_first: bool
) -> None:
    monkeypatch.setattr(reading, "MAX_SEARCHED", 40)
    everything = list(ledger.entries())
    for where in (*filters(), *windows()):
        expected = [entry for entry in everything if fits(entry, where)]
        first, last = 0, len(everything)
        found: list[Entry] = []
        while first < last:
            page = ledger.page(where, after=first, upto=last, limit=7, newest_first=newest_first)
            found += page.entries
            if newest_first:
                expected_here = [e for e in expected if page.scanned_to <= e.position <= last]
                assert list(page.entries) == expected_here[::-1]
                last = page.scanned_to - 1
            else:
                expected_here = [e for e in expected if first < e.position <= page.scanned_to]
                assert list(page.entries) == expected_here
                first = page.scanned_to
        assert found == (expected[::-1] if newest_first else expected), where


def test_a_window_in_time_order_has_each_entry_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_SEARCHED", 40)
    everything = list(ledger.entries())
    for where in windows():
        expected = [entry for entry in everything if fits(entry, where)]
        found: list[Entry] = []
        after: Moment | None = None
        while True:
            page = ledger.time_page(where, after=after, limit=7)
            found += page.entries
            after = page.next
            if after is None:
                break

        assert sorted(entry.position for entry in found) == [e.position for e in expected], where
        starts = [(e.span and e.span.start_lo, e.position) for e in found]
        known = [(lo, position) for lo, position in starts if lo is not None]
        assert known == sorted(known)


def test_a_search_without_a_match_stops_and_says_where(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_SEARCHED", 40)

    page = ledger.page(Filter(negotiation="ukraine", actor="nobody"), limit=5)
    rare = ledger.page(Filter(stream="ukraine/pledge/p-1", actor="nobody"), limit=5)

    assert (page.entries, page.scanned_to) == ((), 300)
    assert (rare.entries, rare.scanned_to) == ((), 300)


def test_positions_ids_and_streams_are_found_or_said_to_be_missing(ledger: Ledger) -> None:
    entry = ledger.entry(17)

    assert ledger.by_ids([entry.id]) == {entry.id: entry}
    assert entry in ledger.stream(entry.stream)
    assert ledger.stream(entry.stream, upto=16) == tuple(
        each for each in ledger.stream(entry.stream) if each.position <= 16
    )
    with pytest.raises(NotFound, match="ends at 300"):
        ledger.entry(301)
    with pytest.raises(NotFound):
        ledger.entry(0)
