"""Parley, wired: the settings, the log, the clock and the source of ids."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from uuid import UUID

from app.guard import Guard
from app.ids import id_maker
from app.origins import keys_of, origins_of
from app.settings import Settings
from app.signing import Signing
from app.signing_files import guard_path
from audit.leaf import LEAF_VERSION
from domain.entry import LOG_STREAM, Draft
from domain.errors import BehindGuard, DatabaseDamaged, GuardUnusable, VersionConflict
from domain.log import LogOpened
from domain.story import RULES
from ledger.factory import system_clock, system_nonce
from ledger.log import Ledger
from ledger.tile_store import TileStore, root_at
from projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Parley:
    """What every action of a user works with.

    `clock` gives microseconds since the epoch, UTC; `new_id` an id at each call.
    """

    settings: Settings
    ledger: Ledger
    read_model: ReadModel
    clock: Callable[[], int]
    new_id: Callable[[], UUID]
    signing: Signing = field(default_factory=Signing)


@contextmanager
def open_parley(
    settings: Settings,
    *,
    clock: Callable[[], int] = system_clock,
    nonce: Callable[[], bytes] = system_nonce,
    new_id: Callable[[], UUID] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Iterator[Parley]:
    """Parley on the database of the settings, whose tables must be there already.

    The first start writes `log.opened`. `progress` is told how far a read model has
    come that has to catch up before it answers: entries taken in, and how many there
    are to take in. Raises the refusals of `ledger.log`.
    """
    make_id = new_id if new_id is not None else id_maker(clock, os.urandom)
    ledger = Ledger(settings.database_url, clock=clock, nonce=nonce)
    try:
        parley = Parley(settings, ledger, ReadModel(ledger, progress), clock, make_id)
        if ledger.head().size == 0:
            _open_log(parley)
        _seal_if_behind(parley)
        yield parley
    finally:
        ledger.close()


def _open_log(parley: Parley) -> None:
    """Write the first entry of the log, unless another process was quicker."""
    opening = parley.new_id()
    event = LogOpened(
        origin=parley.settings.origin or f"parley.local/{opening}",
        leaf=LEAF_VERSION,
        rules=RULES,
        parley=version("parley"),
    )
    draft = Draft(event, LOG_STREAM, opening, parley.settings.subject, expected_version=0)
    try:
        parley.ledger.append([draft])
    except VersionConflict:
        # Two processes may start on an empty log; the first one has opened it.
        return


def _seal_if_behind(parley: Parley) -> None:
    """Refuse to record in a log that is not the one that was signed, or an older copy of it.

    A guard that cannot be read here stops nobody but the one who signs: people who
    record on the command line need not be its owner. Nor does a log without a name.
    """
    try:
        with suppress(GuardUnusable, DatabaseDamaged):
            names = origins_of(parley.ledger)
            origin = names[-1].origin
            guard = Guard(guard_path(parley.settings, origin))
            kept = guard.read_for(origin, {name.origin for name in names})
            if kept is None:
                return
            kept.check_unaltered(keys_of(names))
            size = parley.ledger.head().size
            kept.check_size(size)
            tiles = TileStore(parley.ledger.engine)
            kept.check_root(root_at(tiles.reader(size), kept.checkpoint.size))
    except BehindGuard as refusal:
        parley.signing.refused = refusal
        parley.ledger.seal(refusal)
