"""Sign checkpoints of the log, and nothing that might ever have to be taken back.

Before each signature three things are compared: the root from the tiles and the one
from the head of the log; the last checkpoint and what the log holds under it now; and
the guard, which no restored database can take back. What is refused is refused by name,
and nothing is signed.

Whoever signs holds the lock of the guard, so one process of a machine does at a time.
Between machines the database decides: of two checkpoints that follow the same one it
takes one, and the other has never been shown to anybody.
"""

from __future__ import annotations

from app.guard import Guard
from app.origins import keys_of, origins_of
from app.parley import Parley
from app.signing_files import guard_path
from app.signing_key import Keyring, open_keyring
from audit.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from audit.note import Note, NoteError, check_note, format_note, parse_note
from audit.proof import ProofError, check_consistency, prove_consistency
from audit.tree import TreeError
from domain.errors import TreeBroken
from ledger import checkpoints
from ledger.checkpoints import StoredCheckpoint
from ledger.tile_store import TileStore, root_at
from ledger.transaction import Head

_DAMAGED = "record nothing more in it, keep it for whoever looks into it, and restore a copy"


def sign_checkpoint(parley: Parley, *, new_guard: bool = False) -> StoredCheckpoint:
    """Sign the log as it stands; the newest checkpoint where nothing was recorded since.

    Durable when it returns. With `new_guard` a guard that is missing is made anew from
    the newest checkpoint. Raises SigningRefused of the sort that fits, and what the
    database refuses.
    """
    names = origins_of(parley.ledger)
    origin = names[-1].origin
    guard = Guard(guard_path(parley.settings, origin))
    with guard.locked():
        # Only what is committed, and so on the disk, is seen here.
        newest = checkpoints.newest(parley.ledger.engine)
        head = parley.ledger.head()
        tiles = TileStore(parley.ledger.engine)
        kept = guard.read_for(origin, {name.origin for name in names})
        if kept is not None:
            kept.check_unaltered(keys_of(names))
            kept.check_size(head.size)
            kept.check_root(root_at(tiles.reader(head.size), kept.checkpoint.size))
        # Another name of the log begins with a key of its own.
        signed = newest is not None and newest.origin == origin
        keyring = open_keyring(parley, signed=signed or kept is not None)
        if kept is not None:
            kept.check_signed(keyring.known)
        elif newest is not None and signed:
            if not new_guard:
                raise guard.missing(newest.size)
            guard.write(newest.note)
        _check_newest(newest, head, tiles, keyring)
        if newest is None or newest.size < head.size:
            newest = _sign(parley, guard, keyring, _Next(origin, head, newest), tiles)
        keyring.settle()
    return newest


class _Next:
    """What is to be signed: the log under its name, after the newest checkpoint."""

    def __init__(self, origin: str, head: Head, after: StoredCheckpoint | None) -> None:
        self.origin, self.head, self.after = origin, head, after
        self.follows = 0 if after is None else after.size


def _sign(
    parley: Parley, guard: Guard, keyring: Keyring, what: _Next, tiles: TileStore
) -> StoredCheckpoint:
    size, root = what.head.size, what.head.root
    tiles.build(size, checked=what.follows)
    if root_at(tiles.reader(size), size) != root:
        raise broken(f"the entries up to {size} do not have the root that its head has")
    if what.after is not None:
        _check_continues(what.after, size, root, tiles)
    text = format_checkpoint(Checkpoint(what.origin, size, root))
    note = format_note(Note(text, tuple(signer.sign(text) for signer in keyring.signers)))
    # Before it is published: who restores a database a moment later has a guard that knows.
    guard.write(note)
    signed = StoredCheckpoint(what.origin, size, root, parley.clock(), note)
    if checkpoints.add(parley.ledger.engine, signed, what.follows):
        return signed
    # Another machine was quicker, and what was signed here stays here.
    return checkpoints.newest(parley.ledger.engine) or signed


def _check_newest(
    newest: StoredCheckpoint | None, head: Head, tiles: TileStore, keyring: Keyring
) -> None:
    """Raise TreeBroken unless a key of the log signed the newest one, over what the log holds."""
    if newest is None:
        return
    try:
        note = parse_note(newest.note)
        signed = parse_checkpoint(note.text)
        ours = check_note(note, keyring.known)
    except NoteError as fault:
        raise broken(
            f"the checkpoint of size {newest.size} is not what was signed: {fault}"
        ) from None
    if not ours or (signed.origin, signed.size, signed.root) != (
        newest.origin,
        newest.size,
        newest.root,
    ):
        raise broken(f"the checkpoint of size {newest.size} is not what was signed")
    if newest.size > head.size or root_at(tiles.reader(head.size), newest.size) != newest.root:
        raise broken(f"the entries up to {newest.size} are not those that were signed")


def _check_continues(last: StoredCheckpoint, size: int, root: bytes, tiles: TileStore) -> None:
    try:
        proof = prove_consistency(tiles.reader(size), last.size, size)
        check_consistency(last.size, size, proof, last.root, root)
    except (ProofError, TreeError) as fault:
        raise broken(f"it does not continue the last checkpoint: {fault}") from None


def broken(found: str) -> TreeBroken:
    """The log is not what was signed: this was found."""
    rule = f"the log is not what was signed: {found}. Nothing is signed"
    return TreeBroken.of("PARLEY_DATABASE_URL", rule, _DAMAGED)
