"""The log as it was recorded: page by page, entry by entry, line by line, and as CloudEvents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.clocks import Clocks, known_of
from app.entry_filter import EntryFilter, read_filter
from app.origins import nameless, names_of
from app.parley import Parley
from app.reviewed import Part, find_page
from audit.leaf import format_recorded_at
from domain.any_event import AnyEvent
from domain.entry import LOG_STREAM, Entry
from domain.errors import InvalidInput
from ledger.filter import Page
from ledger.reading import PAGE
from projections.answers import Answer, Known

TYPE_PREFIX = "org.parley."
"""How the type of a CloudEvent begins; then come the kind and the number of its schema."""


@dataclass(frozen=True, slots=True)
class LogAsked(EntryFilter):
    """Which entries are asked for, and which of them are on the page.

    `reviewed` is what a second person endorsed, as known then. A page goes on after
    position `after` or, newest first, before position `before`.
    """

    reviewed: bool | None = None
    after: int = 0
    before: int | None = None
    limit: int = PAGE
    order: Literal["oldest", "newest"] = "oldest"


class LogEntry(Answer):
    """An entry: what the log says of it, then the event as it would be recorded again."""

    model_config = ConfigDict(serialize_by_alias=True)

    position: int
    id: UUID
    stream: str
    version: int
    schema_: int = Field(alias="schema")
    recorded_at: str
    recorded_by: str
    auth: str | None = Field(description="How the subject proved to be it, such as by which key.")
    request: str | None = Field(description="The id of the request that it came in.")
    event: AnyEvent


class LogPage(Answer):
    """Entries in the order asked for; the log was searched up to `scanned_to`.

    `more` says that going on from `scanned_to` may find others: a page may be short,
    or empty, where little fits.
    """

    known_at: Known
    entries: tuple[LogEntry, ...]
    scanned_to: int
    more: bool


@dataclass(frozen=True, slots=True)
class CloudPage:
    """A batch of CloudEvents as JSON, and how to go on, as for `LogPage`."""

    batch: bytes
    scanned_to: int
    more: bool


class CloudEventHead(Answer):
    """A CloudEvent 1.0 of an entry without its `data`, which is the leaf."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: str
    sequence: str
    datacontenttype: Literal["application/json"] = "application/json"


def log_page(parley: Parley, asked: LogAsked, at: Clocks) -> LogPage:
    """A page of the log as it was known; raises InvalidInput for what cannot be asked."""
    page = _page(parley, asked, at.known.position)
    return LogPage(
        known_at=known_of(at.known),
        entries=tuple(map(entry_answer, page.entries)),
        scanned_to=page.scanned_to,
        more=_goes_on(page, asked, at.known.position),
    )


def log_entry(parley: Parley, position: int) -> LogEntry:
    """The entry at a position; raises NotFound."""
    return entry_answer(parley.ledger.entry(position))


def log_lines(parley: Parley, asked: LogAsked, at: Clocks) -> Iterator[bytes]:
    """Every entry that fits, a JSON object a line, in lots of a page.

    The first lot is read before this returns, so that a refusal comes before any line.
    """
    # The end is fixed before: a log that grows does not keep its reader for ever.
    last = at.known.position
    return _lots(parley, asked, _page(parley, asked, last), last)


def cloud_event(parley: Parley, position: int) -> bytes:
    """The entry at a position as a CloudEvent; raises NotFound."""
    return cloud_events_of(parley, (parley.ledger.entry(position),))[0]


def cloud_page(parley: Parley, asked: LogAsked, at: Clocks) -> CloudPage:
    """The same page as a batch of CloudEvents."""
    page = _page(parley, asked, at.known.position)
    batch = b"[" + b",".join(cloud_events_of(parley, page.entries)) + b"]"
    return CloudPage(batch, page.scanned_to, _goes_on(page, asked, at.known.position))


def cloud_events_of(parley: Parley, entries: Sequence[Entry]) -> list[bytes]:
    """Entries as CloudEvents (wire.md); the leaf stands in each as it is stored."""
    origins = names_of(parley.ledger.stream(LOG_STREAM))
    leaves = parley.ledger.leaves_at([entry.position for entry in entries])
    found = []
    for entry in entries:
        origin = next((name for since, name in reversed(origins) if since <= entry.position), None)
        if origin is None:
            raise nameless()
        head = CloudEventHead(
            id=entry.id,
            source=origin,
            type=f"{TYPE_PREFIX}{entry.kind}.v{entry.schema}",
            subject=entry.stream,
            time=format_recorded_at(entry.recorded_at),
            sequence=str(entry.position),
        ).model_dump_json()
        leaf = leaves[entry.position].data
        found.append(head[:-1].encode() + b',"data":' + leaf + b"}")
    return found


def entry_answer(entry: Entry) -> LogEntry:
    """An entry in the shape of an answer."""
    return LogEntry(
        position=entry.position,
        id=entry.id,
        stream=entry.stream,
        version=entry.version,
        schema=entry.schema,
        recorded_at=format_recorded_at(entry.recorded_at),
        recorded_by=entry.recorded_by,
        auth=entry.auth,
        request=entry.request,
        event=entry.event,
    )


def _page(parley: Parley, asked: LogAsked, last: int) -> Page:
    newest = asked.order == "newest"
    if asked.before is not None and not newest:
        raise InvalidInput.of("before", "is for the newest first", "go on with `after`")
    upto = last if asked.before is None else min(last, asked.before - 1)
    part = Part(asked.after, upto, last, newest_first=newest)
    return find_page(parley, read_filter(asked), part, asked.limit, reviewed=asked.reviewed)


def _goes_on(page: Page, asked: LogAsked, last: int) -> bool:
    if asked.order == "newest":
        return page.scanned_to > asked.after + 1
    return page.scanned_to < last


def _lots(parley: Parley, asked: LogAsked, page: Page, last: int) -> Iterator[bytes]:
    while True:
        lines = (entry_answer(entry).model_dump_json() for entry in page.entries)
        yield "".join(f"{line}\n" for line in lines).encode()
        if not _goes_on(page, asked, last):
            return
        asked = replace(asked, after=page.scanned_to)
        page = _page(parley, asked, last)
