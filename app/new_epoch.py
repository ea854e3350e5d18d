"""Open a log again after a loss that no copy can make good: another epoch, origin and key.

The tree begins with the entries that survived, byte for byte. Then `log.reopened` says
what was lost, why the log goes on all the same, and who approved of it: two people at
least, since what others were told is given up here. The name that the log had is never
signed again: its guard holds the checkpoint of the new name from now on, so that a copy
from before the loss, found later, is refused as another log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.guard import Guard
from app.origins import OriginName, origins_of
from app.owned_files import meant, move_over
from app.parley import Parley
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import guard_path, signing_key_path
from app.signing_key import read_signer
from domain.entry import LOG_STREAM, Draft
from domain.errors import Conflict, InvalidInput, NotFound
from domain.log import LogReopened
from ledger.checkpoints import StoredCheckpoint
from ledger.tile_store import TileStore, root_at

MIN_APPROVERS = 2
RETIRED = ".retired"
"""What the guard of a name is called besides that is never signed again."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The epoch that was opened, what it lacks of the one before, and its first checkpoint."""

    epoch: int
    origin: str
    predecessor: str
    kept: int
    lost_first: int
    lost_last: int
    position: int
    checkpoint: str


def open_epoch(
    parley: Parley,
    *,
    reason: str,
    approvers: Sequence[str],
    origin: str | None = None,
    subject: str | None = None,
) -> Reopened:
    """Open the log under another name, sign it, and retire the name that it had.

    Interrupted, it is finished by being done again. Raises InvalidInput for fewer than two
    different approvers or a name that was used; Conflict where nothing is lost, BehindGuard
    where entries stand that were never signed in the place of those that were, and what
    signing refuses.
    """
    names = origins_of(parley.ledger)
    if _is_unfinished(parley, names):
        return _finish(parley, names)
    last = names[-1].origin
    lost = _lost(parley, last)
    name = _name(names, origin)
    event = LogReopened(
        origin=name,
        predecessor=last,
        lost=lost,
        reason=_said("--reason", reason),
        approvers=_different(approvers),
    )
    _check_files(parley, name)
    version = len(parley.ledger.stream(LOG_STREAM))
    who = parley.settings.subject if subject is None else subject
    draft = Draft(event, LOG_STREAM, parley.new_id(), who, expected_version=version)
    # Nothing else may be recorded behind the guard, but this is the way out of it.
    parley.ledger.seal(None)
    parley.ledger.append([draft])
    return _finish(parley, origins_of(parley.ledger))


def _finish(parley: Parley, names: Sequence[OriginName]) -> Reopened:
    """Sign the new name, then see to it that the old one is never signed again."""
    signed = sign_checkpoint(parley)
    retire(parley, signed)
    parley.signing.refused = None
    *_, before, newest = names
    if newest.lost is None:
        raise NotFound.of("log", "the log was never opened again", "look at `parley log`")
    return Reopened(
        len(names),
        newest.origin,
        before.origin,
        newest.since - 1,
        *newest.lost,
        newest.since,
        signed.note.decode(),
    )


def retire(parley: Parley, signed: StoredCheckpoint) -> None:
    """Put what was signed under the newest name in the place of every older guard.

    Whoever finds it there has another log than the one that goes on. What it held is
    kept beside it.
    """
    for name in origins_of(parley.ledger)[:-1]:
        path = meant(guard_path(parley.settings, name.origin))
        guard = Guard(path)
        with guard.locked():
            kept = guard.read()
            if kept is None or kept.checkpoint.origin == name.origin:
                if kept is not None:
                    move_over(path, path.with_name(path.name + RETIRED))
                guard.write(signed.note)


def _is_unfinished(parley: Parley, names: Sequence[OriginName]) -> bool:
    """Whether the log was opened again, and one of its old names could still be signed."""
    guards = (Guard(guard_path(parley.settings, name.origin)).read() for name in names[:-1])
    return any(
        kept is None or kept.checkpoint.origin == name.origin
        for name, kept in zip(names[:-1], guards, strict=True)
    )


def _lost(parley: Parley, origin: str) -> tuple[int, int]:
    """The positions that were signed and that the log lacks, both included."""
    kept = Guard(guard_path(parley.settings, origin)).read_for(origin, {origin})
    size = parley.ledger.head().size
    if kept is not None and kept.checkpoint.size <= size:
        # The tree of an epoch begins with what survived, and what was never signed cannot be
        # taken out of this database.
        tiles = TileStore(parley.ledger.engine)
        kept.check_root(root_at(tiles.reader(size), kept.checkpoint.size))
    if kept is None or kept.checkpoint.size <= size:
        raise Conflict.of(
            "--new-epoch",
            f"nothing is lost as far as the guard knows: the log holds {size} entries",
            "put the guard of the log in its place, or go on as before",
        )
    return size + 1, kept.checkpoint.size


def _name(names: Sequence[OriginName], given: str | None) -> str:
    used = {each.origin for each in names}
    name = f"{names[0].origin}/{len(names) + 1}" if given is None else given
    if name in used:
        raise InvalidInput.of(
            "--origin", f"the log has gone by {name} before", "choose another name"
        )
    return name


def _different(approvers: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(each.strip() for each in approvers if each.strip()))
    if len({each.casefold() for each in names}) < MIN_APPROVERS:
        raise InvalidInput.of(
            "--approver",
            f"two different people have to approve, here {len(names)}",
            "name each with an --approver of their own",
        )
    return names


def _said(field: str, text: str) -> str:
    if not text.strip():
        raise InvalidInput.of(field, "nothing is said", "say why the log goes on without them")
    return text.strip()


def _check_files(parley: Parley, origin: str) -> None:
    """Refuse before anything is recorded where the new name could not be signed."""
    path = signing_key_path(parley.settings, origin)
    found = read_signer(path)
    if found is not None and found.key.name != origin:
        raise InvalidInput.of(
            "PARLEY_SIGNING_KEY_FILE",
            f"{path} holds the key of {found.key.name}, which is never to sign again",
            "set it to a file that is not there yet, or unset it",
        )
