"""What is said when a read model does not fit its log."""

from __future__ import annotations

from domain.errors import DatabaseDamaged
from ledger.faults import FIELD


def out_of_step() -> DatabaseDamaged:
    """The read model says of the log what the log does not say."""
    return DatabaseDamaged.of(
        FIELD,
        "the read model does not fit the log",
        "make it anew with `parley db rebuild`; the log itself is not touched by that",
    )
