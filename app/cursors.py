"""Cursors: where in which epoch of the log somebody is, as `<epoch>.<position>` or a position.

A log that lost its end and was opened again goes on in another epoch (`epochs`); a
position beyond the fork then means another entry than it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.epochs import Lost, epoch_of, epochs_of, lost_range
from app.parley import Parley
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound, OtherEpoch
from domain.log import LogReopened
from ledger.log import Ledger

PATTERN = r"^(?:[1-9][0-9]{0,5}\.)?(?:0|[1-9][0-9]{0,14})$"
"""What a cursor looks like; no position is larger than a JSON reader keeps exact."""
_FORM = re.compile(PATTERN, re.ASCII)


class Cursors:
    """Names the positions of a log as clients keep them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._epochs = epochs_of(ledger)

    def of(self, position: int) -> str:
        """The cursor of a position."""
        return f"{epoch_of(self._epochs, position)}.{position}"

    def take_in(self, entries: Iterable[Entry]) -> None:
        """Learn of an epoch that began among entries that have been recorded since."""
        if any(isinstance(entry.event, LogReopened) for entry in entries):
            self.read_anew()

    def read_anew(self) -> None:
        """Forget what is known of the epochs, and ask the log for them."""
        self._epochs = epochs_of(self._ledger)


def read_cursor(parley: Parley, text: str, field: str) -> int:
    """The position that a cursor names.

    Raises InvalidInput for what is no cursor, OtherEpoch where it is of an entry that was
    lost, and NotFound where the log has not come to it, or never had its epoch.
    """
    if _FORM.fullmatch(text) is None:
        way_out = "give a position, or an id as the stream gave it, such as 1.57"
        raise InvalidInput.of(field, f"{text!r} is no cursor", way_out)
    epoch, _, number = text.rpartition(".")
    position = int(number)
    lost = _lost_to(parley, int(epoch), position, field) if epoch else None
    if lost is not None:
        rule = f"{text} leads nowhere any more: entries {lost.first} to {lost.last} of epoch "
        way_out = f"forget what came after {lost.first - 1}, and read on from there"
        raise OtherEpoch.of(field, f"{rule}{lost.epoch} were lost", way_out)
    size = parley.ledger.head().size
    if position > size:
        rule = f"the log has not come to {position}; it ends at {size}"
        raise NotFound.of(field, rule, "check which log was read, and from where on")
    return position


def _lost_to(parley: Parley, epoch: int, position: int, field: str) -> Lost | None:
    try:
        return lost_range(epochs_of(parley.ledger), epoch, position)
    except NotFound as error:
        (problem,) = error.problems
        raise NotFound.of(field, problem.rule, problem.way_out) from None
