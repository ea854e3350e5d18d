"""Which ids stand in a log twice? References name entries by id, so an id names one entry.

A million ids as Python objects would take a hundred megabytes. They are kept as bytes
in lots by their last byte, which is random in every form of UUID that the log uses, and
only one lot at a time is looked through.
"""

from __future__ import annotations

from collections.abc import Iterator

ID_SIZE = 16
_LOTS = 256
_POSITION = 8
_ROW = ID_SIZE + _POSITION


class Identities:
    """Every id of a log with its position, at 24 bytes each."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lots = [bytearray() for _ in range(_LOTS)]

    def add(self, name: bytes, position: int) -> None:
        """The id, in 16 bytes, of the entry at a position."""
        self._lots[name[-1]] += name + position.to_bytes(_POSITION, "big")

    def repeated(self) -> Iterator[tuple[int, int]]:
        """Each position whose id another had before, and the first that had it; in order."""
        yield from sorted(pair for lot in self._lots for pair in _repeated(lot))


def _repeated(lot: bytearray) -> Iterator[tuple[int, int]]:
    first: dict[bytes, int] = {}
    for at in range(0, len(lot), _ROW):
        name = bytes(lot[at : at + ID_SIZE])
        position = int.from_bytes(lot[at + ID_SIZE : at + _ROW], "big")
        earlier = first.setdefault(name, position)
        if earlier != position:
            yield position, earlier
