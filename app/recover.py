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
from itertools import islice
from pathlib import Path

from app.backup import Progress, open_backup
from app.guard import Guard, Guarded
from app.origins import origin_of, origins_of
from app.parley import open_parley
from app.proof_files import guard_path
from app.settings import Settings
from audit.bundles import leaves_of
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.note import NoteError, VerifierKey, check_note, parse_note
from audit.policy import Policy, check_checkpoint
from audit.report import Outcome
from audit.served import UrlError, opened
from audit.source import CHECKPOINT, Source, SourceError
from audit.tiles import TileError
from audit.tree import Frontier, hash_leaf
from audit.verify import verify
from domain.errors import Conflict, InvalidInput, ParleyError
from exchange.backup_file import BackupReader
from ledger.copying import Row, add_rows
from ledger.database import transaction
from ledger.log import Ledger
from ledger.replay import lock_head, replay
from ledger.tables import log_checkpoints
from ledger.tile_store import TileStore
from ledger.transaction import Head

FIELD = "--from"


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
class Copy:
    """A newer copy of the log: how many leaves, and the checkpoints over them, the newest first.

    Some of the leaves may be newer than what was signed. `rows` are what a backup holds
    beside them.
    """

    size: int
    signed: tuple[Checkpoint, ...]
    leaves: Callable[[], Iterator[bytes]]
    rows: tuple[Row, ...] = ()


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
    and Conflict where it holds nothing that the log does not.
    """
    with Ledger(settings.database_url) as ledger:
        origin, size = origin_of(ledger), ledger.head().size
        guarded = Guard(guard_path(settings, origin)).read()
        keys = tuple(key.key for name in origins_of(ledger) for key in name.keys)
        with _copy_at(where, keys, api_key, checking) as copy:
            if copy.size <= size:
                raise Conflict.of(
                    FIELD,
                    f"the log holds {size} entries, and this copy {copy.size}: none is missing",
                    "name a newer copy",
                )
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


def _replay(ledger: Ledger, copy: Copy, guarded: Guarded | None, progress: Progress) -> Head:
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
        reached = replay(connection, head, leaves, lambda now: compare(now.size, now.frontier.root))
        if reached.size != copy.size:
            raise _refused(f"it ends after {reached.size} entries, not after {copy.size}")
        add_rows(connection, copy.rows, after=head.size)
    return reached


@contextmanager
def _copy_at(
    where: str, keys: tuple[VerifierKey, ...], api_key: str | None, progress: Progress
) -> Iterator[Copy]:
    """The copy that somebody names, read to its end and found to be what was written."""
    try:
        if "://" not in where and Path(where).is_file():
            with _backup(Path(where), keys, progress) as copy:
                yield copy
            return
        with opened(where, api_key) as source:
            yield _export(source, keys, progress)
    except UrlError as fault:
        raise InvalidInput.of(FIELD, str(fault), "name a folder, a file or a URL") from None
    except (SourceError, TileError) as fault:
        raise _refused(str(fault)) from None


def _export(source: Source, keys: tuple[VerifierKey, ...], progress: Progress) -> Copy:
    def tell(done: int, size: int) -> None:
        progress(done, size)

    report = verify(source, Policy(keys), progress=tell)
    if report.outcome is not Outcome.PROVEN or report.checkpoint is None:
        found = "; ".join(map(str, report.findings[:3])) or "nothing is proven"
        raise _refused(f"it is not what this log has signed: {found}")
    # Read once more, in case it is not the one that was verified by now.
    note = source.read(CHECKPOINT, 1_000_000) or b""
    signed = check_checkpoint(note, Policy(keys), quorum=False).checkpoint
    return Copy(signed.size, (signed,), lambda: leaves_of(source, signed.size))


@contextmanager
def _backup(path: Path, keys: tuple[VerifierKey, ...], progress: Progress) -> Iterator[Copy]:
    with open_backup(path) as file:
        reader = BackupReader(file)
        rows = tuple(reader.rows())
        for number, _ in enumerate(reader.leaves(), start=1):
            progress(number, reader.head.size)
        if reader.head.checkpoint is None:
            raise _refused("the log had signed nothing when it was made")
        newest = _signed(reader.head.checkpoint.encode(), keys)
        notes = [row["note"] for name, row in rows if name == log_checkpoints.name]
        signed = (newest, *(_signed(note, keys) for note in notes))

        def leaves() -> Iterator[bytes]:
            file.seek(0)
            again = BackupReader(file)
            for _ in again.rows():
                pass
            yield from again.leaves()

        yield Copy(reader.head.size, signed, leaves, rows)


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
        "name a newer export or backup of the same log, or open a new epoch (--new-epoch)",
    )
