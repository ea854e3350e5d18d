"""The feed of a log: its frames as CloudEvents, the hub that hands them out, and the sender."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from app import keys
from app.cursors import Cursors
from app.parley import Parley
from app.read_log import cloud_events_of
from app.webhook_answers import filter_of
from domain.entry import Entry
from domain.errors import DatabaseDamaged, Unavailable
from feed.frames import Frame, frame_of
from feed.hub import Hub, Read
from feed.limits import RECENT
from feed.sender import Sender
from feed.tailer import Tailer
from ledger.filter import EVERYTHING, Filter

LOG = logging.getLogger("parley.feed")


@asynccontextmanager
async def open_hub(parley: Parley, news: Callable[[], object] = lambda: None) -> AsyncIterator[Hub]:
    """The hub of a log, which follows it from where it ends now; `news` is told of entries."""
    cursors = await asyncio.to_thread(Cursors, parley.ledger)
    size = await asyncio.to_thread(lambda: parley.ledger.head().size)
    read = _reader_of(parley, cursors)
    # Who was there when the process before ended comes back now, and is a little late.
    recent: Sequence[Frame] = ()
    try:
        recent, _ = await asyncio.to_thread(read, EVERYTHING, max(0, size - RECENT), size, RECENT)
    except DatabaseDamaged as error:
        # All that can be read of the log is served still, and what cannot is told of there.
        LOG.warning("the newest entries cannot be read: %s", error)
    hub = Hub(read, cursors.of, size, recent)

    def encode(entries: Sequence[Entry]) -> list[Frame]:
        cursors.take_in(entries)
        news()
        return frames_of(parley, cursors, entries)

    tailer = Tailer(parley.ledger, hub, encode, cursors.read_anew)
    tasks = [asyncio.create_task(each) for each in (hub.beat(), _end_revoked(parley, hub))]
    try:
        yield hub
    finally:
        hub.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await tailer.stop()


def sender_of(parley: Parley) -> Sender:
    """What sends to the webhooks of a log."""

    def encode(entries: Sequence[Entry]) -> list[bytes]:
        return cloud_events_of(parley, entries)

    return Sender(
        parley.ledger,
        encode,
        filter_of,
        parley.clock,
        agent=f"parley/{version('parley')}",
        private=parley.settings.webhook_private,
    )


async def _end_revoked(parley: Parley, hub: Hub) -> None:
    """End the streams of keys that are revoked, soon after they are; until cancelled."""
    while True:
        await asyncio.sleep(hub.heartbeat)
        if not (shown := hub.keys()):
            continue
        try:
            hub.end_of(await asyncio.to_thread(keys.revoked_among, parley, shown))
        except Unavailable:
            # While the log is away there is nothing to be sent to them.
            continue
        except Exception:
            # If this ended, nobody's stream would end before its life does.
            LOG.exception("keys that were revoked cannot be looked for")


def frames_of(parley: Parley, cursors: Cursors, entries: Sequence[Entry]) -> list[Frame]:
    """The frames of entries."""
    events = cloud_events_of(parley, entries)
    return [
        frame_of(entry, event, cursors.of(entry.position))
        for entry, event in zip(entries, events, strict=True)
    ]


def _reader_of(parley: Parley, cursors: Cursors) -> Read:
    def read(where: Filter, after: int, upto: int, limit: int) -> tuple[Sequence[Frame], int]:
        page = parley.ledger.page(where, after=after, upto=upto, limit=limit)
        return frames_of(parley, cursors, page.entries), page.scanned_to

    return read
