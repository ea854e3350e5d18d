"""The sender of webhooks: a follower of the log for each receiver, with a position that is kept.

Entries go to a receiver one after the other, in the order of the log, and the next
one only when the last was taken. A position moves on when the receiver has answered,
so an entry may be sent twice but none is left out; its id stays the same.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from threading import Event, Thread
from typing import Any

from standardwebhooks import Webhook

from domain.entry import Entry
from domain.errors import Unavailable
from feed.limits import (
    ANSWER_TIME,
    DISABLED_AFTER,
    ERROR_WAIT,
    FEW,
    JITTER,
    LEASE,
    LONGEST_WAIT,
    PAGE,
    RETRIES,
    SENDER_POLL,
    SENDERS,
    SENDING,
)
from feed.posting import GONE, OUTCOMES, TAKEN, Posted, post
from ledger import webhooks as store
from ledger.filter import Filter
from ledger.fitting import fits
from ledger.log import Ledger
from ledger.webhooks import DISABLED, Lease, StoredAttempt, StoredWebhook

LOG = logging.getLogger("parley.webhooks")
SECOND = 1_000_000
"""Microseconds."""
CONTENT_TYPE = "application/cloudevents+json"

Encode = Callable[[Sequence[Entry]], list[bytes]]
"""Makes the bodies of entries."""


class Sender:
    """Sends to every webhook of a log; any number of processes may have one.

    `clock` gives microseconds since the epoch. With `private` also to this machine and
    its network.
    """

    retries: tuple[float, ...] = RETRIES
    patience = ANSWER_TIME
    disabled_after = DISABLED_AFTER

    def __init__(
        self,
        ledger: Ledger,
        encode: Encode,
        filter_of: Callable[[str], Filter],
        clock: Callable[[], int],
        *,
        agent: str,
        private: bool = False,
    ) -> None:
        self._ledger, self._encode, self._filter_of = ledger, encode, filter_of
        self._clock, self._agent, self._private = clock, agent, private
        self._name = secrets.token_hex(8)
        self._busy: dict[str, Future[None]] = {}
        self._stop, self._news = Event(), Event()
        self._thread = Thread(target=self._run, name="parley-webhooks", daemon=True)

    def start(self) -> None:
        """Begin, on threads of its own."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be something to be sent."""
        self._news.set()

    def stop(self) -> None:
        """End, when what is on its way has been answered."""
        self._stop.set()
        self._news.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="parley-webhook") as pool:
            is_away = False
            while not self._stop.is_set():
                self._news.clear()
                try:
                    self._begin(pool)
                    is_away = False
                except Unavailable as error:
                    if not is_away:
                        LOG.warning("webhooks wait for the log: %s", error)
                    is_away = True
                except Exception:
                    # Whatever it is must not end all that is still to be sent.
                    LOG.exception("webhooks failed")
                self._news.wait(SENDER_POLL)

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        """Begin with everyone who has something coming, and move on whoever wants none of it."""
        self._busy = {name: each for name, each in self._busy.items() if not each.done()}
        size, lease = self._ledger.head().size, self._lease()
        due = store.due(self._ledger.engine, lease, size)
        passed: list[StoredWebhook] = []
        for position, there in groupby(due, lambda each: each.position):
            page = self._ledger.page(after=position, upto=size, limit=PAGE)
            for webhook in there:
                if webhook.id in self._busy:
                    continue
                if page.scanned_to == size and not self._wants(webhook, page.entries):
                    passed.append(webhook)
                else:
                    self._busy[webhook.id] = pool.submit(self._serve, webhook.id)
        if passed:
            store.pass_over(self._ledger.engine, passed, lease, size)

    def _wants(self, webhook: StoredWebhook, entries: Sequence[Entry]) -> bool:
        """Whether any of it is to be sent: what concerns nobody is not to cost anybody a turn."""
        try:
            where = self._filter_of(webhook.filter)
            return any(fits(entry, where) for entry in entries)
        except Exception:  # noqa: BLE001 - it comes again in its turn, and is told of there.
            return True

    def _serve(self, name: str) -> None:
        """Give one its turn; what goes wrong is told with its name, for nobody waits for this."""
        try:
            self._have_turn(name)
        except Unavailable as error:
            LOG.warning("webhook %s waits for the log: %s", name, error)
        except Exception:
            LOG.exception("webhook %s failed", name)

    def _have_turn(self, name: str) -> None:
        webhook = store.claim(self._ledger.engine, name, self._lease())
        if webhook is None:
            return
        try:
            self._send_all(webhook)
        except Unavailable:
            raise
        except Exception:
            # Whatever it is, it would be so again at once.
            LOG.exception("webhook %s failed", name)
            later = self._clock() + int(ERROR_WAIT * SECOND)
            store.put_off(self._ledger.engine, name, self._name, later)
        finally:
            store.release(self._ledger.engine, name, self._name)

    def _send_all(self, webhook: StoredWebhook) -> None:
        """Send to one what there is for it, as long as it takes everything and has its turn."""
        end = time.monotonic() + SENDING
        while not self._is_over(end):
            size = self._ledger.head().size
            if webhook.position >= size:
                return
            where = self._filter_of(webhook.filter)
            page = self._ledger.page(where, after=webhook.position, upto=size, limit=FEW)
            for entry, body in zip(page.entries, self._encode(page.entries), strict=True):
                if self._is_over(end):
                    return
                # Somebody may have changed it since, or another process have taken it over.
                now = store.as_it_was(self._ledger.engine, webhook, self._name)
                if now is None or not self._attempt(now, entry, body):
                    return
                webhook = replace(webhook, position=entry.position)
            if page.scanned_to > webhook.position:
                if not store.move(self._ledger.engine, webhook, self._name, page.scanned_to):
                    return
                webhook = replace(webhook, position=page.scanned_to)

    def _is_over(self, end: float) -> bool:
        """Whether a turn is: the lease is for one, and one delivery more."""
        return self._stop.is_set() or time.monotonic() >= end

    def _lease(self) -> Lease:
        now = self._clock()
        latest = now + int(LONGEST_WAIT * (1 + JITTER) * SECOND)
        return Lease(self._name, now, now + int(LEASE * SECOND), latest)

    def _attempt(self, webhook: StoredWebhook, entry: Entry, body: bytes) -> bool:
        """Send an entry once, and keep what became of it; whether to go on with the next."""
        at, begun = self._clock(), time.monotonic()
        headers = self._headers(webhook, entry, body, at)
        posted = self._post(webhook.url, body, headers)
        took = round((time.monotonic() - begun) * 1_000)
        attempt = StoredAttempt(0, entry.position, at, posted.outcome, posted.status, took)
        changes = self._taken(entry) if posted.outcome == TAKEN else self._failed(webhook, posted)
        kept = store.tell(self._ledger.engine, webhook, self._name, attempt, changes)
        return kept and posted.outcome == TAKEN

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Posted:
        return post(url, body, headers, private=self._private, patience=self.patience)

    def _headers(
        self, webhook: StoredWebhook, entry: Entry, body: bytes, at: int
    ) -> dict[str, str]:
        """What Standard Webhooks asks for: an id, the time, and a signature by each good secret."""
        sent = datetime.fromtimestamp(at // SECOND, UTC)
        good = [webhook.secret]
        if webhook.former_secret is not None and at < (webhook.former_until or 0):
            good.append(webhook.former_secret)
        signed = (Webhook(each).sign(str(entry.id), sent, body.decode()) for each in good)
        return {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": self._agent,
            "webhook-id": str(entry.id),
            "webhook-timestamp": str(at // SECOND),
            "webhook-signature": " ".join(signed),
        }

    @staticmethod
    def _taken(entry: Entry) -> dict[str, Any]:
        return {"position": entry.position, "failures": 0, "failing_since": None, "next_at": 0}

    def _failed(self, webhook: StoredWebhook, posted: Posted) -> dict[str, Any]:
        """Try again later, or give it up."""
        now = self._clock()
        since = min(now, webhook.failing_since or now)
        wait = self.retries[min(webhook.failures, len(self.retries) - 1)]
        wait *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nothing depends on it.
        wait = max(wait, posted.retry_after)
        changes: dict[str, Any] = {
            "failures": webhook.failures + 1,
            "failing_since": since,
            "next_at": now + int(wait * SECOND),
        }
        if posted.outcome == GONE:
            return {**changes, "state": DISABLED, "reason": OUTCOMES[GONE]}
        if now - since > self.disabled_after * SECOND:
            days = f"{self.disabled_after / 86_400:g} days"
            reason = f"it failed for {days}; at last {OUTCOMES[posted.outcome]}"
            return {**changes, "state": DISABLED, "reason": reason}
        return changes
