"""Reading the log: where it stands, entries by position, id and stream, and filtered pages.

Every answer is of committed entries alone. Positions are gapless and assigned
in commit order, so whatever is not beyond the head is all there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, Executable, select
from sqlalchemy.exc import DBAPIError

from domain.entry import Entry
from domain.errors import NotFound
from ledger import queries
from ledger.faults import as_refusals, damaged, headless, missing
from ledger.filter import EVERYTHING, Filter, Moment, Page, TimePage
from ledger.lots import in_lots
from ledger.mapper import entry_of
from ledger.queries import Part
from ledger.statements import array_of, names_in, retracted_on, version_of
from ledger.tables import event_imports, events, idempotency_keys, log_head
from ledger.ticket import IdempotencyKey, Receipt
from ledger.transaction import Head, UsedKey

PAGE = 500
"""Entries of a page unless asked otherwise; of leaves of a kilobyte, half a megabyte."""
MAX_SEARCHED = 10_000
"""Rows that one page looks at before it comes back with less than it was asked for."""
T = TypeVar("T")

e = events.c


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry as it is stored: its position, its bytes and their hash."""

    position: int
    data: bytes
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class LastImport:
    """What an import key stands for: the entry it first made, and the digest it last brought."""

    id: UUID
    digest: str
    position: int


@dataclass(frozen=True, slots=True)
class StreamHead:
    """Where a stream stands: its last version, and whether anything on it was ever retracted."""

    version: int
    has_retractions: bool


