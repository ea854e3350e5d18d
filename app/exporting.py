"""Write the log as a folder that anyone can verify, with every checkpoint that was signed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from app.accesses import Taken, note_access
from app.cosigning import sign_and_ask
from app.own_log import past_sizes
from app.parley import Parley
from app.trusted_keys import policy_of
from audit.archive import MAX_ARCHIVED
from audit.checkpoint import Checkpoint
from audit.export import write_export
from audit.source import ARCHIVED_SOURCES
from domain.errors import DatabaseDamaged, InvalidInput, Unavailable
from domain.things.source import SourceArchived
from exchange.ro_crate import METADATA, format_crate
from ledger import checkpoints
from ledger.checkpoints import StoredCheckpoint
from ledger.filter import Filter
from projections.answers import Answer

FIELD = "DIR"


class Exported(Answer):
    """What was written: the folder, the newest checkpoint, and how many came before it.

    `root` is in lower-case hex; `sources` counts the copies of archived sources;
    `remarks` are the witnesses that did not cosign, and why.
    """

    folder: str
    origin: str
    size: int
    root: str
    checkpoints: int
    sources: int
    remarks: tuple[str, ...]


def export_audit(
    parley: Parley,
    folder: Path,
    *,
    sources: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Exported:
    """Sign the log as it stands, have it cosigned and write it, whole or not at all.

    Who exported is kept. Files whose hashes entries name as archived are copied from the
    folder `sources`. Raises InvalidInput for a folder that cannot be one, SigningRefused,
    and DatabaseDamaged where the entries are not those that were signed.
    """
    with _beside(folder) as draft:
        newest, failed = sign_and_ask(parley)
        note_access(parley, Taken.EXPORT, 1, newest.size, subject=parley.settings.subject)
        past = [size for size in past_sizes(parley) if size < newest.size]
        write_export(
            draft,
            _told(parley, newest.size, progress),
            origin=newest.origin,
            sign=partial(_signed, parley, newest),
            policy=policy_of(parley),
            past=past,
        )
        copied = 0 if sources is None else _copy_sources(parley, sources, draft, newest.size)
        (draft / METADATA).write_bytes(format_crate(newest, draft))
    return Exported(
        folder=str(folder),
        origin=newest.origin,
        size=newest.size,
        root=newest.root.hex(),
        checkpoints=len(past),
        sources=copied,
        remarks=tuple(failed),
    )


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder beside the one that is wanted, which takes its place when all is written."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            rule = f"{folder} holds files already, and an export wants a folder of its own"
            raise InvalidInput.of(FIELD, rule, "name one that is not there yet")
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as fault:
        raise _unwritable(fault) from None
    try:
        yield draft
        # A temporary folder is its maker's alone, and an export is to be given away.
        draft.chmod(0o755)
        draft.replace(folder)
    except OSError as fault:
        raise _unwritable(fault) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _unwritable(fault: OSError) -> Unavailable | InvalidInput:
    rule = f"{fault.filename or 'the export'} cannot be written: {fault.strerror or fault}"
    return InvalidInput.of(FIELD, rule, "name a folder that you may write to, where there is room")


def _told(
    parley: Parley, size: int, progress: Callable[[int, int], object] | None
) -> Iterator[bytes]:
    """The leaves in their order, telling how far they have come."""
    for leaf in parley.ledger.leaves(0, size):
        yield leaf.data
        if progress is not None:
            progress(leaf.position, size)


def _signed(parley: Parley, newest: StoredCheckpoint, made: Checkpoint) -> bytes:
    """What was signed at a size; raises DatabaseDamaged where it is not over what was read."""
    found = newest
    if made.size != newest.size:
        found = checkpoints.at(parley.ledger.engine, made.size) or newest
    if (found.size, found.root) != (made.size, made.root):
        raise DatabaseDamaged.of(
            "PARLEY_DATABASE_URL",
            f"the first {made.size} entries do not have the root that was signed",
            "keep the database for whoever looks into it; `parley verify` names the place",
        )
    return found.note


def _copy_sources(parley: Parley, sources: Path, draft: Path, size: int) -> int:
    """Copy the files whose hashes entries name, each under its hash; returns how many."""
    archived = parley.ledger.entries(upto=size, where=Filter(kind=SourceArchived.TOPIC))
    wanted = {e.event.sha256 for e in archived if isinstance(e.event, SourceArchived)}
    copied = 0
    try:
        for path in sorted(each for each in sources.iterdir() if each.is_file()):
            if path.stat().st_size > MAX_ARCHIVED:
                continue
            data = path.read_bytes()
            digest = sha256(data).hexdigest()
            if digest in wanted:
                (draft / ARCHIVED_SOURCES).mkdir(exist_ok=True)
                (draft / ARCHIVED_SOURCES / digest).write_bytes(data)
                wanted.remove(digest)
                copied += 1
    except OSError as fault:
        rule = f"{fault.filename} cannot be read: {fault.strerror or fault}"
        raise InvalidInput.of("--sources", rule, "name a folder of files") from None
    return copied
