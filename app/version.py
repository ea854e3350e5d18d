"""Which Parley answers, by which rules, over which form of the leaf."""

from __future__ import annotations

from importlib.metadata import version

from app.health import size
from app.parley import Parley
from audit.leaf import LEAF_VERSION
from domain.story import RULES
from projections.answers import Answer


class Version(Answer):
    """Which program answers, by which rules, over which form of the leaf."""

    parley: str
    rules: int
    leaf: int
    position: int


def running(parley: Parley) -> Version:
    """What answers here."""
    return Version(parley=version("parley"), rules=RULES, leaf=LEAF_VERSION, position=size(parley))
