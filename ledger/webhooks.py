"""Webhooks as they are kept: where entries are sent to, how far each has come, what was tried.

They are no part of the record, and no event says anything of them. One process at a
time sends to a receiver: it holds the row by a lease, changes it only as long as it
does, and goes on only as long as nobody else has moved it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Engine, Row, bindparam, delete, func, insert, or_, select, update

from ledger.database import snapshot, transaction
from ledger.faults import as_refusals
from ledger.tables import webhook_attempts, webhooks

State: TypeAlias = Literal["active", "paused", "disabled"]
"""What a webhook can be: sent to, stopped by a person, stopped because it failed."""
ACTIVE: Final = "active"
PAUSED: Final = "paused"
DISABLED: Final = "disabled"
KEPT = 1_000
"""Attempts that are kept of each webhook; the oldest go first."""

w = webhooks.c
a = webhook_attempts.c


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """A row; times are in microseconds since the epoch, UTC."""

    id: str
    url: str
    filter: str
    note: str | None
    secret: str = field(repr=False)
    former_secret: str | None = field(repr=False)
    former_until: int | None
    created_at: int
    created_by: str
    position: int
    state: State
    reason: str | None
    failures: int
    failing_since: int | None
    next_at: int
    attempts: int


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt to send an entry: `status` is None where there was no answer."""

    number: int
    position: int
    at: int
    outcome: str
    status: int | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Lease:
    """Who sends, from when until when.

    A lease that ends later than twice as long from now, or an attempt that is put off beyond
    `latest`, was written by a clock that has been set back since, and does not count.
    """

    sender: str
    now: int
    until: int
    latest: int


def add(engine: Engine, webhook: StoredWebhook) -> None:
    """Keep a new one."""
    values = {name: getattr(webhook, name) for name in StoredWebhook.__slots__}
    with as_refusals(), transaction(engine) as connection:
        connection.execute(insert(webhooks), {**values, "sender": None, "sender_until": 0})


def every(engine: Engine) -> tuple[StoredWebhook, ...]:
    """Every one, oldest first."""
    with as_refusals(), snapshot(engine) as connection:
        return tuple(map(_webhook, connection.execute(_SELECT.order_by(w.created_at, w.id))))


def by_id(engine: Engine, webhook_id: str) -> StoredWebhook | None:
    """The one with an id; None if there is none."""
    with as_refusals(), snapshot(engine) as connection:
        row = connection.execute(_SELECT.where(w.id == webhook_id)).one_or_none()
    return None if row is None else _webhook(row)


def due(engine: Engine, lease: Lease, size: int) -> tuple[StoredWebhook, ...]:
    """Those that are behind and that nobody else sends to, by how far they have come."""
    waiting = _SELECT.where(w.position < size, _open(lease))
    with as_refusals(), snapshot(engine) as connection:
        return tuple(map(_webhook, connection.execute(waiting.order_by(w.position, w.id))))


def pass_over(engine: Engine, those: Sequence[StoredWebhook], lease: Lease, position: int) -> None:
    """Move on those that want nothing of what lies before a position, unless somebody has."""
    there = (w.id == bindparam("webhook")) & (w.position == bindparam("was")) & _open(lease)
    moved = update(webhooks).where(there).values(position=position)
    rows = [{"webhook": each.id, "was": each.position} for each in those]
    with as_refusals(), transaction(engine) as connection:
        connection.execute(moved, rows)


def claim(engine: Engine, webhook_id: str, lease: Lease) -> StoredWebhook | None:
    """Hold one for some time; None if it is not to be sent to, or not now."""
    held = {"sender": lease.sender, "sender_until": lease.until}
    with as_refusals(), transaction(engine) as connection:
        # Another process may have tried, and put off the next attempt, since this one looked.
        mine = update(webhooks).where(w.id == webhook_id, _open(lease)).values(held)
        if not connection.execute(mine).rowcount:
            return None
        return _webhook(connection.execute(_SELECT.where(w.id == webhook_id)).one())


def as_it_was(engine: Engine, webhook: StoredWebhook, sender: str) -> StoredWebhook | None:
    """One that is held, with the secrets of now; None if somebody has changed it meanwhile."""
    with as_refusals(), snapshot(engine) as connection:
        row = connection.execute(_SELECT.where(_unchanged(webhook, sender))).one_or_none()
    return None if row is None else _webhook(row)


def release(engine: Engine, webhook_id: str, sender: str) -> None:
    """Let another process have it."""
    mine = (w.id == webhook_id) & (w.sender == sender)
    with as_refusals(), transaction(engine) as connection:
        connection.execute(update(webhooks).where(mine).values(sender=None, sender_until=0))


