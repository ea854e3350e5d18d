"""Which negotiation is meant: what one may be called, where it is opened, and what else to say."""

from __future__ import annotations

from typing import TypeGuard

from domain.errors import Problem
from domain.text import RESERVED_NEGOTIATIONS, is_slug


def is_negotiation(name: object) -> TypeGuard[str]:
    """Whether a negotiation can have this name."""
    return isinstance(name, str) and is_slug(name) and name not in RESERVED_NEGOTIATIONS


def opening_stream(name: str) -> str:
    """The stream that a negotiation is opened on."""
    return f"{name}/negotiation/{name}"


def no_name(name: object) -> Problem:
    """What is wrong with a name that no negotiation can have."""
    rule = f"{name!r} is not the name of a negotiation"
    way_out = "use lower-case words joined by hyphens, other than commons and log"
    return Problem("negotiation", rule, way_out)


def never_opened(name: str) -> Problem:
    """What is wrong with the name of a negotiation that nobody has opened."""
    rule = f"no negotiation is known by the name {name!r}"
    way_out = "record negotiation.opened for it first, or correct the name"
    return Problem("negotiation", rule, way_out)
