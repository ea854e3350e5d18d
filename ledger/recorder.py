"""The recorder that the library talks to, over our own appender and tables."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)
from sqlalchemy import ColumnElement, Engine, select

from domain.errors import Conflict
from ledger.appender import Appender
from ledger.faults import as_refusals, headless
from ledger.following import Follower
from ledger.mapper import StoredDraft
from ledger.reading import check_run
from ledger.signal import Signal
from ledger.tables import events, log_head
from ledger.ticket import Ticket


class Recorder(ApplicationRecorder):
    """Appends through the process's appender, reads by stream and by position.

    Events that carry an envelope (`StoredDraft`) are completed and refuse with
    Parley's own conflicts; opaque events are stored as they come and conflict
    with the library's IntegrityError, as its protocol asks.
    """

    def __init__(self, engine: Engine, appender: Appender, signal: Signal) -> None:
        self._engine = engine
        self._appender = appender
        self._signal = signal

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Record all or none; the positions, durable on return."""
        del kwargs
        if not stored_events:
            return None
        try:
            receipts = self._appender.submit(Ticket(stored_events))
        except Conflict as conflict:
            if all(isinstance(event, StoredDraft) for event in stored_events):
                raise
            raise IntegrityError(str(conflict)) from conflict
        return [receipt.position for receipt in receipts]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream with versions above `gt` and up to `lte`."""
        e = events.c
        statement = select(e.stream, e.version, e.kind, e.leaf).where(
            e.stream == str(originator_id)
        )
        if gt is not None:
            statement = statement.where(e.version > gt)
        if lte is not None:
            statement = statement.where(e.version <= lte)
        statement = statement.order_by(e.version.desc() if desc else e.version)
        if limit is not None:
            statement = statement.limit(limit)
        with as_refusals(), self._engine.connect() as connection:
            return [StoredEvent(*row) for row in connection.execute(statement)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events in log order from `start` to `stop`, at most `limit`."""
        e = events.c
        where: list[ColumnElement[bool]] = []
        if start is not None:
            where.append(e.position >= start if inclusive_of_start else e.position > start)
        if stop is not None:
            where.append(e.position <= stop)
        if topics:
            where.append(e.kind.in_(topics))
        statement = (
            select(e.stream, e.version, e.kind, e.leaf, e.position)
            .where(*where)
            .order_by(e.position)
            .limit(limit)
        )
        with as_refusals(), self._engine.connect() as connection:
            found = [Notification(*row) for row in connection.execute(statement)]
        if found and start is not None and not topics:
            first = max(1, start if inclusive_of_start else start + 1)
            check_run([each.id for each in found], first, first + len(found) - 1)
        return found

    def max_notification_id(self) -> int | None:
        """The last position; None for an empty log."""
        with as_refusals(), self._engine.connect() as connection:
            size: int | None = connection.execute(select(log_head.c.size)).scalar_one_or_none()
        if size is None:
            raise headless()
        return size or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Every event after `gt`, for ever; one thread reads, the caller's own."""
        return Follower(self, gt=gt, topics=topics, engine=self._engine, signal=self._signal)


class StreamRecorder(AggregateRecorder):
    """The same log seen as streams alone: no positions are given back."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> None:
        """Record all or none."""
        self._recorder.insert_events(stored_events, **kwargs)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream with versions above `gt` and up to `lte`."""
        return self._recorder.select_events(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)
