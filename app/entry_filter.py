"""Which entries somebody wants, as people write it: of a page, a stream or a webhook."""

from __future__ import annotations

from dataclasses import dataclass

from app.moments import MINUTE
from domain.dates import first_minute, last_minute
from domain.entry import LOG_STREAM
from domain.errors import InvalidInput
from domain.event import owner_of
from domain.registry import THINGS, kind_named
from ledger.filter import Filter


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are asked for; None leaves nothing out.

    `thing` is a sort of thing and `slug` one of them; `happened_from` and
    `happened_to` are dates, `recorded_since` a date or an instant.
    """

    negotiation: str | None = None
    kind: str | None = None
    thing: str | None = None
    slug: str | None = None
    actor: str | None = None
    happened_from: str | None = None
    happened_to: str | None = None
    recorded_since: str | None = None


def read_filter(asked: EntryFilter) -> Filter:
    """The filter that is meant; raises InvalidInput for a kind or a sort of thing there is not."""
    first, last, since = asked.happened_from, asked.happened_to, asked.recorded_since
    return Filter(
        negotiation=asked.negotiation if asked.slug is None else None,
        kind=None if asked.kind is None else kind_named(asked.kind).TOPIC,
        actor=asked.actor,
        thing=_sort(asked.thing) if asked.slug is None else None,
        stream=_stream(asked),
        occurred_from=None if first is None else first_minute(first, "from"),
        occurred_to=None if last is None else last_minute(last, "to"),
        recorded_since=None if since is None else first_minute(since, "since") * MINUTE,
    )


def _sort(thing: str | None) -> str | None:
    if thing is None or thing in THINGS or thing == LOG_STREAM:
        return thing
    known = ", ".join((*THINGS, LOG_STREAM))
    raise InvalidInput.of("thing", f"{thing!r} is not a sort of thing", f"name {known}")


def _stream(asked: EntryFilter) -> str | None:
    """The stream of the one thing that is asked for."""
    if asked.slug is None:
        return None
    sort = _sort(asked.thing)
    if sort is None:
        raise InvalidInput.of("slug", "names one of a sort of thing", "add `thing`")
    if sort == LOG_STREAM:
        raise InvalidInput.of("slug", "the log has one stream of its own", "leave `slug` out")
    owner = owner_of(sort, asked.negotiation)
    if owner is None:
        rule = f"a {sort} belongs to a negotiation, and none is named"
        raise InvalidInput.of("negotiation", rule, "add `negotiation`")
    return f"{owner}/{sort}/{asked.slug}"
