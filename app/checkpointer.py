"""Sign checkpoints while a server runs, and say so where it cannot be done.

Every process of a server does this. Whoever finds something new signs it; the
others find that it was signed (`app.sign_checkpoint`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from app.cosigning import Cosigning
from app.parley import Parley
from app.sign_checkpoint import sign_checkpoint
from domain.errors import BehindGuard, ParleyError, SigningRefused
from ledger.checkpoints import StoredCheckpoint

LOG = logging.getLogger("parley.proof")
EVERY = 10.0
"""Seconds between two looks at the log: what is recorded is signed within fifteen."""
IDLE = 3_600.0
"""Seconds after which a log that has not grown is held against what was signed all the same."""
PATIENCE = 5.0
"""Seconds that a checkpoint in work has to be done when the server ends; one that is cut off
is nowhere half there, and the next process signs it."""


@contextmanager
def checkpointing(parley: Parley, every: float = EVERY) -> Iterator[None]:
    """Sign in a thread of its own for as long as this lasts; what is in work then is finished.

    Raises InvalidInput for witnesses that cannot be read.
    """
    stop, work = Event(), Checkpointer(parley)
    thread = Thread(target=_run, args=(work, stop, every), name="checkpointer")
    # A lock that nobody gives back must not keep the process from ending.
    thread.daemon = True
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        work.cosigning.wait()


def _run(work: Checkpointer, stop: Event, every: float) -> None:
    while not stop.is_set():
        work.look()
        stop.wait(every)


class Checkpointer:
    """Looks whether there is something to sign, and keeps `Parley.signing` true."""

    def __init__(self, parley: Parley) -> None:
        self._parley = parley
        self._looked = -IDLE
        self._newest: StoredCheckpoint | None = None
        self.cosigning = Cosigning(parley)

    def look(self) -> None:
        """Sign what is new, and say where that is refused; never raises."""
        try:
            if self._is_due():
                self._signed(sign_checkpoint(self._parley))
            if self._newest is not None and self._parley.signing.refused is None:
                self.cosigning.look(self._newest)
        except ParleyError as refusal:
            self._refused(refusal)
        except Exception:
            # If this ended, nothing would be signed any more, and nobody would be told.
            LOG.exception("defect")
            rule = "signing failed, which is the fault of Parley itself"
            way_out = "report it to its maintainers, with what the server has logged"
            self._refused(SigningRefused.of("checkpoint", rule, way_out))

    def _is_due(self) -> bool:
        state = self._parley.signing
        if state.refused is not None or monotonic() - self._looked >= IDLE:
            return True
        head, newest = self._parley.ledger.head(), self._newest
        # A log that is smaller, or another of the same size, was put back under the server.
        return newest is None or (head.size, head.root) != (newest.size, newest.root)

    def _signed(self, newest: StoredCheckpoint) -> None:
        state = self._parley.signing
        self._newest, self._looked = newest, monotonic()
        if newest.size != state.size:
            LOG.info("checkpoint of size %d: root %s", newest.size, newest.root.hex())
        if state.refused is not None:
            LOG.info("signing again")
        state.size, state.refused = newest.size, None
        self._parley.ledger.seal(None)

    def _refused(self, refusal: ParleyError) -> None:
        state = self._parley.signing
        # Once for each reason: the next look is seconds away.
        if state.refused is None or str(state.refused) != str(refusal):
            LOG.error("nothing is signed: %s", refusal)
        state.refused = refusal
        if isinstance(refusal, BehindGuard):
            self._parley.ledger.seal(refusal)