class Reader:
    """Reads on connections of the engine's pool; safe to use from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        name = names_in(engine.dialect)
        # Built once: a record of one event asks it, and building it takes as long as the answer.
        self._stream_heads = select(name, version_of(name), retracted_on(name))

    def head(self) -> Head:
        """Where the log ends."""
        h = log_head.c
        rows = self._rows(select(h.size, h.recorded_at, h.frontier))
        return Head.read(rows[0] if rows else None)

    def leaves(self, after: int = 0, upto: int | None = None, page: int = PAGE) -> Iterator[Leaf]:
        """The stored bytes of entries `after` … `upto`, read in pages."""
        size = self._size()
        last = size if upto is None else min(upto, size)
        while after < last:
            rows = self._rows(
                select(e.position, e.leaf, e.leaf_hash)
                .where(e.position > after, e.position <= last)
                .order_by(e.position)
                .limit(page)
            )
            last_of_page = min(after + page, last)
            check_run([row[0] for row in rows], after + 1, last_of_page)
            yield from (Leaf(*row) for row in rows)
            after = last_of_page

    def leaves_at(self, positions: Sequence[int]) -> dict[int, Leaf]:
        """The stored bytes of some entries, by position; raises DatabaseDamaged if one is lost."""
        wanted = select(e.position, e.leaf, e.leaf_hash)
        rows = self._in_lots(positions, lambda lot: wanted.where(e.position.in_(lot)))
        found = {row[0]: Leaf(*row) for row in rows}
        if lost := set(positions) - found.keys():
            raise missing(min(lost))
        return found

    def entry(self, position: int) -> Entry:
        """The entry at a position; raises NotFound."""
        for (leaf,) in self._rows(select(e.leaf).where(e.position == position)):
            return entry_of(leaf, position)
        size = self._size()
        if 1 <= position <= size:
            raise missing(position)
        raise NotFound.of(
            "position",
            f"the log has no entry {position}; it ends at {size}",
            "choose a position that the log holds",
        )

    def by_ids(self, ids: Iterable[UUID]) -> dict[UUID, Entry]:
        """The entries with these ids; those the log does not hold are left out."""
        found = self._in_lots(
            [str(each) for each in ids], lambda lot: select(e.leaf).where(e.id.in_(lot))
        )
        entries = (entry_of(leaf) for (leaf,) in found)
        return {entry.id: entry for entry in entries}

    def stream(self, name: str, upto: int | None = None) -> tuple[Entry, ...]:
        """The entries of one stream in order, as far as position `upto`."""
        statement = select(e.version, e.leaf, e.position).where(e.stream == name)
        if upto is not None:
            statement = statement.where(e.position <= upto)
        rows = self._rows(statement.order_by(e.version))
        for version, row in enumerate(rows, start=1):
            if row[0] != version:
                raise damaged(f"version {version} of {name} is missing")
        return tuple(entry_of(leaf, position) for _, leaf, position in rows)

    def existing_streams(self, names: Iterable[str]) -> dict[str, int]:
        """The version each of these streams stands at; those that do not exist are left out."""
        return {name: head.version for name, head in self.stream_heads(names).items()}

    def stream_heads(self, names: Iterable[str]) -> dict[str, StreamHead]:
        """Where each of these streams stands; those that do not exist are left out."""
        asked = array_of(self._engine.dialect, list(names))
        rows = self._rows(self._stream_heads, {"names": asked})
        return {row[0]: StreamHead(row[1], bool(row[2])) for row in rows if row[1] is not None}

    def position_at(self, instant: int) -> int:
        """The last position recorded at or before an instant (microseconds, UTC); 0 if none.

        An append that is under way has taken its time already. An answer for an
        instant that the head has not passed may therefore still grow; one for a
        position never does.
        """
        return self._one(queries.last_until(instant))

    def receipts(self, key: IdempotencyKey) -> tuple[Receipt, ...] | None:
        """What was recorded under a key; None if it is new. Raises KeyConflict."""
        k = idempotency_keys.c
        for row in self._rows(
            select(k.digest, k.first, k.count).where(k.subject == key.subject, k.key == key.key)
        ):
            used = UsedKey(*row)
            key.match(used.digest)
            last = used.first + used.count - 1
            rows = self._rows(
                select(e.position, e.id, e.stream, e.version, e.recorded_at, e.leaf_hash)
                .where(e.position >= used.first, e.position <= last)
                .order_by(e.position)
            )
            return tuple(Receipt(*row) for row in rows)
        return None

    def imports(self, scope: str, source_format: str) -> dict[str, LastImport]:
        """What was imported from a format into a negotiation or the commons, by key."""
        i = event_imports.c
        rows = self._rows(
            select(i.key, e.id, i.digest, i.position)
            .join(events, e.position == i.position)
            .where(i.scope == scope, i.format == source_format)
            .order_by(i.key, i.position)
        )
        found: dict[str, LastImport] = {}
        for key, event_id, digest, position in rows:
            first = found[key].id if key in found else UUID(event_id)
            found[key] = LastImport(first, digest, position)
        return found

    def page(
        self,
        where: Filter = EVERYTHING,
        *,
        after: int = 0,
        upto: int | None = None,
        limit: int = PAGE,
        newest_first: bool = False,
    ) -> Page:
        """Up to `limit` entries that fit, of those after a position and not beyond `upto`.

        Newest first, go on with `upto=scanned_to - 1`; otherwise with `after=scanned_to`.
        """
        size = self._size()
        last = size if upto is None else min(upto, size)
        # What lies before the asked time is searched by not being looked at.
        since = where.recorded_since
        first = after if since is None else max(after, self.position_at(since - 1))
        part = Part(first + 1, last, newest_first)
        owners = self._owners() if queries.needs_owners(where) else ()
        ranges, rest = queries.drives(where, owners)
        whole = queries.takes_all(where)
        found: list[tuple[int, bytes]] = []
        searched, step = 0, limit if rest is None else 4 * limit
        while part.first <= part.last:
            rows = self._step(ranges, rest, part, step)
            if whole:
                _check_page(rows, part, step)
            matches = [(position, leaf) for position, leaf in rows if leaf is not None]
            matches = matches[: limit - len(found)]
            found += matches
            if len(found) == limit:
                return _page(found, matches[-1][0])
            if len(rows) < step:
                break
            searched += len(rows)
            part = _beyond(part, rows[-1][0])
            if searched >= MAX_SEARCHED:
                return _page(found, rows[-1][0])
            step *= 4
        return _page(found, after + 1 if newest_first else max(after, last))

    def time_page(
        self,
        where: Filter,
        *,
        after: Moment | None = None,
        upto: int | None = None,
        limit: int = PAGE,
    ) -> TimePage:
        """Up to `limit` entries that lie in the filter's window, by when they can have begun."""
        last = self._size() if upto is None else upto
        since = where.recorded_since
        known = 0 if since is None else self.position_at(since - 1)
        owners = self._owners() if where.negotiation is None else (where.negotiation,)
        found: list[tuple[int, bytes]] = []
        searched, step = 0, limit
        while True:
            rows = sorted(
                row
                for owner in owners
                for row in self._rows(queries.in_time_order(where, owner, after, last, step))
            )[:step]
            for earliest, position, leaf in rows:
                if leaf is None or position <= known:
                    continue
                found.append((position, leaf))
                if len(found) == limit:
                    return TimePage(_entries(found), Moment(earliest, position))
            if len(rows) < step:
                return TimePage(_entries(found), None)
            after = Moment(*rows[-1][:2])
            searched += len(rows)
            if searched >= MAX_SEARCHED:
                return TimePage(_entries(found), after)
            step *= 4

    def entries(
        self,
        after: int = 0,
        upto: int | None = None,
        where: Filter = EVERYTHING,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Every entry that fits, in log order, read in pages; ends at today's head."""
        size = self._size()
        last = size if upto is None else min(upto, size)
        left = limit
        while after < last and left != 0:
            many = PAGE if left is None else min(PAGE, left)
            page = self.page(where, after=after, upto=last, limit=many)
            yield from page.entries
            after = page.scanned_to
            left = None if left is None else left - len(page.entries)

    def holding(
        self,
        texts: Sequence[str],
        after: int = 0,
        upto: int | None = None,
        negotiation: str | None = None,
    ) -> Iterator[Entry]:
        """The entries whose leaf holds any of the texts as it is stored, in log order.

        The database looks at every leaf of a negotiation, or of all, after a position; what does
        not hold them is not read. The texts are few, and such as JSON does not escape.
        """
        last = self._size() if upto is None else upto
        fits = [queries.holding(self._engine.dialect, texts), e.position <= last]
        fits += [] if negotiation is None else [e.negotiation == negotiation]
        found = select(e.position, e.leaf).where(*fits).order_by(e.position).limit(PAGE)
        while True:
            rows = self._rows(found.where(e.position > after))
            yield from _entries(rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def _size(self) -> int:
        return self._one(select(log_head.c.size))

    def _one(self, statement: Executable) -> int:
        """The number that a statement on the head gives; raises DatabaseDamaged without a head."""
        for (number,) in self._rows(statement):
            if isinstance(number, int):
                return number
        raise headless()

    def _owners(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self._rows(queries.every_owner()))

    def _step(
        self,
        ranges: Sequence[queries.Condition],
        rest: queries.Condition | None,
        part: Part,
        step: int,
    ) -> Sequence[Any]:
        """The next rows of all ranges together, in the order of the page."""
        rows = [
            row
            for drive in ranges
            for row in self._rows(queries.in_log_order(drive, rest, part, step))
        ]
        if len(ranges) > 1:
            rows.sort(key=lambda row: row[0], reverse=part.newest_first)
        return rows[:step]

    def _in_lots(
        self, names: Sequence[T], statement: Callable[[Sequence[T]], Executable]
    ) -> list[Any]:
        rows: list[Any] = []
        for lot in in_lots(names):
            rows += self._rows(statement(lot))
        return rows

    def _rows(
        self, statement: Executable, values: Mapping[str, object] | None = None
    ) -> Sequence[Any]:
        """Run a statement; once more if the server had closed the connection meanwhile."""
        with as_refusals():
            try:
                return self._run(statement, values)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._run(statement, values)

    def _run(self, statement: Executable, values: Mapping[str, object] | None) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(statement, values).all()


def _beyond(part: Part, position: int) -> Part:
    if part.newest_first:
        return Part(part.first, position - 1, newest_first=True)
    return Part(position + 1, part.last)


def check_run(positions: Iterable[int], first: int, last: int) -> None:
    """Raise DatabaseDamaged unless these are the positions `first` … `last`, none left out."""
    lost = set(range(first, last + 1)).difference(positions)
    if lost:
        raise missing(min(lost))


def _check_page(rows: Sequence[Any], part: Part, step: int) -> None:
    positions = [position for position, leaf in rows if leaf is not None]
    if part.newest_first:
        check_run(positions, max(part.first, part.last - step + 1), part.last)
    else:
        check_run(positions, part.first, min(part.last, part.first + step - 1))


def _entries(leaves: Iterable[tuple[int, bytes]]) -> tuple[Entry, ...]:
    return tuple(entry_of(leaf, position) for position, leaf in leaves)


def _page(leaves: Iterable[tuple[int, bytes]], scanned_to: int) -> Page:
    return Page(_entries(leaves), scanned_to)
