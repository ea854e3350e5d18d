"""Long lists of names or numbers, asked for in several statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Value = TypeVar("Value")
LOT = 500
"""Values of one statement: SQLite takes 32,766 parameters, and plans of thousands are slow."""


def in_lots(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values in their order, as many at a time as one statement asks for."""
    return (values[start : start + LOT] for start in range(0, len(values), LOT))