def put_off(engine: Engine, webhook_id: str, sender: str, next_at: int) -> None:
    """Have one that is held wait until then; one that somebody has taken over is left alone."""
    mine = (w.id == webhook_id) & (w.sender == sender)
    with as_refusals(), transaction(engine) as connection:
        connection.execute(update(webhooks).where(mine).values(next_at=next_at))


def move(engine: Engine, webhook: StoredWebhook, sender: str, position: int) -> bool:
    """Go past entries that do not fit; False if somebody has changed the row meanwhile."""
    with as_refusals(), transaction(engine) as connection:
        unchanged = _unchanged(webhook, sender)
        done = connection.execute(update(webhooks).where(unchanged).values(position=position))
        return bool(done.rowcount)


def tell(
    engine: Engine,
    webhook: StoredWebhook,
    sender: str,
    attempt: StoredAttempt,
    changes: dict[str, Any],
) -> bool:
    """Keep what became of an attempt; False if somebody has taken or moved the row meanwhile.

    The attempt is kept in any case, for it was made.
    """
    with as_refusals(), transaction(engine) as connection:
        numbered = update(webhooks).where(w.id == webhook.id).values(attempts=w.attempts + 1)
        if not connection.execute(numbered).rowcount:
            return False
        number = connection.scalar(select(w.attempts).where(w.id == webhook.id)) or 0
        row = {name: getattr(attempt, name) for name in StoredAttempt.__slots__}
        row |= {"webhook": webhook.id, "number": number}
        connection.execute(insert(webhook_attempts), row)
        old = (a.webhook == webhook.id) & (a.number <= number - KEPT)
        connection.execute(delete(webhook_attempts).where(old))
        # Whoever paused it meanwhile has had this entry sent all the same.
        held = _held(webhook, sender)
        return bool(connection.execute(update(webhooks).where(held).values(changes)).rowcount)


def change(engine: Engine, webhook_id: str, changes: dict[str, Any]) -> bool:
    """Change one as a person wants it; False if there is none with this id."""
    with as_refusals(), transaction(engine) as connection:
        done = connection.execute(update(webhooks).where(w.id == webhook_id).values(changes))
        return bool(done.rowcount)


def remove(engine: Engine, webhook_id: str) -> bool:
    """Remove one with its delivery log; False if there is none with this id."""
    with as_refusals(), transaction(engine) as connection:
        # In this order, so that whoever is just telling of an attempt is waited for.
        done = connection.execute(delete(webhooks).where(w.id == webhook_id))
        connection.execute(delete(webhook_attempts).where(a.webhook == webhook_id))
        return bool(done.rowcount)


def attempts(engine: Engine, webhook_id: str, limit: int) -> tuple[StoredAttempt, ...]:
    """The last attempts, newest first."""
    found = select(*(a[name] for name in StoredAttempt.__slots__)).where(a.webhook == webhook_id)
    with as_refusals(), snapshot(engine) as connection:
        rows = connection.execute(found.order_by(a.number.desc()).limit(limit))
        return tuple(StoredAttempt(*row) for row in rows)


def count(engine: Engine) -> int:
    """How many there are."""
    with as_refusals(), snapshot(engine) as connection:
        return connection.scalar(select(func.count()).select_from(webhooks)) or 0


def _open(lease: Lease) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy's.
    """Whether it is time for one, and nobody else has it."""
    is_time = or_(w.next_at <= lease.now, w.next_at > lease.latest)
    # A lease that was taken a moment after `now` was read, or by a clock a little ahead of
    # this one, ends later than this would: it counts.
    latest_end = lease.until + (lease.until - lease.now)
    is_over = or_(w.sender_until < lease.now, w.sender_until > latest_end)
    is_free = or_(w.sender == lease.sender, w.sender.is_(None), is_over)
    return (w.state == ACTIVE) & is_time & is_free


def _unchanged(webhook: StoredWebhook, sender: str) -> Any:  # noqa: ANN401 - as above.
    return _held(webhook, sender) & (w.state == ACTIVE)


def _held(webhook: StoredWebhook, sender: str) -> Any:  # noqa: ANN401 - as above.
    return (w.id == webhook.id) & (w.sender == sender) & (w.position == webhook.position)


def _webhook(row: Row[Any]) -> StoredWebhook:
    values: tuple[Any, ...] = tuple(row)
    return StoredWebhook(*values)


_SELECT = select(*(w[name] for name in StoredWebhook.__slots__))
