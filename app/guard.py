"""The guard: what the log has signed last, kept where a restored database cannot take it back.

It is the newest checkpoint as it was signed, in a file of its owner alone. It is
written before the checkpoint is published, so the database may lack a checkpoint
that the guard has, but never an entry under it: a database that lacks one is an
older copy, and one with another root at that size is another log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.owned_files import locked, read_owned, write_over
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.note import MAX_NOTE, Note, NoteError, VerifierKey, check_note, parse_note
from domain.errors import BehindGuard, GuardUnusable

FIELD = "PARLEY_GUARD_FILE"
DOCS = "docs/how-to/keep-the-proof.md"
ANEW = (
    "make an empty database (`parley db upgrade`), put the newest backup into it (`parley "
    "restore`), and bring back there what is newer (`parley recover --from`)"
)
"""The way out of a database that holds what was never signed: entries cannot be taken out of it."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard holds: a checkpoint, and the note that it was read from."""

    checkpoint: Checkpoint
    note: Note

    def check_size(self, size: int) -> None:
        """Raise BehindGuard for a log that holds fewer entries than were signed."""
        if size < self.checkpoint.size:
            raise BehindGuard.of(
                FIELD,
                f"the log ends at {size}, and it was signed up to {self.checkpoint.size}: this "
                "database is an older copy. Nothing is signed, and nothing is recorded",
                f"put the newest database in its place, bring back the entries (`parley recover`), "
                f"or see {DOCS}",
            )

    def check_root(self, root: bytes) -> None:
        """Raise BehindGuard for a log with another root at the size of the guard."""
        if root != self.checkpoint.root:
            raise BehindGuard.of(
                FIELD,
                f"the first {self.checkpoint.size} entries of the log are not those that were "
                "signed: this database is another. Nothing is signed, and nothing is recorded",
                f"put the database that was signed in its place; if it is gone, {ANEW}; or see "
                f"{DOCS}",
            )

    def check_unaltered(self, keys: Sequence[VerifierKey]) -> None:
        """Raise GuardUnusable where the signature of one of these keys does not fit.

        An older copy of a database may not know the key that signed it, so that none
        has signed is no fault yet.
        """
        try:
            check_note(self.note, keys)
        except NoteError as fault:
            raise _unusable(str(fault)) from None

    def check_signed(self, keys: Sequence[VerifierKey]) -> None:
        """Raise GuardUnusable unless one of these keys has signed it."""
        self.check_unaltered(keys)
        if not check_note(self.note, keys):
            raise _unusable("no key of this log has signed it")


class Guard:
    """The guard file of a log; used under its lock wherever it is decided by."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one on this machine who signs by this guard; raises GuardUnusable."""
        with ExitStack() as held:
            try:
                held.enter_context(locked(self.path))
            except OSError as fault:
                raise _unusable(fault.strerror or str(fault)) from None
            yield

    def read(self) -> Guarded | None:
        """What it holds, signatures unchecked; None where there is no file.

        Raises GuardUnusable for a file that cannot be read, that others may read or
        that holds no checkpoint.
        """
        try:
            text = read_owned(self.path, MAX_NOTE)
            if text is None:
                return None
            note = parse_note(text.encode())
            return Guarded(parse_checkpoint(note.text), note)
        except OSError as fault:
            raise _unusable(fault.strerror or str(fault)) from None
        except ValueError as fault:
            raise _unusable(str(fault)) from None

    def read_for(self, origin: str, names: Collection[str]) -> Guarded | None:
        """What it holds of this origin; None where it is of a name the log had before.

        Raises BehindGuard for the guard of another log, which this one may have become since
        this copy of it was made, and what `read` raises.
        """
        kept = self.read()
        if kept is None or kept.checkpoint.origin == origin:
            return kept
        if kept.checkpoint.origin in names:
            return None
        raise BehindGuard.of(
            FIELD,
            f"the guard is that of another log, {kept.checkpoint.origin!a:.160}: either this "
            "database is a copy from before the log went on under that name, or the file is not "
            "its own. Nothing is signed, and nothing is recorded",
            f"put the newest database in its place, name the guard of this log, or see {DOCS}",
        )

    def write(self, note: bytes) -> None:
        """Keep a signed checkpoint from now on; raises GuardUnusable."""
        try:
            write_over(self.path, note.decode())
        except OSError as fault:
            raise _unusable(fault.strerror or str(fault)) from None

    def missing(self, size: int) -> GuardUnusable:
        """Why nothing is signed where checkpoints were, and there is no guard."""
        return GuardUnusable.of(
            FIELD,
            f"there is no file {self.path}, and the log was signed up to {size}: nothing says "
            "whether this database is the newest. Nothing is signed",
            "put the guard of the log there; if it is lost, and you are sure of the database, "
            "`parley checkpoint --new-guard` makes another",
        )


def _unusable(reason: str) -> GuardUnusable:
    return GuardUnusable.of(
        FIELD,
        f"the guard of the log cannot be used: {reason}. Nothing is signed",
        f"let the user of Parley alone read and write it; if it is damaged, see {DOCS}",
    )
