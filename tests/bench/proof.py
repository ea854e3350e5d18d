"""What the proof costs an append: hashing the leaf and folding it into the frontier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from unittest.mock import patch

from audit.tree import HASH_SIZE, Frontier, hash_leaf
from ledger import batch
from tests.bench.figures import Figure, Goal, compare, microseconds
from tests.bench.laps import Lap, Turn, take_turns
from tests.bench.material import Body, draw_bodies
from tests.bench.one_caller import leaf_turn, lone_lap
from tests.bench.ours import APPEND, Ours
from tests.bench.servers import FILE, Places

APPENDS = 100
ROUNDS = 11
SIZE = 2**20 - 1
"""About a million, and the worst size near it: every bit is 1, so a leaf closes 20 subtrees."""
PROOF = "proof"
WITHOUT = "the same append without leaf hash and frontier"
GOAL = Goal(100, at_most=True, unit="µs")


def measure(places: Places) -> list[Figure]:
    """The lines of this goal."""
    kept = Frontier(SIZE, (hash_leaf(b""),) * SIZE.bit_count()).to_bytes()

    def prove(leaf: bytes) -> None:
        """All that an append does for the proof, from the bytes in the head to those after."""
        Frontier.from_bytes(SIZE, kept).append(hash_leaf(leaf)).to_bytes()

    with (
        places.parley(FILE) as parley,
        places.parley(FILE) as other,
        places.row_maker() as maker,
    ):
        turns: dict[str, Turn[list[Body]]] = {
            PROOF: leaf_turn(maker, prove),
            APPEND: partial(lone_lap, Ours(parley, APPEND)),
            WITHOUT: partial(_lap_without, Ours(other, APPEND)),
        }
        laps = take_turns(turns, partial(draw_bodies, APPENDS), ROUNDS, places.calm)
    waits, whole = ([lap.typical_wait for lap in laps[name]] for name in (PROOF, APPEND))
    return [
        Figure(
            f"{FILE}: proof work in one append, at {SIZE:,} entries",
            "the whole append",
            str(GOAL),
            microseconds(median(waits)),
            f"{microseconds(min(waits))}–{microseconds(max(waits))}",
            f"{microseconds(median(waits))} : {microseconds(median(whole))}",
            GOAL.is_met(median(waits) * 1e6),
        ),
        compare(
            f"{FILE}: {APPEND}",
            WITHOUT,
            None,
            laps[APPEND],
            laps[WITHOUT],
            of=lambda lap: lap.typical_wait,
            show=microseconds,
        ),
    ]


def _lap_without(ours: Ours, bodies: list[Body]) -> Lap:
    with _no_proof():
        return lone_lap(ours, bodies)


@contextmanager
def _no_proof() -> Iterator[None]:
    """Record with hashes of nothing; the log that this makes proves nothing, and is thrown away."""
    nothing = bytes(HASH_SIZE)

    def extend(before: Frontier, leaf_hashes: Iterable[bytes]) -> Frontier:
        size = before.size + len(list(leaf_hashes))
        return Frontier(size, (nothing,) * size.bit_count())

    with (
        patch.object(batch, "hash_leaf", lambda _: nothing),
        patch.object(Frontier, "extend", extend),
    ):
        yield
