"""What other programs do meanwhile, and the patience to measure when they do little.

A lap on a busy machine measures the scheduler. So a round begins when the
machine is calm, and one that others disturbed is thrown away, whatever it
measured; for as long as the patience lasts. Only Linux tells; elsewhere
nothing is waited for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

PATIENCE = 300.0
"""Seconds that one run waits, and spends on rounds that it throws away."""
CALM = 0.25
"""Cores that others may keep busy; the disk's own work in the kernel takes some of it."""
LOOK = 0.3
"""Seconds to look at the machine before a round; the kernel counts in hundredths."""

_PROC = Path("/proc")
_KERNEL_THREADS = 2
"""The process that all kernel threads are children of."""
_USER, _IDLE, _IOWAIT, _GUEST = 0, 3, 4, 8


class _Process(NamedTuple):
    """A process, its parent, and the ticks of it and of its children that have ended."""

    id: int
    parent: int
    ticks: int


@dataclass(slots=True)
class Calm:
    """Counts the rounds that were kept and thrown away, and what others did during the kept."""

    patience: float = PATIENCE
    kept: int = 0
    thrown: int = 0
    _others: float = 0.0
    _seconds: float = 0.0

    def wait(self) -> None:
        """Return when the machine is calm, or the patience is at its end."""
        while self.patience > 0:
            since = Since()
            sleep(LOOK)
            if since.cores_of_others() <= CALM:
                return
            self.patience -= since.seconds()

    def keeps(self, since: Since) -> bool:
        """Whether the round that began then counts."""
        seconds, cores = since.seconds(), since.cores_of_others()
        if cores > CALM and self.patience > 0:
            self.patience -= seconds
            self.thrown += 1
            return False
        self.kept += 1
        self._seconds += seconds
        self._others += cores * seconds
        return True

    def cores_of_others(self) -> float:
        """How many cores others kept busy on average during the rounds that count."""
        return self._others / self._seconds


class Since:
    """The time since it was made."""

    def __init__(self) -> None:
        self._started = monotonic()
        self._others = _seconds_of_others()

    def seconds(self) -> float:
        """How long it has been."""
        return monotonic() - self._started

    def cores_of_others(self) -> float:
        """How many cores other programs kept busy; 0 where nobody tells."""
        return max(0.0, _seconds_of_others() - self._others) / self.seconds()


def _seconds_of_others() -> float:
    if not (_PROC / "stat").exists():
        return 0.0
    ticks = [int(count) for count in (_PROC / "stat").read_text("ascii").split("\n")[0].split()[1:]]
    busy = sum(ticks[_USER:_GUEST]) - ticks[_IDLE] - ticks[_IOWAIT]
    return (busy - _ticks_of_ours()) / os.sysconf("SC_CLK_TCK")


def _ticks_of_ours() -> int:
    """The ticks of this process, of all that descend from it, and of the kernel's threads."""
    processes = [found for path in _PROC.glob("[0-9]*/stat") if (found := _read(path)) is not None]
    ours = {os.getpid()}
    while more := {p.id for p in processes if p.parent in ours} - ours:
        ours |= more
    return sum(p.ticks for p in processes if p.id in ours or p.parent == _KERNEL_THREADS)


def _read(path: Path) -> _Process | None:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        # It has ended meanwhile.
        return None
    # The name, in brackets, may hold anything; the parent is the second field after it.
    fields = text.rpartition(")")[2].split()
    return _Process(int(path.parent.name), int(fields[1]), sum(map(int, fields[11:15])))
