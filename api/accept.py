"""Which of the forms an answer can be given in a client would rather have (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request

from api.problems import NOT_ACCEPTABLE, Refused
from domain.errors import Problem

_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII | re.IGNORECASE)


def choose(request: Request, offered: Sequence[str]) -> str:
    """The form of those offered that fits best, the first among equals.

    Raises Refused where none is wanted.
    """
    asked = ",".join(request.headers.getlist("accept"))
    if not asked.strip():
        return offered[0]
    ranges = [_read_range(part) for part in asked.split(",") if part.strip()]
    best = max(offered, key=lambda form: _quality(form, ranges))
    if _quality(best, ranges) > 0:
        return best
    given = ", ".join(offered)
    raise Refused(
        NOT_ACCEPTABLE,
        Problem("Accept", "names no form that this is given in", f"ask for {given}"),
    )


def _read_range(text: str) -> tuple[str, float]:
    """A media range and how much it is wanted; what cannot be read is wanted as it is."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    found = (_QUALITY.fullmatch(parameter) for parameter in parameters)
    return name, next((float(match[1]) for match in found if match), 1.0)


def _quality(form: str, ranges: Sequence[tuple[str, float]]) -> float:
    """How much a form is wanted: by the range that names it most closely."""
    for name in (form, f"{form.partition('/')[0]}/*", "*/*"):
        wanted = [quality for each, quality in ranges if each == name]
        if wanted:
            return max(wanted)
    return 0.0
