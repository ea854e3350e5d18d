"""The table of recordings while it is written: for every entry what its recorder had come to.

The sums of a recorder are read once, when their first entry of a projector comes, and
carried on in memory from there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import Connection

from domain.entry import Entry
from projections.bulk_rows import insert_rows
from projections.recorder_query import sums_of, sums_on_steps
from projections.recorders import SUMS, act_of, delay_of, has_recorder, step_of
from projections.register_tables import RECORDINGS
from projections.tables import FOR_EVER

KEPT = 10_000
"""Recorders whose sums stay in memory, some kilobytes each."""


@dataclass(slots=True)
class _Sums:
    """What a recorder has come to: acts by name, delays by step."""

    acts: Counter[str] = field(default_factory=Counter)
    dated: int = 0
    least: int | None = None
    most: int | None = None
    steps: Counter[int] = field(default_factory=Counter)

    def add(self, act: str, delay: int | None) -> tuple[int | None, int | None]:
        """Take one more entry in; its step, and how many are on it now."""
        self.acts[act] += 1
        if delay is None:
            return None, None
        self.dated += 1
        self.least = delay if self.least is None else min(self.least, delay)
        self.most = delay if self.most is None else max(self.most, delay)
        step = step_of(delay)
        self.steps[step] += 1
        return step, self.steps[step]


class RecorderIndex:
    """One edition of the recordings: told every entry, once, in log order."""

    def __init__(self, edition: int) -> None:
        """Write to the table of this edition."""
        self._edition = edition
        self._told: list[tuple[str, int, str, int | None]] = []
        self._sums: dict[str, _Sums] = {}

    def tell(self, entry: Entry) -> None:
        """Gather who did what, and how long after it happened."""
        if has_recorder(entry):
            told = (entry.recorded_by, entry.position, act_of(entry), delay_of(entry))
            self._told.append(told)

    def write(self, connection: Connection) -> None:
        """Write what was gathered since the last time."""
        if len(self._sums) > KEPT:
            self._sums = {}
        for subject in {told[0] for told in self._told} - self._sums.keys():
            self._sums[subject] = self._read(connection, subject)
        rows = [self._row(*told) for told in self._told]
        insert_rows(connection, RECORDINGS[self._edition], rows)
        self._told = []

    def _read(self, connection: Connection, subject: str) -> _Sums:
        found = sums_of(connection, self._edition, subject, FOR_EVER)
        if found is None:
            return _Sums()
        return _Sums(
            acts=Counter({act: getattr(found, act) for act in SUMS}),
            dated=found.dated,
            least=found.least,
            most=found.most,
            steps=Counter(dict(sums_on_steps(connection, self._edition, subject, FOR_EVER))),
        )

    def _row(
        self, subject: str, position: int, act: str, delay: int | None
    ) -> tuple[str | int | None, ...]:
        """A row in the order of the columns."""
        sums = self._sums[subject]
        step, on_step = sums.add(act, delay)
        acts = (sums.acts[name] for name in SUMS)
        return subject, position, *acts, sums.dated, sums.least, sums.most, step, on_step
