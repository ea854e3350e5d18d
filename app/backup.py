"""Copy a log into one file, and put it back into an empty database, whole or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import IO, Self

from sqlalchemy import Engine

from app.accesses import Taken
from app.guard import Guard
from app.origins import names_of
from app.owned_files import sync_folder
from app.parley import open_parley
from app.settings import Settings
from app.signing_files import guard_path
from audit.checkpoint import CheckpointError, checkpoint_in
from audit.leaf import format_recorded_at
from audit.walk import Progress
from domain.entry import LOG_STREAM
from domain.errors import Conflict, GuardUnusable, InvalidInput, ParleyError, Unavailable
from exchange.backup_file import BackupHead, BackupReader, BackupWriter, check_backup
from ledger import accesses, schema
from ledger.accesses import Access
from ledger.copying import Copy, copied, paste
from ledger.database import connect
from ledger.mapper import entry_of
from ledger.tile_store import TileStore

FIELD = "FILE"
_SHOWN_EVERY = 1_000
"""Entries between two steps of a progress bar."""
_PIECE = 1_000_000


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was written: how many entries, and the SHA-256 of the file."""

    file: str
    origin: str
    entries: int
    root: str
    checkpoint: int
    """The size of the newest checkpoint in it; 0 if the log has signed none."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A log that was restored, and what the guard on this machine says of it.

    `guarded` is the size that the guard knows to have been signed, None where there is none;
    `signs` says whether the log would sign checkpoints as it is.
    """

    origin: str
    entries: int
    root: str
    checkpoint: int
    made_at: str
    guarded: int | None
    signs: bool


def back_up(settings: Settings, path: Path, progress: Progress) -> BackedUp:
    """Write a copy of the log as it is at one moment into a new file, for its owner alone.

    Others may record meanwhile. Raises Conflict where there is such a file, and
    DatabaseDamaged for a log that is not what was recorded.
    """
    if path.exists():
        raise Conflict.of(FIELD, f"{path} is there already", "name a file that is not")
    engine = connect(settings.database_url)
    try:
        schema.check(engine)
        with copied(engine) as copy, _NewFile(path) as written:
            head = _head_of(copy)
            access = Access(
                time.time_ns() // 1_000, settings.subject, None, Taken.BACKUP.value, 1, head.size
            )
            # Before they get it; so the copy itself does not tell of this.
            accesses.add(engine, access)
            _write(copy, head, written.file, progress)
            digest = written.finish()
    except OSError as fault:
        raise _unwritable(path, fault) from None
    finally:
        engine.dispose()
    size = _signed_in(head)
    return BackedUp(str(path), head.origin, head.size, head.root, size, digest)


def restore(settings: Settings, path: Path, checking: Progress, restoring: Progress) -> Restored:
    """Put a backup into a database that has its tables and nothing in them.

    The file is read to its end and compared with its hash before anything is written;
    then all of it is written in one transaction, or nothing. Raises InvalidInput for a
    file that is damaged, Conflict for a database that is not empty.
    """
    engine = connect(settings.database_url)
    try:
        schema.check(engine)
        with open_backup(path) as file:
            head = check_backup(file, checking)
            size = _signed_in(head)
            file.seek(0)
            _paste(engine, file, restoring)
        TileStore(engine).build(size)
    finally:
        engine.dispose()
    with open_parley(settings, progress=restoring) as parley:
        parley.read_model.bring_to(head.size)
    guarded, signs = _guarded(settings, head, size)
    return Restored(head.origin, head.size, head.root, size, head.made_at, guarded, signs)


def _write(copy: Copy, head: BackupHead, file: IO[bytes], progress: Progress) -> None:
    writer = BackupWriter(file, head)
    for table, row in copy.rows():
        writer.row(table, row)
    for number, leaf in enumerate(copy.leaves(), start=1):
        writer.leaf(leaf)
        if number % _SHOWN_EVERY == 0:
            progress(number, head.size)
    writer.close()
    progress(head.size, head.size)


def _paste(engine: Engine, file: IO[bytes], progress: Progress) -> None:
    reader = BackupReader(file)
    root = bytes.fromhex(reader.head.root)
    paste(
        engine,
        reader.rows(),
        reader.leaves(),
        root,
        lambda done: progress(done, reader.head.size),
    )


def _head_of(copy: Copy) -> BackupHead:
    if copy.head.size == 0:
        raise InvalidInput.of(
            "database_url", "the log is empty", "record something first, or name another database"
        )
    return BackupHead(
        origin=_origin_of(copy),
        size=copy.head.size,
        root=copy.head.root.hex(),
        made_at=format_recorded_at(time.time_ns() // 1_000),
        parley=version("parley"),
        revision=schema.HEAD,
        checkpoint=None if copy.note is None else copy.note.decode(),
    )


def _origin_of(copy: Copy) -> str:
    """The name that the log goes by at the moment of the copy."""
    names = names_of(map(entry_of, copy.stream_leaves(LOG_STREAM)))
    return names[-1][1] if names else ""


def _guarded(settings: Settings, head: BackupHead, signed: int) -> tuple[int | None, bool]:
    """What the guard on this machine says: the size it knows of, and whether it lets sign."""
    try:
        kept = Guard(guard_path(settings, head.origin)).read()
    except GuardUnusable:
        return None, False
    if kept is None:
        return None, signed == 0
    size = kept.checkpoint.size
    return size, kept.checkpoint.origin == head.origin and size <= head.size


def _signed_in(head: BackupHead) -> int:
    """How much of the log its newest checkpoint covers."""
    try:
        return 0 if head.checkpoint is None else checkpoint_in(head.checkpoint.encode()).size
    except CheckpointError as fault:
        raise InvalidInput.of(FIELD, str(fault), "name another copy of it") from None


class _NewFile:
    """A file that has its name only when it is whole and on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Only its owner may read it, as `mkstemp` has it: a log may hold what is not for all.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        self._beside = Path(name)
        self.file = os.fdopen(handle, "w+b")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        with suppress(FileNotFoundError):
            self._beside.unlink()

    def finish(self) -> str:
        """Bring it to the disk under its name, and give its SHA-256."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.seek(0)
        digest = sha256()
        while piece := self.file.read(_PIECE):
            digest.update(piece)
        # A link, and not a move, leaves a file alone that came there meanwhile.
        self._path.hardlink_to(self._beside)
        sync_folder(self._path.parent)
        return digest.hexdigest()


def open_backup(path: Path) -> IO[bytes]:
    """The file of a backup, to be read; raises InvalidInput where it cannot be."""
    try:
        return path.open("rb")
    except OSError as fault:
        rule = f"{path} cannot be read: {fault.strerror or fault}"
        raise InvalidInput.of(FIELD, rule, "name a file that you may read") from None


def _unwritable(path: Path, fault: OSError) -> ParleyError:
    rule = f"{path} cannot be written: {fault.strerror or fault}"
    return Unavailable.of(FIELD, rule, "name a folder with room that you may write to")
