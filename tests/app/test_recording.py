"""Recording: what is kept, once, in order, and nothing of what was only tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID, uuid4

import pytest

from app.correct import correct
from app.parley import Parley
from app.record import record
from audit.leaf import MAX_BODY
from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Draft, Entry
from domain.errors import (
    InvalidInput,
    NotFound,
    StoryConflict,
    TooLarge,
    Unavailable,
    VersionConflict,
)
from exchange.mapping import canonical
from ledger.log import Ledger
from ledger.ticket import IdempotencyKey, Receipt
from tests.app.bodies import (
    NEGOTIATION,
    SOURCE,
    Body,
    attack,
    pledge,
    stalled,
    statement,
    withdrawn,
)
from tests.app.conftest import House

Race: TypeAlias = Callable[..., tuple[Parley, "Raced"]]
SIZE = 6
"""Entries of the log before each test."""


@pytest.fixture
def house(house_on_each: House) -> House:
    return house_on_each


class Raced(Ledger):
    """A log on which somebody else is quicker, as often as is asked for."""

    rivals = 0
    tries = 0
    parley: Parley
    plain: Ledger
    body: Body

    def append(
        self, drafts: Sequence[Draft], *, key: IdempotencyKey | None = None
    ) -> tuple[Receipt, ...]:
        self.tries += 1
        if self.rivals:
            self.rivals -= 1
            occurred = f"2025-03-{10 + self.tries:02}"
            kind = "pledge.stalled" if self.tries % 2 else "pledge.resumed"
            rival = {**stalled(occurred=occurred), "kind": kind}
            record(replace(self.parley, ledger=self.plain), NEGOTIATION, rival, subject="rival")
        return super().append(drafts, key=key)


class RacedToOpen(Raced):
    """A log on which somebody else opens the same thing first."""

    def append(
        self, drafts: Sequence[Draft], *, key: IdempotencyKey | None = None
    ) -> tuple[Receipt, ...]:
        if self.rivals:
            self.rivals = 0
            record(replace(self.parley, ledger=self.plain), NEGOTIATION, pledge())
        return Ledger.append(self, drafts, key=key)


class TwinBeforeAppending(Raced):
    """A log on which the same request arrives once more, after this one was decided."""

    def append(
        self, drafts: Sequence[Draft], *, key: IdempotencyKey | None = None
    ) -> tuple[Receipt, ...]:
        self._send_twin()
        return Ledger.append(self, drafts, key=key)

    def _send_twin(self) -> None:
        if self.rivals:
            self.rivals = 0
            twin = replace(self.parley, ledger=self.plain)
            record(twin, NEGOTIATION, self.body, key=type(self).__name__)


class TwinBeforeDeciding(TwinBeforeAppending):
    """The same, before this one is decided, so that it seems impossible by then."""

    def receipts(self, key: IdempotencyKey) -> tuple[Receipt, ...] | None:
        found = super().receipts(key)
        self._send_twin()
        return found


class Unread(Ledger):
    """A log whose streams may not be read."""

    def stream(self, name: str, upto: int | None = None) -> tuple[Entry, ...]:
        del upto
        raise AssertionError(name)


@pytest.fixture
def race(parley: Parley) -> Iterator[Race]:
    """Parley as it is for someone who is slower than others, a number of times."""
    with ExitStack() as stack:

        def start(rivals: int, log: type[Raced] = Raced) -> tuple[Parley, Raced]:
            ledger = log(parley.settings.database_url, clock=parley.clock)
            stack.callback(ledger.close)
            ledger.rivals, ledger.parley, ledger.plain = rivals, parley, parley.ledger
            return replace(parley, ledger=ledger), ledger

        yield start


def test_one_body_becomes_one_entry(parley: Parley) -> None:
    recorded = record(parley, NEGOTIATION, pledge(), subject="bob", request="req-1")
    (receipt,), (entry,) = recorded.receipts, recorded.entries
    assert (receipt.position, receipt.version, receipt.stream) == (
        SIZE + 1,
        1,
        f"{NEGOTIATION}/pledge/steel",
    )
    kept = parley.ledger.entry(receipt.position)
    assert kept.recorded_by == "bob"
    assert kept.request == "req-1"
    assert kept.id.version == 7
    assert replace(kept, nonce="", event=entry.event) == entry


def test_an_array_is_recorded_in_its_order_and_may_build_on_itself(parley: Parley) -> None:
    chosen = uuid4()
    bodies = [
        pledge(id=str(chosen)),
        stalled(),
        statement(after=[str(chosen)]),
    ]
    recorded = record(parley, NEGOTIATION, bodies)
    assert [r.position for r in recorded.receipts] == [SIZE + 1, SIZE + 2, SIZE + 3]
    assert [r.version for r in recorded.receipts] == [1, 2, 1]
    assert UUID(recorded.receipts[0].id) == chosen


def test_actors_and_sources_go_to_the_commons_and_need_no_negotiation_there(
    parley: Parley,
) -> None:
    def of(slug: str) -> Body:
        return {"kind": "actor.registered", "slug": slug, "name": slug, "type": "state"}

    for where in ("commons", NEGOTIATION):
        recorded = record(parley, where, of(f"east-{where}"))
        assert recorded.receipts[0].stream == f"commons/actor/east-{where}"


def test_a_negotiation_that_nobody_opened_takes_no_actor_and_no_source(parley: Parley) -> None:
    east: Body = {"kind": "actor.registered", "slug": "east", "name": "East", "type": "state"}
    for body in (east, {**SOURCE, "slug": "herald"}):
        for where in ("never-opened", "log"):
            with pytest.raises((NotFound, InvalidInput), match=where):
                record(parley, where, body)
    assert parley.ledger.head().size == SIZE
    opening = {"kind": "negotiation.opened", "slug": "new-talks", "title": "New talks"}
    record(parley, "new-talks", [east, opening])
    assert parley.ledger.head().size == SIZE + 2


def test_an_event_is_narrowed_by_the_events_it_names(parley: Parley) -> None:
    made = record(parley, NEGOTIATION, pledge()).entries[0]
    said = record(parley, NEGOTIATION, statement(occurred="2025", after=[str(made.id)])).entries[0]
    assert made.span is not None
    assert said.span == Span(parse_occurred("2025").bounds, narrowed_lo=made.span.start_lo)


def test_a_dry_run_says_what_would_be_and_records_nothing(parley: Parley) -> None:
    tried = record(parley, NEGOTIATION, [pledge(), stalled()], dry_run=True)
    assert tried.dry_run
    assert tried.receipts == ()
    assert [(e.position, e.version) for e in tried.entries] == [(SIZE + 1, 1), (SIZE + 2, 2)]
    assert parley.ledger.head().size == SIZE
    with pytest.raises(StoryConflict):
        record(parley, NEGOTIATION, stalled(), dry_run=True)


def test_a_body_may_fill_what_is_left_of_a_leaf(parley: Parley) -> None:
    """The envelope has room of its own: 60,000 bytes are for the body alone."""

    def of(size: int) -> Body:
        body = attack("worms", "x" * 6_500, 9)
        body["summary"] = "x" * (size - len(canonical({**body, "summary": ""})))
        return body

    record(parley, NEGOTIATION, of(MAX_BODY), request="r" * 200, subject="s" * 200)
    with pytest.raises(TooLarge, match="is 60001 bytes"):
        record(parley, NEGOTIATION, {**of(MAX_BODY + 1), "slug": "gates"})


def test_a_record_is_decided_anew_when_another_writer_was_quicker(
    parley: Parley, race: Race
) -> None:
    record(parley, NEGOTIATION, pledge())
    slow, log = race(2)
    assert record(slow, NEGOTIATION, withdrawn()).receipts[0].version == 4
    assert log.tries == 3


def test_a_record_that_a_quicker_writer_made_impossible_is_refused(
    parley: Parley, race: Race
) -> None:
    record(parley, NEGOTIATION, pledge())
    slow, _ = race(1)
    with pytest.raises(StoryConflict):
        record(slow, NEGOTIATION, stalled(occurred="2025-03-12"))
    assert parley.ledger.head().size == SIZE + 2


def test_a_record_for_which_all_others_are_quicker_is_to_be_sent_again(
    parley: Parley, race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.record.ATTEMPTS", 7)
    record(parley, NEGOTIATION, pledge())
    slow, log = race(10)
    with pytest.raises(Unavailable, match=r"7 others were quicker.*send it again"):
        record(slow, NEGOTIATION, withdrawn())
    assert log.tries == 7


def test_forty_who_correct_one_entry_at_once_are_all_recorded(parley: Parley) -> None:
    made = record(parley, NEGOTIATION, pledge()).entries[0]

    def send(number: int) -> int:
        told = correct(parley, made.id, set={"summary": f"Number {number}."}, reason="Misread.")
        return told.receipts[0].version

    with ThreadPoolExecutor(40) as callers:
        versions = sorted(callers.map(send, range(40)))
    assert versions == list(range(2, 42))


def test_two_that_open_one_thing_at_once_do_not_both_open_it(parley: Parley, race: Race) -> None:
    slow, _ = race(1, RacedToOpen)
    with pytest.raises(StoryConflict):
        record(slow, NEGOTIATION, pledge())
    assert parley.ledger.head().size == SIZE + 1


def test_of_two_requests_with_one_key_at_once_both_get_the_first_ones_answer(
    parley: Parley, race: Race
) -> None:
    for race_of in (TwinBeforeDeciding, TwinBeforeAppending):
        body = pledge(race_of.__name__.lower())
        slow, log = race(1, race_of)
        log.body = body
        recorded = record(slow, NEGOTIATION, body, key=race_of.__name__)
        assert [r.stream for r in recorded.receipts] == [f"{NEGOTIATION}/pledge/{body['slug']}"]
        assert recorded.entries[0].id == UUID(recorded.receipts[0].id)
        assert len(parley.ledger.stream(recorded.receipts[0].stream)) == 1


def test_an_expected_version_holds_the_stream_to_it(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), expected_version=0)
    recorded = record(parley, NEGOTIATION, stalled(), expected_version=1)
    assert recorded.receipts[0].version == 2


def test_an_expected_version_conflicts_at_once(parley: Parley, race: Race) -> None:
    record(parley, NEGOTIATION, pledge())
    slow, log = race(1)
    with pytest.raises(VersionConflict):
        record(slow, NEGOTIATION, withdrawn(), expected_version=1)
    assert log.tries == 1


def test_a_new_thing_is_recorded_without_reading_any_stream(parley: Parley) -> None:
    ledger = Unread(parley.settings.database_url, clock=parley.clock)
    try:
        record(replace(parley, ledger=ledger), NEGOTIATION, [pledge(), statement()])
    finally:
        ledger.close()
    assert parley.ledger.head().size == SIZE + 2


def test_the_recorder_is_the_one_of_the_settings_unless_another_is_named(parley: Parley) -> None:
    assert record(parley, NEGOTIATION, pledge()).entries[0].recorded_by == "ann"
