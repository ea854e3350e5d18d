"""Ask every witness while a server runs: each at its own pace, none holding up another."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from threading import Thread
from time import monotonic

from app.ask_witnesses import AskedWitness, WitnessFailed, ask_witness, read_witnesses
from app.parley import Parley
from app.sign_checkpoint import sign_checkpoint
from domain.errors import ParleyError
from ledger import checkpoints
from ledger.checkpoints import StoredCheckpoint

LOG = logging.getLogger("parley.proof")
AGAIN = 60.0
"""Seconds after which a witness that did not cosign is asked again."""
FRESH = 3_600.0
"""Seconds after which a checkpoint is shown once more, so that its cosignature says: still so."""
PATIENCE = 5.0
"""Seconds that requests in work have when the server ends; a witness keeps what it has seen."""
WAIT = 30.0
"""Seconds that a command waits for all witnesses: three requests that take as long as they may."""


class Cosigning:
    """The witnesses of the settings and when each is to be asked; raises InvalidInput."""

    def __init__(self, parley: Parley) -> None:
        self._asking = tuple(
            _Asking(parley, witness) for witness in read_witnesses(parley.settings.witnesses)
        )

    def look(self, newest: StoredCheckpoint) -> None:
        """Ask whoever has yet to cosign the newest checkpoint; returns at once."""
        for asking in self._asking:
            asking.begin(newest)

    def wait(self, patience: float = PATIENCE) -> None:
        """Wait so many seconds, all in all, for those that are being asked."""
        _join((asking.thread for asking in self._asking if asking.thread is not None), patience)


class _Asking:
    """One witness: what it cosigned last, and how it went."""

    def __init__(self, parley: Parley, witness: AskedWitness) -> None:
        self._parley, self._witness = parley, witness
        self.thread: Thread | None = None
        self._size, self._fresh_until, self._not_before = 0, 0.0, 0.0
        self._failed = ""

    def begin(self, newest: StoredCheckpoint) -> None:
        now = monotonic()
        due = newest.size > self._size or now >= self._fresh_until
        busy = self.thread is not None and self.thread.is_alive()
        if busy or not due or now < self._not_before:
            return
        name = f"witness {self._witness.name!a:.40}"
        # A witness that answers never must not keep the process from ending.
        self.thread = Thread(target=self._ask, args=(newest,), name=name, daemon=True)
        self.thread.start()

    def _ask(self, newest: StoredCheckpoint) -> None:
        try:
            ask_witness(self._parley, self._witness, newest)
        except (WitnessFailed, ParleyError) as fault:
            self._fail(str(fault))
        except Exception:
            # On a thread of its own nobody else would write it down.
            LOG.exception("defect")
            self._not_before = monotonic() + AGAIN
        else:
            if self._failed:
                LOG.info("witness %a cosigns again", self._witness.name)
            self._size, self._failed = newest.size, ""
            self._fresh_until = monotonic() + FRESH

    def _fail(self, reason: str) -> None:
        self._not_before = monotonic() + AGAIN
        # Once for each reason, however often it is asked.
        if reason != self._failed:
            LOG.warning("witness %a did not cosign: %s", self._witness.name, reason)
        self._failed = reason


def sign_and_ask(parley: Parley, *, new_guard: bool = False) -> tuple[StoredCheckpoint, list[str]]:
    """Sign, ask all witnesses side by side, wait; gives the checkpoint then, and who failed.

    Whoever has not answered within WAIT seconds has failed.

    Raises InvalidInput for a policy that cannot be read, and then nothing is signed, and
    what `sign_checkpoint` raises.
    """
    witnesses = read_witnesses(parley.settings.witnesses)
    newest = sign_checkpoint(parley, new_guard=new_guard)
    said = dict.fromkeys(witnesses, f"no answer within {WAIT:.0f} seconds")

    def ask(witness: AskedWitness) -> None:
        try:
            ask_witness(parley, witness, newest)
        except (WitnessFailed, ParleyError) as fault:
            said[witness] = str(fault)
        else:
            del said[witness]

    threads = [Thread(target=ask, args=(witness,), daemon=True) for witness in witnesses]
    for thread in threads:
        thread.start()
    _join(threads, WAIT)
    failed = [f"witness {each.name!a:.80} did not cosign: {why}" for each, why in [*said.items()]]
    return checkpoints.at(parley.ledger.engine, newest.size) or newest, failed


def _join(threads: Iterable[Thread], patience: float) -> None:
    """Wait so many seconds, all in all."""
    end = monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, end - monotonic()))
