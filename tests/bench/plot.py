"""A plot as an SVG of a few lines: both axes by powers of ten, one line for each contestant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 24, 40
COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7")
"""Told apart by people who do not see all colours (Okabe and Ito)."""
LINE = 16
"""Pixels of a line of the legend."""


class Line(NamedTuple):
    """What is drawn as one line, from left to right."""

    name: str
    points: Sequence[tuple[float, float]]


class Axis:
    """Powers of ten that hold all values, between two places."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.low, self.high = floor(log10(min(values))), ceil(log10(max(values)))
        self.high += self.low == self.high
        self._start, self._step = start, (end - start) / (self.high - self.low)

    def place(self, value: float) -> float:
        """Where a value stands."""
        return self._start + (log10(value) - self.low) * self._step


def draw_plot(upwards: str, along: str, lines: Sequence[Line]) -> str:
    """The plot; `upwards` and `along` say what the axes are."""
    across = Axis([x for line in lines for x, _ in line.points], LEFT, WIDTH - RIGHT)
    up = Axis([y for line in lines for _, y in line.points], HEIGHT - BOTTOM, TOP)
    height = HEIGHT + LINE * len(lines)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
    )
    parts = [
        head,
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="14">{escape(upwards)}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(along)}</text>',
        *_grid(across, up),
        *(part for number, line in enumerate(lines) for part in _line(number, line, across, up)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(across: Axis, up: Axis) -> Iterator[str]:
    for power in range(across.low, across.high + 1):
        x = across.place(10**power)
        yield f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ccc"/>'
        y = HEIGHT - BOTTOM + 16
        yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{10**power:,}</text>'
    for power in range(up.low, up.high + 1):
        height = up.place(10**power)
        yield f'<path d="M{LEFT} {height:.1f}H{WIDTH - RIGHT}" stroke="#ccc"/>'
        yield f'<text x="{LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'


def _line(number: int, line: Line, across: Axis, up: Axis) -> Iterator[str]:
    colour = COLOURS[number % len(COLOURS)]
    places = [(across.place(x), up.place(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    y = HEIGHT + LINE * number
    yield f'<text x="{LEFT}" y="{y}" fill="{colour}">{escape(line.name)}</text>'
