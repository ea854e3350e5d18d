"""Ids of events: UUID version 7 of RFC 9562, made from a clock and randomness that are given.

Version 7 begins with the time, so that ids made later sort later and an index
on them grows at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

RANDOM_BYTES = 8
"""The 62 random bits of an id fit in these; two ids of one microsecond meet once in 2⁶² times."""
_VERSION, _VARIANT = 7, 0b10
_RANDOM_BITS = 62


def make_uuid7(microseconds: int, randomness: bytes) -> UUID:
    """The id for a time in microseconds since the epoch, UTC, and eight random bytes.

    The 12 bits after the version hold the fraction of the millisecond (RFC 9562,
    section 6.2, method 3).
    """
    milliseconds, rest = divmod(microseconds, 1_000)
    fraction = rest * 4_096 // 1_000
    random = int.from_bytes(randomness[:RANDOM_BYTES], "big") & ((1 << _RANDOM_BITS) - 1)
    high = (milliseconds & ((1 << 48) - 1)) << 16 | _VERSION << 12 | fraction
    return UUID(int=high << 64 | _VARIANT << _RANDOM_BITS | random)


def id_maker(clock: Callable[[], int], randomness: Callable[[int], bytes]) -> Callable[[], UUID]:
    """A function that gives a new id at each call.

    `clock` gives microseconds since the epoch, `randomness` as many bytes as asked for.
    """
    return lambda: make_uuid7(clock(), randomness(RANDOM_BYTES))
