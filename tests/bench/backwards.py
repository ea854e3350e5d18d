"""A few stories recorded newest first, which is the dearest order: rows and time grow with them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from ledger.log import Ledger
from projections.projector import Projector
from projections.tables import RECTANGLES
from tests.bench import stories
from tests.bench.figures import Figure, Goal, microseconds, number
from tests.bench.laps import in_one_go
from tests.bench.servers import BACKENDS, Places

SIZES = (1_000, 10_000, 100_000)
GOAL = Goal(1.5, at_most=True)


def measure(places: Places, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """The lines of this goal, on both databases."""
    return [line for backend in BACKENDS for line in _on(places, backend, sizes)]


def _on(places: Places, backend: str, sizes: Sequence[int]) -> list[Figure]:
    found = {size: _take_in(places.log(backend), size) for size in sizes}
    rows, seconds = found[sizes[0]]
    lines = []
    for size in sizes[1:]:
        here, beside = found[size], f"the same, {sizes[0]:,} events"
        what = f"{backend}: {size:,} events of {stories.FEW} stories, newest first"
        wait, as_before = here[1] / seconds, here[0] / rows
        lines += [
            Figure(
                f"{what}: time for each",
                beside,
                str(GOAL),
                f"{number(wait)} ×",
                rates=f"{microseconds(here[1])} : {microseconds(seconds)}",
                met=GOAL.is_met(wait),
            ),
            Figure(
                f"{what}: rows for each",
                beside,
                str(GOAL),
                f"{number(as_before)} ×",
                rates=f"{number(here[0])} : {number(rows)}",
                met=GOAL.is_met(as_before),
            ),
        ]
    return lines


def _take_in(url: str, size: int) -> tuple[float, float]:
    """Rows and seconds for each event of a log that the projector takes in as if it came live."""
    with Ledger(url) as ledger:
        ledger.append_bulk(stories.newest_first(size))
        projector = Projector(ledger, 1)
        lap = in_one_go(projector.advance, size)
        with ledger.engine.connect() as connection:
            rows = connection.scalar(select(func.count()).select_from(RECTANGLES[1])) or 0
    return rows / size, lap.seconds / size
