"""Take in what is recorded while a server runs, so that no question has to do it first.

Every process of a server does this for itself; of several on one database one takes in
each entry, because the edition moves on by compare-and-set (`projections.projector`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from app.parley import Parley
from domain.errors import Unavailable

LOG = logging.getLogger("parley.read-model")
REST = 0.1
"""Seconds after which to look again: what is recorded meanwhile is taken in at once, because on
SQLite nobody can write while it is, however little it is."""
AGAIN = 1.0
"""Seconds after which to try again where the database was away or took no writes."""
PATIENCE = 20.0
"""Seconds that a step in work has to be done when the server ends."""


@contextmanager
def keeping_up(parley: Parley) -> Iterator[None]:
    """Bring the read model along in a thread of its own for as long as this lasts."""
    stop = Event()
    # A database that does not answer must not keep the process from ending.
    thread = Thread(target=_run, args=(parley, stop), name="projector", daemon=True)
    parley.read_model.is_followed = True
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        parley.read_model.is_followed = False


def _run(parley: Parley, stop: Event) -> None:
    told: str | None = None
    while not stop.is_set():
        try:
            for _ in parley.ledger.sizes(stop=stop):
                _take_in_all(parley, stop)
                told = None
                stop.wait(REST)
        except Unavailable as refusal:
            # Said once: it may last, and is tried again every second.
            if str(refusal) != told:
                told = str(refusal)
                LOG.warning("%s", refusal)
        except Exception:
            LOG.exception("defect")
        stop.wait(AGAIN)


def _take_in_all(parley: Parley, stop: Event) -> None:
    while not stop.is_set() and parley.read_model.take_in():
        pass
