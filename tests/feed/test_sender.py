"""The sender: every entry that fits is taken in order, whatever the receiver does meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection, Engine
from standardwebhooks import WebhookVerificationError

from app import webhooks
from app.feed import sender_of
from app.parley import Parley, open_parley
from app.record import record
from app.settings import Settings
from app.webhook_answers import NewSecret, WebhookFilter
from domain.errors import NotFound
from feed import posting
from feed.limits import ANSWER_TIME, ERROR_WAIT, LEASE, SENDING
from feed.sender import SECOND, Sender
from ledger import webhooks as store
from ledger.database import transaction
from ledger.filter import Filter
from tests.app.bodies import NEGOTIATION, SETTING, pledge, statement
from tests.feed.receivers import HANG, NAME, PATIENCE, Delivery, Plain, Receiver, receiving

QUICK = (0.02, 0.05)
"""Seconds between attempts, so that a test need not wait for long."""
SIZE = 1 + len(SETTING)
LOOK_UP = 30.0
"""Seconds that it takes at most to find out that nobody knows a name."""
DAY = 86_400 * SECOND
_numbers = count(1)


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    """Parley on a log with the bridge talks in it, which may send to this machine."""
    with open_parley(Settings(database_url=database, webhook_private=True)) as opened:
        record(opened, NEGOTIATION, SETTING)
        yield opened


@contextmanager
def sending(parley: Parley, **changes: Any) -> Iterator[Sender]:  # noqa: ANN401 - attributes.
    sender = sender_of(parley)
    sender.retries = QUICK
    for name, value in changes.items():
        setattr(sender, name, value)
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


def added(parley: Parley, receiver: Receiver, **asked: str | None) -> NewSecret:
    return webhooks.add(parley, receiver.url, WebhookFilter(**asked), after="0")


def record_more(parley: Parley, many: int) -> list[int]:
    bodies = [pledge(f"steel-{next(_numbers)}") for _ in range(many)]
    return [r.position for r in record(parley, NEGOTIATION, bodies).receipts]


def positions(deliveries: list[Delivery], secret: str) -> list[int]:
    return [int(each.verified(secret)["sequence"]) for each in deliveries]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("it never came to be so")
        time.sleep(0.01)


def outcomes(parley: Parley, new: NewSecret) -> list[str]:
    """What the delivery log says, oldest first."""
    told = webhooks.attempts(parley, new.webhook.id, 1_000).attempts
    return [each.outcome for each in told[::-1]]


def test_every_entry_comes_once_in_order_and_signed(parley: Parley) -> None:
    with receiving() as receiver, sending(parley) as sender:
        new = added(parley, receiver)
        sender.wake()
        old = receiver.take(SIZE)
        assert positions(old, new.secret) == list(range(1, SIZE + 1))
        more = record_more(parley, 15)
        assert positions(receiver.take(15), new.secret) == more
        (first, *_) = old
        assert first.path == "/hook?of=test"
        assert first.headers["content-type"] == "application/cloudevents+json"
        assert first.headers["webhook-id"] == first.verified(new.secret)["id"]
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        assert set(outcomes(parley, new)) == {"taken"}
        with pytest.raises(WebhookVerificationError):
            first.verified("whsec_" + "A" * 43 + "=")


def test_only_what_fits_is_sent_and_the_rest_is_passed(parley: Parley) -> None:
    with receiving() as receiver, sending(parley):
        new = added(parley, receiver, kind="pledge.made")
        record(parley, NEGOTIATION, statement())
        wanted = record_more(parley, 2)
        record(parley, NEGOTIATION, statement("toll-again"))
        assert positions(receiver.take(2), new.secret) == wanted
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        assert receiver.count == 2


def test_dates_say_what_fits_as_they_do_in_an_address(parley: Parley) -> None:
    record(parley, NEGOTIATION, [statement("old", "2025-03-02"), statement("new", "2025-03-04")])
    with receiving() as receiver, sending(parley):
        new = added(parley, receiver, kind="statement.made", **{"from": "2025-03-03"})
        assert positions(receiver.take(1), new.secret) == [SIZE + 2]
        other = added(parley, receiver, kind="statement.made", to="2025-03-03")
        assert positions(receiver.take(1), other.secret) == [SIZE + 1]
        until(lambda: all(each.behind == 0 for each in webhooks.webhooks(parley).webhooks))
        assert receiver.count == 2


@pytest.mark.parametrize(
    ("status", "outcome"), [(500, "refused"), (404, "refused"), (302, "redirected")]
)
def test_what_is_not_taken_is_sent_again_before_anything_else(
    parley: Parley, status: int, outcome: str
) -> None:
    def answer(number: int) -> int:
        return status if number in {2, 3} else 200

    with receiving(answer) as receiver, sending(parley):
        receiver.headers["Location"] = f"{receiver.url}/elsewhere"
        new = added(parley, receiver)
        came = receiver.take(SIZE + 2)
        # The second is tried three times; nothing overtakes it, and nobody follows the redirect.
        assert positions(came, new.secret) == [1, 2, 2, *range(2, SIZE + 1)]
        assert len({each.headers["webhook-id"] for each in came[1:4]}) == 1
        assert {each.path for each in came} == {"/hook?of=test"}
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        told = outcomes(parley, new)
        assert told == ["taken", outcome, outcome, *["taken"] * (SIZE - 1)]


def test_one_that_hangs_is_given_up_for_the_moment_and_holds_nobody_else_up(
    parley: Parley,
) -> None:
    with (
        receiving(lambda number: HANG if number == 1 else 200) as slow,
        receiving() as other,
        sending(parley, patience=1.0),
    ):
        hung, quick = added(parley, slow), added(parley, other)
        assert positions(other.take(SIZE), quick.secret) == list(range(1, SIZE + 1))
        assert positions(slow.take(SIZE + 1), hung.secret) == [1, *range(1, SIZE + 1)]
        assert outcomes(parley, hung)[0] == "silent"


def test_one_that_answers_410_is_sent_nothing_more_until_a_person_says(parley: Parley) -> None:
    with receiving(lambda number: 410 if number == 1 else 200) as receiver, sending(parley):
        new = added(parley, receiver)
        receiver.take(1)
        until(lambda: webhooks.webhook(parley, new.webhook.id).state == "disabled")
        told = webhooks.webhook(parley, new.webhook.id)
        assert told.reason == "it answered 410: it wants no more"
        assert outcomes(parley, new) == ["gone"]
        webhooks.resume(parley, new.webhook.id)
        assert positions(receiver.take(SIZE), new.secret) == list(range(1, SIZE + 1))


def test_while_it_is_paused_entries_wait(parley: Parley) -> None:
    with receiving() as receiver, sending(parley) as sender:
        new = added(parley, receiver)
        receiver.take(SIZE)
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        webhooks.pause(parley, new.webhook.id)
        more = record_more(parley, 3)
        sender.wake()
        other = added(parley, receiver, kind="pledge.made")
        assert positions(receiver.take(3), other.secret) == more
        webhooks.resume(parley, new.webhook.id)
        assert positions(receiver.take(3), new.secret) == more


def test_what_was_sent_is_sent_again_from_a_position_on(parley: Parley) -> None:
    with receiving() as receiver, sending(parley):
        new = added(parley, receiver)
        first = receiver.take(SIZE)
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        webhooks.resume(parley, new.webhook.id, after="1.3")
        again = receiver.take(SIZE - 3)
        assert positions(again, new.secret) == list(range(4, SIZE + 1))
        assert [d.headers["webhook-id"] for d in again] == [
            d.headers["webhook-id"] for d in first[3:]
        ]


def test_while_a_secret_is_rotated_both_are_good(parley: Parley) -> None:
    with receiving() as receiver, sending(parley):
        new = added(parley, receiver)
        receiver.take(SIZE)
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        later = webhooks.rotate(parley, new.webhook.id)
        assert later.secret != new.secret
        record_more(parley, 1)
        (both,) = receiver.take(1)
        assert both.verified(new.secret) == both.verified(later.secret)
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        last = webhooks.rotate(parley, new.webhook.id, overlap=0)
        record_more(parley, 1)
        (one,) = receiver.take(1)
        assert one.verified(last.secret)
        with pytest.raises(WebhookVerificationError):
            one.verified(later.secret)


def test_two_processes_send_each_entry_once(parley: Parley) -> None:
    with receiving() as receiver, sending(parley), sending(parley):
        new = added(parley, receiver)
        expected = SIZE
        for _ in range(5):
            expected += len(record_more(parley, 4))
        came = receiver.take(expected)
        assert positions(came, new.secret) == list(range(1, expected + 1))
        until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
        assert receiver.count == expected


@pytest.mark.parametrize(
    ("kind", "writes"),
    [pytest.param(None, 1 + SIZE + 2, id="all"), pytest.param("pledge.withdrawn", 1, id="nothing")],
)
def test_a_turn_writes_what_became_of_each_attempt_and_little_else(
    parley: Parley, kind: str | None, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning and its end; those that want nothing are moved on all at once."""
    written: list[object] = []

    def counted(engine: Engine) -> AbstractContextManager[Connection]:
        written.append(engine)
        return transaction(engine)

    with receiving() as receiver:
        added(parley, receiver, kind=kind)
        for _ in range(3):
            added(parley, receiver, kind="pledge.withdrawn")
        monkeypatch.setattr(store, "transaction", counted)
        with sending(parley):
            until(lambda: not any(each.behind for each in webhooks.webhooks(parley).webhooks))
    assert len(written) == writes


