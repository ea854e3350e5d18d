"""What has been found so far while an export is verified: of every sort the first."""

from __future__ import annotations

from audit.report import Check, Finding, Outcome

_KEPT = 100  # Of each sort: a damaged disk may break every file of a large log.


class Findings:
    """Collects findings, and the files that were read to come to them."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.found: list[Finding] = []
        self.read: set[str] = set()
        self._counts: dict[tuple[Check, Outcome], int] = {}

    def add(
        self,
        check: Check,
        outcome: Outcome,
        message: str,
        file: str,
        span: tuple[int, int] | None = None,
    ) -> None:
        """Take note of a finding; `span` is the first and the last position it may concern.

        The walk goes from the first position to the last, so what is kept of a sort
        is what comes first in the log.
        """
        count = self._counts.get((check, outcome), 0)
        self._counts[check, outcome] = count + 1
        if count < _KEPT:
            first, last = span or (None, None)
            self.found.append(Finding(check, outcome, message, file, first, last))

    def in_order(self) -> tuple[Finding, ...]:
        """The findings in the order of the checks, and of positions within each."""
        order = list(Check)
        return tuple(
            sorted(self.found, key=lambda each: (order.index(each.check), each.first or 0))
        )

    def left_out(self) -> int:
        """How many findings were not kept."""
        return sum(max(0, count - _KEPT) for count in self._counts.values())
