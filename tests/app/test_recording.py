"""Recording: what is kept, once, in order, and nothing of what was only tried."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from typing import NoReturn, TypeAlias
from uuid import UUID, uuid4

import pytest

from app.batch import Request
from app.correct import correct
from app.parley import Parley
from app.record import Recorded, record
from app.retract import retract
from audit.leaf import MAX_BODY
from domain.bounds import Span
from domain.dates import parse_occurred
from domain.entry import Draft, Entry
from domain.errors import (
    InvalidInput,
    KeyConflict,
    NotFound,
    StoryConflict,
    TooLarge,
    Unavailable,
    VersionConflict,
)
from domain.things.pledge import PledgeMade
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


def test_a_key_counts_once_and_answers_as_before(parley: Parley) -> None:
    first = record(parley, NEGOTIATION, [pledge(), stalled()], key="k")
    again = record(parley, NEGOTIATION, [pledge(), stalled()], key="k")
    assert again.receipts == first.receipts
    assert [e.id for e in again.entries] == [e.id for e in first.entries]
    assert parley.ledger.head().size == SIZE + 2


def test_a_key_with_another_body_conflicts(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), key="k")
    with pytest.raises(KeyConflict) as refused:
        record(parley, NEGOTIATION, pledge("stone"), key="k")
    assert refused.value.problems[0].field == "idempotency_key"
    assert parley.ledger.head().size == SIZE + 1


def test_a_key_stands_for_the_body_as_it_was_handed_in(parley: Parley) -> None:
    first = record(parley, NEGOTIATION, statement(), key="k")
    other_order = dict(reversed(statement().items()))
    assert record(parley, NEGOTIATION, other_order, key="k").receipts == first.receipts
    for other in (statement(audience=[]), [statement()], statement(audience=None)):
        with pytest.raises(KeyConflict):
            record(parley, NEGOTIATION, other, key="k")
    with pytest.raises(KeyConflict):
        record(parley, "elsewhere", statement(), key="k")


def test_a_number_and_its_text_are_different_bodies(parley: Parley) -> None:
    def of(quantity: object) -> Body:
        return pledge(components=[{"key": "steel", "quantity": quantity}])

    first = record(parley, NEGOTIATION, of(Decimal("2.50")), key="k")
    assert record(parley, NEGOTIATION, of(Decimal("2.50")), key="k").receipts == first.receipts
    with pytest.raises(KeyConflict):
        record(parley, NEGOTIATION, of("2.50"), key="k")


def test_a_key_with_what_is_no_json_is_refused(parley: Parley) -> None:
    circle: Body = pledge()
    circle["components"] = [circle]
    for body in (circle, pledge(components=[{1: "a", "b": 2}])):
        with pytest.raises(InvalidInput):
            record(parley, NEGOTIATION, body, key="k")
    assert parley.ledger.head().size == SIZE


def test_a_request_is_known_by_its_key_after_its_kind_has_a_new_schema(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = record(parley, NEGOTIATION, pledge(), key="made")
    at = made.entries[0].position
    changed = correct(parley, at, set={"level": "offered"}, reason="Misread.", key="corrected")

    monkeypatch.setattr(PledgeMade, "class_version", 2)
    monkeypatch.setattr(PledgeMade, "upcast_v1_v2", staticmethod(lambda _: None), raising=False)

    assert record(parley, NEGOTIATION, pledge(), key="made").receipts == made.receipts
    again = correct(parley, at, set={"level": "offered"}, reason="Misread.", key="corrected")
    assert again.receipts == changed.receipts


def test_a_request_is_known_by_its_key_when_its_body_can_no_longer_be_read(
    parley: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(parley, NEGOTIATION, pledge())
    first = record(parley, NEGOTIATION, stalled(), key="k")
    monkeypatch.setattr("app.bodies.read_event", _refuse_all)
    assert record(parley, NEGOTIATION, stalled(), key="k").receipts == first.receipts


def _refuse_all(body: Body, *, supposed: bool = False) -> NoReturn:
    del body, supposed
    raise InvalidInput.of("kind", "is gone", "use another one")


def test_a_body_may_fill_what_is_left_of_a_leaf(parley: Parley) -> None:
    """The envelope has room of its own: 60,000 bytes are for the body alone."""

    def of(size: int) -> Body:
        body = attack("worms", "x" * 6_500, 9)
        body["summary"] = "x" * (size - len(canonical({**body, "summary": ""})))
        return body

    record(parley, NEGOTIATION, of(MAX_BODY), request="r" * 200, subject="s" * 200)
    with pytest.raises(TooLarge, match="is 60001 bytes"):
        record(parley, NEGOTIATION, {**of(MAX_BODY + 1), "slug": "gates"})


def test_a_dry_run_with_a_key_says_what_would_come_of_the_key(parley: Parley) -> None:
    first = record(parley, NEGOTIATION, pledge(), key="k")
    again = record(parley, NEGOTIATION, pledge(), key="k", dry_run=True)
    assert (again.dry_run, again.replayed, again.receipts) == (True, True, first.receipts)
    with pytest.raises(KeyConflict):
        record(parley, NEGOTIATION, pledge("stone"), key="k", dry_run=True)
    assert parley.ledger.head().size == SIZE + 1


def test_a_key_answers_with_what_it_did_elsewhere_as_it_was_known_then(parley: Parley) -> None:
    made = record(parley, NEGOTIATION, pledge()).entries[0]
    record(parley, NEGOTIATION, stalled())
    record(parley, NEGOTIATION, statement(occurred="2025", after=[str(made.id)]))

    def send() -> Recorded:
        more: Body = {"set": {"occurred": "2025-06"}, "reason": "Misread.", "key": "k"}
        return correct(parley, made.id, **more)

    def take_back() -> Recorded:
        return retract(parley, made.id, reason="A rumour.", key="r")

    corrected, retracted = send(), take_back()
    assert len(corrected.dependants) == 1
    assert corrected.anomalies
    record(parley, NEGOTIATION, statement("later", occurred="2025", after=[]))
    for first, again in ((corrected, send()), (retracted, take_back())):
        assert again.replayed
        assert (again.anomalies, again.dependants) == (first.anomalies, first.dependants)


def test_a_text_that_spells_a_decimal_is_another_body() -> None:
    def of(quantity: object) -> Request:
        return Request("record", NEGOTIATION, pledge(components=[{"quantity": quantity}]))

    bodies = [Decimal("1.5"), "Decimal('1.5')", "1.5", {"$text": "Decimal('1.5')"}, Decimal("1.50")]
    digests = {of(quantity).digest() for quantity in bodies}
    assert len(digests) == len(bodies)
    # What is kept of a request with numbers stays what it is.
    kept = json.dumps(
        {"action": "a", "given": [1, Decimal("1.5"), "x"], "target": "t"},
        separators=(",", ":"),
        default=repr,
    )
    asked = Request("a", "t", [1, Decimal("1.5"), "x"])
    assert asked.digest() == hashlib.sha256(kept.encode()).hexdigest()


def test_the_keys_of_two_people_do_not_meet(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), key="k", subject="ann")
    record(parley, NEGOTIATION, pledge("stone"), key="k", subject="bob")
    assert parley.ledger.head().size == SIZE + 2


def test_a_dry_run_does_not_use_a_key_up(parley: Parley) -> None:
    record(parley, NEGOTIATION, pledge(), key="k", dry_run=True)
    record(parley, NEGOTIATION, pledge("stone"), key="k")
    assert parley.ledger.head().size == SIZE + 1


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
