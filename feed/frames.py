"""What goes over the wire of a stream: server-sent events (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.entry import Entry
from feed.limits import LOT

HEARTBEAT = b":\n\n"
"""A comment, which every client skips: it keeps proxies from closing the connection."""
CAUGHT_UP, PROGRESS, BYE = "caught-up", "progress", "bye"
"""The events that tell of the stream itself; those of the log have no name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An entry, and the bytes that every subscriber gets of it; made once."""

    position: int
    entry: Entry
    text: bytes


class Lot(NamedTuple):
    """What is sent at once: all that fits of what is `after` a position and not beyond `upto`."""

    after: int
    upto: int
    frames: Sequence[Frame]
    text: bytes

    @property
    def told(self) -> int:
        """The last position that is named in it."""
        return self.frames[-1].position if self.frames else self.after

    def beyond(self, position: int) -> bytes:
        """The same for somebody who has come to this position already."""
        if position <= self.after:
            return self.text
        return b"".join(frame.text for frame in self.frames if frame.position > position)


def frame_of(entry: Entry, data: bytes, cursor: str) -> Frame:
    """The frame of an entry; `data` is one line, and its id is the cursor to resume from.

    It has no `event:`, so that a page need not name every kind that there is.
    """
    return Frame(entry.position, entry, b"id: %b\ndata: %b\n\n" % (cursor.encode(), data))


def lots_of(frames: Sequence[Frame], after: int, upto: int) -> Iterator[Lot]:
    """Frames in lots of about so many bytes; the last lot reaches `upto`, with or without any."""
    gathered: list[Frame] = []
    size = 0
    for frame in frames:
        gathered.append(frame)
        size += len(frame.text)
        if size >= LOT and frame is not frames[-1]:
            yield _lot(gathered, after, frame.position)
            after, gathered, size = frame.position, [], 0
    yield _lot(gathered, after, upto)


def named(event: str, cursor: str, data: str) -> bytes:
    """An event about the stream itself; a client that ends here resumes from its cursor."""
    return f"event: {event}\nid: {cursor}\ndata: {data}\n\n".encode()


def farewell(why: str, cursor: str, retry: int) -> bytes:
    """The last bytes of a stream: why it ends, and that its client should come back."""
    return begin(retry) + named(BYE, cursor, f'{{"reason":"{why}"}}')


def begin(retry: int) -> bytes:
    """The first bytes of a stream: after how many milliseconds to come back when it breaks."""
    return b"retry: %d\n\n" % retry


def _lot(frames: Sequence[Frame], after: int, upto: int) -> Lot:
    return Lot(after, upto, frames, b"".join(frame.text for frame in frames))
