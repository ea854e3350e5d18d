"""What the proof costs an append: hashing the leaf and folding it into the frontier."""

from __future__ import annotations

from functools import partial
from statistics import median

from audit.tree import Frontier, hash_leaf
from tests.bench.figures import Figure, Goal, microseconds
from tests.bench.laps import Turn, take_turns
from tests.bench.material import Body, draw_bodies
from tests.bench.one_caller import leaf_turn, lone_lap
from tests.bench.ours import APPEND, Ours
from tests.bench.servers import FILE, Places

APPENDS = 100
ROUNDS = 11
SIZE = 2**20 - 1
"""About a million, and the worst size near it: every bit is 1, so a leaf closes 20 subtrees."""
PROOF = "proof"
GOAL = Goal(100, at_most=True, unit="µs")


def measure(places: Places) -> list[Figure]:
    """The one line of this goal."""
    kept = Frontier(SIZE, (hash_leaf(b""),) * SIZE.bit_count()).to_bytes()

    def prove(leaf: bytes) -> None:
        """All that an append does for the proof, from the bytes in the head to those after."""
        Frontier.from_bytes(SIZE, kept).append(hash_leaf(leaf)).to_bytes()

    with places.parley(FILE) as parley, places.row_maker() as maker:
        ours = Ours(parley, APPEND)
        turns: dict[str, Turn[list[Body]]] = {
            PROOF: leaf_turn(maker, prove),
            APPEND: partial(lone_lap, ours),
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
        )
    ]
