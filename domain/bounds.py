"""When an event can have begun, as the stories use it.

`Bounds` follow from `occurred` alone. An order constraint across stories
narrows the start when it is recorded (domain rule 4); the narrowed start is kept
beside the four bounds and is what the story rule reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator

from domain.dates import Bounds, parse_occurred
from domain.errors import InvalidInput

ALWAYS = -(1 << 40)
"""A minute before every date the record can hold; where registrations stand."""


def _check_edtf(text: str) -> str:
    try:
        parse_occurred(text)
    except InvalidInput as error:
        found = error.problems[0]
        message = f"{found.rule}; {found.way_out}"
        raise ValueError(message) from None
    return text


EdtfText = Annotated[str, AfterValidator(_check_edtf)]
"""A date in the subset of EDTF that the record takes, kept as it was written."""


@dataclass(frozen=True, slots=True)
class Span:
    """The four bounds of an event and what order constraints made of its start (minutes, UTC)."""

    bounds: Bounds
    narrowed_lo: int | None = None
    narrowed_hi: int | None = None

    @property
    def start_lo(self) -> int | None:
        """The first minute in which it can have begun; None if nobody says."""
        return self.bounds.start_lo if self.narrowed_lo is None else self.narrowed_lo

    @property
    def start_hi(self) -> int | None:
        """The last minute in which it can have begun; None if nobody says."""
        return self.bounds.start_hi if self.narrowed_hi is None else self.narrowed_hi

    def to_leaf(self) -> dict[str, Any]:
        """The object the leaf keeps under `bounds`; absent means omitted."""
        names = ("start_lo", "start_hi", "end_lo", "end_hi")
        four = {n: v for n in names if (v := getattr(self.bounds, n)) is not None}
        narrowed = {"start_lo": self.narrowed_lo, "start_hi": self.narrowed_hi}
        kept = {n: v for n, v in narrowed.items() if v is not None}
        return {"when": 1, **four, **({"narrowed": kept} if kept else {})}

    @classmethod
    def from_leaf(cls, leaf: dict[str, Any]) -> Span:
        """The inverse of `to_leaf`."""
        four = Bounds(
            leaf.get("start_lo"), leaf.get("start_hi"), leaf.get("end_lo"), leaf.get("end_hi")
        )
        narrowed = leaf.get("narrowed", {})
        return cls(four, narrowed.get("start_lo"), narrowed.get("start_hi"))