def test_a_lease_outlasts_a_turn_and_its_last_delivery() -> None:
    assert LEASE > SENDING + LOOK_UP + 2 * ANSWER_TIME


def test_an_error_of_ours_is_told_with_its_webhook_and_not_repeated_at_once(
    parley: Parley, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def planted(kept: str) -> Filter:
        raise RuntimeError(f"planted in {kept}")

    now = parley.clock()
    monkeypatch.setattr("app.feed.filter_of", planted)
    with receiving() as receiver:
        new = added(parley, receiver)
        with sending(replace(parley, clock=lambda: now)):
            until(lambda: webhooks.webhook(parley, new.webhook.id).next_attempt_at is not None)
    (stored,) = store.every(parley.ledger.engine)
    assert stored.next_at == now + int(ERROR_WAIT * SECOND)
    assert f"webhook {new.webhook.id} failed" in caplog.text
    assert caplog.text.count("RuntimeError: planted") == 1


def test_what_a_killed_sender_held_is_taken_over_when_its_lease_is_over(parley: Parley) -> None:
    now = [parley.clock()]
    held = now[0] + 60 * SECOND
    with receiving() as receiver, receiving() as other:
        new = added(parley, receiver)
        store.change(parley.ledger.engine, new.webhook.id, {"sender": "dead", "sender_until": held})
        free = added(parley, other)
        with sending(replace(parley, clock=lambda: now[0])) as sender:
            assert positions(other.take(SIZE), free.secret) == list(range(1, SIZE + 1))
            assert receiver.count == 0
            now[0] = held + 1
            sender.wake()
            assert positions(receiver.take(SIZE), new.secret) == list(range(1, SIZE + 1))


def test_a_clock_that_was_set_back_holds_nobody_up(parley: Parley) -> None:
    ahead = parley.clock() + 2 * DAY
    with receiving() as receiver:
        new = added(parley, receiver)
        left = {"sender": "dead", "sender_until": ahead, "failing_since": ahead, "next_at": ahead}
        store.change(parley.ledger.engine, new.webhook.id, left)
        with sending(parley):
            assert positions(receiver.take(SIZE), new.secret) == list(range(1, SIZE + 1))


def test_one_whose_name_leads_to_a_private_address_misses_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to = ["10.0.0.1"]
    connect = socket.socket.connect

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        assert host == NAME
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (leads_to[0], port))]

    with receiving() as receiver, open_parley(Settings(database_url=database)) as parley:
        where = urlsplit(receiver.url)

        def lead(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the library has it.
            connect(self, (where.hostname, where.port) if address[0] == "1.1.1.1" else address)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket.socket, "connect", lead)
        monkeypatch.setattr(posting, "_tls", Plain)
        record(parley, NEGOTIATION, SETTING)
        new = webhooks.add(parley, f"https://{NAME}/hook", WebhookFilter(), after="0")
        with sending(parley):
            until(lambda: len(outcomes(parley, new)) >= 2)
            assert (receiver.count, webhooks.webhook(parley, new.webhook.id).cursor) == (0, "1.0")
            leads_to[0] = "1.1.1.1"
            assert positions(receiver.take(SIZE), new.secret) == list(range(1, SIZE + 1))
            until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
    told = outcomes(parley, new)
    assert set(told[:-SIZE]) == {"forbidden"}
    assert told[-SIZE:] == ["taken"] * SIZE


def test_a_sender_that_comes_after_goes_on_where_the_last_one_was(parley: Parley) -> None:
    with receiving(lambda number: 200 if number != 4 else 500) as receiver:
        new = added(parley, receiver)
        with sending(parley, retries=(3_600.0,)):
            receiver.take(4)
        told = webhooks.webhook(parley, new.webhook.id)
        assert (told.cursor, told.failures) == ("1.3", 1)
        assert told.next_attempt_at is not None
        webhooks.resume(parley, new.webhook.id)
        with sending(parley):
            assert positions(receiver.take(SIZE - 3), new.secret) == list(range(4, SIZE + 1))


def test_one_that_was_removed_is_sent_nothing(parley: Parley) -> None:
    with receiving() as receiver, sending(parley):
        new = added(parley, receiver)
        receiver.take(SIZE)
        webhooks.remove(parley, new.webhook.id)
        assert webhooks.webhooks(parley).webhooks == ()
        with pytest.raises(NotFound):
            webhooks.attempts(parley, new.webhook.id, 1)
        with pytest.raises(NotFound):
            webhooks.remove(parley, new.webhook.id)
