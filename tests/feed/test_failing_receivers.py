"""Receivers that fail for long, say when to come back, or are paused while something is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest

from app import webhooks
from app.parley import Parley, open_parley
from app.record import record
from app.settings import Settings
from feed.limits import DISABLED_AFTER
from feed.sender import SECOND, Sender
from ledger import webhooks as store
from tests.app.bodies import NEGOTIATION, SETTING
from tests.feed.receivers import PATIENCE, Receiver, receiving
from tests.feed.test_sender import SIZE, added, outcomes, positions, sending, until


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    """Parley on a log with the bridge talks in it, which may send to this machine."""
    with open_parley(Settings(database_url=database, webhook_private=True)) as opened:
        record(opened, NEGOTIATION, SETTING)
        yield opened


def tried(sender: Sender, receiver: Receiver, times: int = 2) -> None:
    """Wait for so many more attempts."""
    due = receiver.count + times

    def is_done() -> bool:
        sender.wake()
        return receiver.count >= due

    until(is_done)


def test_one_that_fails_for_five_days_without_a_break_is_given_up_and_misses_nothing(
    parley: Parley,
) -> None:
    now, status = [parley.clock()], [500]
    nearly = int(DISABLED_AFTER * SECOND) - 1
    with receiving(lambda _: status[0]) as receiver:
        new = added(parley, receiver)
        at_any_time = replace(parley, clock=lambda: now[0])
        with sending(at_any_time, retries=(0.0,)) as sender:
            tried(sender, receiver)
            now[0] += nearly
            tried(sender, receiver)
            assert webhooks.webhook(parley, new.webhook.id).state == "active"
            # One that is taken begins the five days anew.
            status[0] = 204
            until(lambda: webhooks.webhook(parley, new.webhook.id).behind == 0)
            status[0] = 500
            webhooks.resume(parley, new.webhook.id, after="0")
            now[0] += 10 * SECOND
            tried(sender, receiver)
            now[0] += nearly
            tried(sender, receiver)
            assert webhooks.webhook(parley, new.webhook.id).state == "active"
            now[0] += 2
            until(lambda: webhooks.webhook(parley, new.webhook.id).state == "disabled")
        told = webhooks.webhook(parley, new.webhook.id)
        assert told.reason == "it failed for 5 days; at last it answered with another status"
        status[0] = 200
        webhooks.resume(parley, new.webhook.id)
        receiver.came.queue.clear()
        with sending(parley):
            assert positions(receiver.take(SIZE), new.secret) == list(range(1, SIZE + 1))


def test_one_that_says_when_to_come_back_is_left_until_then(parley: Parley) -> None:
    now = parley.clock()
    with receiving(lambda _: 503) as receiver:
        receiver.headers["Retry-After"] = "3000"
        added(parley, receiver)
        with sending(replace(parley, clock=lambda: now)) as sender:
            tried(sender, receiver, 1)
            until(lambda: store.every(parley.ledger.engine)[0].failures == 1)
        assert store.every(parley.ledger.engine)[0].next_at == now + 3_000 * SECOND
        assert receiver.count == 1


def test_what_was_on_its_way_when_it_was_paused_is_not_sent_again(parley: Parley) -> None:
    arrived, may_answer = Event(), Event()

    def slowly(number: int) -> int:
        if number == 2:
            arrived.set()
            may_answer.wait(PATIENCE)
        return 204

    with receiving(slowly) as receiver:
        new = added(parley, receiver)
        with sending(parley):
            assert arrived.wait(PATIENCE)
            webhooks.pause(parley, new.webhook.id)
            may_answer.set()
            until(lambda: len(outcomes(parley, new)) == 2)
            webhooks.resume(parley, new.webhook.id)
            assert positions(receiver.take(SIZE), new.secret) == list(range(1, SIZE + 1))
