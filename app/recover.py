"""Bring back entries that a restored log lost, from a newer copy of the same log.

They come back as they were: bytes, positions, recorded times, ids and versions. A
copy is an audit export or a backup. It has to begin with every entry that the log
still holds, and at the size that was signed last it has to have the root that the
guard keeps; otherwise nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from app.backup import open_backup
from app.guard import ANEW, Guard, Guarded
from app.origins import origin_of, origins_of
from app.parley import open_parley
from app.settings import Settings
from app.signing_files import guard_path, signing_key_path
from app.signing_key import read_signer
from audit.checkpoint import Checkpoint, CheckpointError, checkpoint_in, parse_checkpoint
from audit.note import MAX_NOTE, NoteError, VerifierKey, check_note, parse_note
from audit.policy import Policy
from audit.read_tiles import leaves_of
from audit.report import Outcome
from audit.served import UrlError, opened
from audit.source import CHECKPOINT, Source, SourceError
from audit.tree import Frontier, hash_leaf
from audit.verify import verify
from audit.walk import Progress
from domain.errors import Conflict, InvalidInput, ParleyError
from exchange.backup_file import BackupReader, check_backup
from ledger.copying import Row, add_rows
from ledger.database import transaction
from ledger.log import Ledger
from ledger.replay import ReplayRefused, be_patient, lock_head, replay
from ledger.tables import log_checkpoints
from ledger.tile_store import TileStore, root_at
from ledger.transaction import Head

FIELD = "--from"

KeysOf: TypeAlias = Callable[[str], tuple[VerifierKey, ...]]
"""Which keys count for a copy that says it is of an origin."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many entries came back, and how far the log goes now.

    `guarded` is the size that was signed last, None where there is no guard; `signs` says
    whether the log is whole as far as the guard knows, and signs again.
    """

    origin: str
    recovered: int
    entries: int
    root: str
    guarded: int | None
    signs: bool


@dataclass(frozen=True, slots=True)
class NewerCopy:
    """A newer copy of the log: how many leaves, and the checkpoints over them, the newest first.

    Some of the leaves may be newer than what was signed. `rows` are what a backup holds
    beside them.
    """

    size: int
    signed: tuple[Checkpoint, ...]
    leaves: Callable[[], Iterator[bytes]]
    rows: Callable[[], Iterator[Row]] = lambda: iter(())


def recover(
    settings: Settings,
    where: str,
    checking: Progress,
    recovering: Progress,
    *,
    api_key: str | None = None,
) -> Recovered:
    """Replay the entries that the log lacks from a copy: all that continue it, or none.

    `where` is the folder of an export, the URL of a mirror or the file of a backup. Raises
    InvalidInput for a copy that is damaged, not signed by this log or of other entries,
    Conflict where it holds nothing that the log does not, and BehindGuard for a log that
    no copy can mend, since other entries stand where it was signed.
    """
    with Ledger(settings.database_url) as ledger:
        size = ledger.head().size
        _check_log(settings, ledger, size)
        with _copy_at(where, partial(_keys, settings, ledger), api_key, checking) as copy:
            if copy.size <= size:
                raise Conflict.of(
                    FIELD,
                    f"the log holds {size} entries, and this copy {copy.size}: none is missing",
                    "name a newer copy",
                )
            origin = origin_of(ledger) if size else copy.signed[0].origin
            guarded = Guard(guard_path(settings, origin)).read()
            head = _replay(ledger, copy, guarded, recovering)
        TileStore(ledger.engine).build(copy.signed[0].size)
    with open_parley(settings, progress=recovering) as parley:
        parley.read_model.bring_to(head.size)
    known = None if guarded is None else guarded.checkpoint.size
    return Recovered(
        origin=origin,
        recovered=head.size - size,
        entries=head.size,
        root=head.root.hex(),
        guarded=known,
        signs=known is not None and known <= head.size,
    )


def _check_log(settings: Settings, ledger: Ledger, size: int) -> None:
    """Raise BehindGuard where entries stand that were never signed in the place of those that were.

    Fewer than were signed are what this is for.
    """
    if not size:
        return
    kept = Guard(guard_path(settings, origin_of(ledger))).read()
    if kept is not None and kept.checkpoint.size <= size:
        tiles = TileStore(ledger.engine)
        kept.check_root(root_at(tiles.reader(size), kept.checkpoint.size))


def _keys(settings: Settings, ledger: Ledger, origin: str) -> tuple[VerifierKey, ...]:
    """The keys that a copy has to be signed with: those of the log, and the one that it uses.

    A key may have been announced by an entry that is lost, and an empty database knows
    none. The signing key outlives both, and its owner is who recovers.
    """
    known = origins_of(ledger) if ledger.head().size else ()
    keys = [key.key for name in known for key in name.keys]
    path = signing_key_path(settings, origin)
    signer = read_signer(path)
    if signer is not None and signer.key.name == origin and signer.key not in keys:
        keys.append(signer.key)
    if not keys:
        raise InvalidInput.of(
            "PARLEY_SIGNING_KEY_FILE",
            f"the log has no key, and there is no file {path}: nothing says whether the copy is "
            "its own",
            "put the signing key of the log there, or restore a backup first",
        )
    return tuple(keys)


def _replay(ledger: Ledger, copy: NewerCopy, guarded: Guarded | None, progress: Progress) -> Head:
    """Compare all of the copy, and insert what is new in it, in one transaction."""
    due = [(each.size, each.root, "a checkpoint of its own") for each in copy.signed]
    if guarded is not None and guarded.checkpoint.size <= copy.size:
        due.append((guarded.checkpoint.size, guarded.checkpoint.root, "the guard"))
    claims: dict[int, list[tuple[bytes, str]]] = defaultdict(list)

    def compare(size: int, root: Callable[[], bytes]) -> None:
        for claimed, whose in claims.get(size, ()):
            if root() != claimed:
                raise _refused(f"its first {size} entries do not have the root in {whose}")
        if size % 1_000 == 0 or size == copy.size:
            progress(size, copy.size)

    with transaction(ledger.engine) as connection:
        be_patient(connection)
        head = lock_head(connection)
        due.append((head.size, head.root, "this log, so that is another or one was changed"))
        for size, claimed, whose in due:
            claims[size].append((claimed, whose))
        leaves = copy.leaves()
        frontier = Frontier()
        for leaf in islice(leaves, head.size):
            frontier = frontier.append(hash_leaf(leaf))
            compare(frontier.size, frontier.root)
        if frontier.size != head.size:
            raise _refused(f"it ends after {frontier.size} entries")
        try:
            reached = replay(
                connection, head, leaves, lambda now: compare(now.size, now.frontier.root)
            )
        except ReplayRefused as fault:
            raise _refused(str(fault)) from None
        if reached.size != copy.size:
            raise _refused(f"it ends after {reached.size} entries, not after {copy.size}")
        add_rows(connection, copy.rows(), after=head.size)
    return reached


@contextmanager
def _copy_at(
    where: str, keys_of: KeysOf, api_key: str | None, progress: Progress
) -> Iterator[NewerCopy]:
    """The copy that somebody names, read to its end and found to be what was written."""
    try:
        if "://" not in where and Path(where).is_file():
            with _backup(Path(where), keys_of, progress) as copy:
                yield copy
            return
        with opened(where, api_key) as source:
            yield _export(source, keys_of, progress)
    except UrlError as fault:
        raise InvalidInput.of(FIELD, str(fault), "name a folder, a file or a URL") from None
    except (CheckpointError, SourceError) as fault:
        raise _refused(str(fault)) from None


def _export(source: Source, keys_of: KeysOf, progress: Progress) -> NewerCopy:
    keys = keys_of(checkpoint_in(source.read(CHECKPOINT, MAX_NOTE) or b"").origin)
    report = verify(source, Policy(keys), progress=progress)
    if report.outcome is not Outcome.PROVEN or report.checkpoint is None:
        found = "; ".join(map(str, report.findings[:3])) or "nothing is proven"
        raise _refused(f"it is not what this log has signed: {found}")
    signed = report.checkpoint
    return NewerCopy(signed.size, (signed,), lambda: leaves_of(source, signed.size))


@contextmanager
def _backup(path: Path, keys_of: KeysOf, progress: Progress) -> Iterator[NewerCopy]:
    with open_backup(path) as file:
        # Nothing is kept before the hash was compared: a small file may unpack to a large one.
        head = check_backup(file, progress)
        keys = keys_of(head.origin)
        if head.checkpoint is None:
            raise _refused("the log had signed nothing when it was made")

        def rows() -> Iterator[Row]:
            file.seek(0)
            return BackupReader(file).rows()

        def leaves() -> Iterator[bytes]:
            file.seek(0)
            again = BackupReader(file)
            for _ in again.rows():
                pass
            yield from again.leaves()

        newest = _signed(head.checkpoint.encode(), keys)
        notes = (row["note"] for name, row in rows() if name == log_checkpoints.name)
        signed = (newest, *(_signed(note, keys) for note in notes))
        yield NewerCopy(head.size, signed, leaves, rows)


def _signed(note: bytes, keys: tuple[VerifierKey, ...]) -> Checkpoint:
    """The checkpoint in a note that this log has signed, under whichever of its names."""
    try:
        parsed = parse_note(note)
        if check_note(parsed, keys):
            return parse_checkpoint(parsed.text)
        reason = "no key of this log has signed it"
    except NoteError as fault:
        reason = str(fault)
    raise _refused(f"a checkpoint in it is not the log's: {reason}")


def _refused(rule: str) -> ParleyError:
    return InvalidInput.of(
        FIELD,
        f"this copy does not continue the log: {rule}",
        "name a newer export or backup of the same log; if others were recorded here in the place "
        f"of lost entries, {ANEW}; where there is no copy, open a new epoch (--new-epoch)",
    )
