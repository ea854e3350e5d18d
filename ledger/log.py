"""The ledger: the one object through which the rooms above write and read the log."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from threading import Event
from typing import ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.utils import Environment, EnvType
from sqlalchemy import Engine

from domain.entry import Draft, Entry
from domain.errors import NotFound, ParleyError
from ledger.database import LOCK_TIMEOUT
from ledger.factory import DATABASE_URL, LOCK_TIMEOUT_SETTING, Factory, system_clock, system_nonce
from ledger.filter import EVERYTHING, Filter, Moment, Page, TimePage
from ledger.following import POLL, follow
from ledger.reading import PAGE, LastImport, Leaf, Reader, StreamHead
from ledger.ticket import IdempotencyKey, Receipt, Ticket
from ledger.transaction import Head

BULK = 1_000
"""Events of one transaction of a bulk import."""


class Ledger(Application[str]):
    """The log of one database: append, read, follow.

    `clock` gives microseconds since the epoch in UTC, `nonce` 16 random bytes,
    `lock_timeout` is in seconds. Raises InvalidInput for a URL that is no
    database's, DatabaseGone, DatabaseBehind, DatabaseAhead and UnsafeDurability.
    """

    factory: Factory
    env: ClassVar[dict[str, str]] = {
        "PERSISTENCE_MODULE": "ledger.factory:Factory",
        "MAPPER_TOPIC": "ledger.mapper:LeafMapper",
    }

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], int] = system_clock,
        nonce: Callable[[], bytes] = system_nonce,
        lock_timeout: float = LOCK_TIMEOUT,
    ) -> None:
        self._clock, self._nonce = clock, nonce
        super().__init__({DATABASE_URL: url, LOCK_TIMEOUT_SETTING: str(lock_timeout)})
        self._reader = Reader(self.factory.engine)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """The settings of the library; the process's environment does not replace ours."""
        settings = super().construct_env(name, env)
        settings.update(type(self).env)
        return settings

    def construct_factory(self, env: Environment) -> Factory:
        """The factory that PERSISTENCE_MODULE names, with this ledger's clock and nonces."""
        factory = super().construct_factory(env)
        if not isinstance(factory, Factory):
            raise TypeError("PERSISTENCE_MODULE has to name ledger.factory:Factory or a kind of it")
        factory.clock, factory.nonce = self._clock, self._nonce
        return factory

    def append(
        self, drafts: Sequence[Draft], *, key: IdempotencyKey | None = None
    ) -> tuple[Receipt, ...]:
        """Record all drafts or none; durable when it returns.

        A key that was used for the same digest gives back what was recorded
        then. Raises VersionConflict, DuplicateId, KeyConflict, InvalidInput,
        TooLarge, ClockSetBack and what the database refuses.
        """
        if not drafts:
            return ()
        ticket = Ticket(key=key, drafts=drafts, encode=self.mapper.to_stored_event)
        return self.factory.appender.submit(ticket)

    def append_bulk(
        self,
        drafts: Iterable[Draft],
        batch: int = BULK,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Record many drafts, `batch` of them in each transaction; returns how many.

        `progress` is told the number recorded so far after each. A refusal stops
        the import; what was reported before it stays recorded.
        """
        waiting = iter(drafts)
        recorded = 0
        while encoded := list(map(self.mapper.to_stored_event, islice(waiting, batch))):
            self.recorder.insert_events(encoded)
            recorded += len(encoded)
            if progress is not None:
                progress(recorded)
        return recorded

    def seal(self, refusal: ParleyError | None) -> None:
        """Refuse to record with this refusal from now on, or with None record again.

        Only this process is meant; whatever else goes on with the log is not asked.
        """
        self.factory.appender.seal(refusal)

    @property
    def engine(self) -> Engine:
        """The database of the log, for the read models that stand beside it."""
        return self.factory.engine

    def head(self) -> Head:
        """Where the log ends: its size, the last recorded time and the root of its tree."""
        return self._reader.head()

    def entry(self, position: int) -> Entry:
        """The entry at a position; raises NotFound."""
        return self._reader.entry(position)

    def holds(self, entry: Entry) -> bool:
        """Whether an entry that was read still has its place.

        In an older copy, put in place and grown since, another one has it. Raises NotFound
        where the log ends before it.
        """
        return self.entry(entry.position).id == entry.id

    def by_id(self, event_id: UUID) -> Entry:
        """The entry with an id; raises NotFound."""
        try:
            return self._reader.by_ids([event_id])[event_id]
        except KeyError:
            raise NotFound.of(
                "id", f"the log has no entry {event_id}", "name an entry that the log holds"
            ) from None

    def by_ids(self, ids: Iterable[UUID]) -> dict[UUID, Entry]:
        """The entries with these ids; those the log does not hold are left out."""
        return self._reader.by_ids(ids)

    def stream(self, name: str, upto: int | None = None) -> tuple[Entry, ...]:
        """The entries of one stream in order, as far as position `upto`."""
        return self._reader.stream(name, upto)

    def entries(
        self,
        after: int = 0,
        upto: int | None = None,
        where: Filter = EVERYTHING,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Every entry that fits, in log order; ends at today's head."""
        return self._reader.entries(after, upto, where, limit)

    def page(
        self,
        where: Filter = EVERYTHING,
        *,
        after: int = 0,
        upto: int | None = None,
        limit: int = PAGE,
        newest_first: bool = False,
    ) -> Page:
        """Up to `limit` entries that fit, in log order; see `Reader.page`."""
        return self._reader.page(
            where, after=after, upto=upto, limit=limit, newest_first=newest_first
        )

    def time_page(
        self,
        where: Filter,
        *,
        after: Moment | None = None,
        upto: int | None = None,
        limit: int = PAGE,
    ) -> TimePage:
        """Up to `limit` entries that lie in the filter's window, by when they can have begun."""
        return self._reader.time_page(where, after=after, upto=upto, limit=limit)

    def leaves(self, after: int = 0, upto: int | None = None) -> Iterator[Leaf]:
        """The stored bytes of the entries after a position."""
        return self._reader.leaves(after, upto)

    def leaves_at(self, positions: Sequence[int]) -> dict[int, Leaf]:
        """The stored bytes of some entries, by position."""
        return self._reader.leaves_at(positions)

    def holding(
        self,
        texts: Sequence[str],
        after: int = 0,
        upto: int | None = None,
        negotiation: str | None = None,
    ) -> Iterator[Entry]:
        """The entries whose leaf holds any of a few texts, found by the database."""
        return self._reader.holding(texts, after, upto, negotiation)

    def existing_streams(self, names: Iterable[str]) -> dict[str, int]:
        """The version each of these streams stands at; those that do not exist are left out."""
        return self._reader.existing_streams(names)

    def stream_heads(self, names: Iterable[str]) -> dict[str, StreamHead]:
        """Where each of these streams stands; those that do not exist are left out."""
        return self._reader.stream_heads(names)

    def position_at(self, instant: int) -> int:
        """The last position recorded at or before an instant (microseconds, UTC); 0 if none."""
        return self._reader.position_at(instant)

    def receipts(self, key: IdempotencyKey) -> tuple[Receipt, ...] | None:
        """What was recorded under a key; None if it is new. Raises KeyConflict."""
        return self._reader.receipts(key)

    def imports(self, scope: str, source_format: str) -> dict[str, LastImport]:
        """What was imported from a format into a negotiation or the commons, by key."""
        return self._reader.imports(scope, source_format)

    def follow(
        self,
        after: int = 0,
        where: Filter = EVERYTHING,
        *,
        stop: Event | None = None,
        limit: int = PAGE,
        poll: float = POLL,
    ) -> Generator[Page, None, None]:
        """Pages of what fits after a position, until `stop` is set or the log ends before it.

        A page without entries says how far the log was searched. `poll` is the
        longest time in seconds that a lost hint can delay news.
        """

        def read(position: int) -> tuple[Page, int]:
            page = self._reader.page(where, after=position, limit=limit)
            if page.scanned_to > position:
                return page, page.scanned_to
            # What has come since the page was read is left to the next one.
            return page, min(position, self.head().size)

        engine, signal = self.factory.engine, self.factory.signal
        return follow(read, engine, signal, after=after, stop=stop or Event(), poll=poll)

    def sizes(
        self, after: int = 0, *, stop: Event, poll: float = POLL
    ) -> Generator[int, None, None]:
        """The size of the log whenever it is more than it was; ends when `stop` is set."""

        def read(position: int) -> tuple[int, int]:
            size = self.head().size
            return size, max(position, size)

        engine, signal = self.factory.engine, self.factory.signal
        return follow(read, engine, signal, after=after, stop=stop, poll=poll)
