"""What a witness keeps on its own machine, in a folder that only its owner can read.

key                          the private key, made at the first start
policy                       the keys of the logs that are watched (C2SP tlog-policy)
logs/<hash>                  the newest checkpoint seen of a log, cosigned
evidence/<hash>.json         what a log was caught at (`audit.evidence`)
evidence/<hash>.answered     the checkpoint by which an accused log cleared itself
witness.lock                 held by whoever compares and writes

The hash of a log is the SHA-256 of its origin. A crash leaves the old file or the new
one (`app.owned_files`). The checkpoint carries the witness's own cosignature: one that
does not fit is refused and never taken for nothing seen yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.owned_files import locked, make_folder, read_owned, sync_folder, write_over
from audit.checkpoint import Checkpoint, checkpoint_in, parse_checkpoint
from audit.cosignature import Cosigner, check_cosignatures
from audit.evidence import MAX_EVIDENCE, Evidence, EvidenceError, format_evidence, parse_evidence
from audit.note import (
    COSIGNATURE,
    MAX_NOTE,
    Note,
    NoteError,
    VerifierKey,
    format_note,
    parse_note,
)
from audit.policy import MAX_POLICY, Policy, format_policy, parse_policy
from audit.signer_key import MAX_SIGNER_KEY, make_signer_key, parse_signer_key

LOGS, EVIDENCE = "logs", "evidence"
_HASH = re.compile(r"[0-9a-f]{64}")
MAX_OWN = 16
"""Signatures of a log's own that are kept; one that hands over to another key has two."""


class WitnessFolderError(NoteError):
    """The folder does not hold what the witness wrote there, or cannot be used."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint that the witness cosigned of a log, and when, in POSIX seconds."""

    checkpoint: Checkpoint
    note: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Evidence in its file, and whether the log has cleared itself since."""

    evidence: Evidence
    file: Path
    answered: bool


class WitnessFolder:
    """The folder of a witness; safe to use from several threads and processes at once."""

    def __init__(self, path: Path, name: str) -> None:
        """Open it, making the folder and a key of this name where there is none.

        Raises WitnessFolderError where it cannot be used, or others can read the key.
        """
        self.path = path
        try:
            for folder in (path, path / LOGS, path / EVIDENCE):
                make_folder(folder)
            # Or a power cut might take away the folder with all that stands in it.
            sync_folder(path)
            with self.locked():
                self.cosigner = self._read_or_make_key(name)
        except OSError as error:
            reason = error.strerror or str(error)
            raise WitnessFolderError(f"{path} cannot be used: {reason}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one who compares and writes, among all threads and processes."""
        with locked(self.path / "witness"):
            yield

    # --- whom it watches ------------------------------------------------------------

    def logs(self) -> tuple[VerifierKey, ...]:
        """The keys of the logs that are watched."""
        data = self._read("policy", MAX_POLICY)
        try:
            return () if data is None else parse_policy(data).logs
        except NoteError as fault:
            raise WitnessFolderError(f"{self.path / 'policy'}: {fault}") from None

    def watch(self, keys: Iterable[VerifierKey]) -> None:
        """Watch the logs of these keys from now on, besides those that are watched."""
        with self.locked():
            known = self.logs()
            wanted = tuple(dict.fromkeys((*known, *keys)))
            if wanted != known:
                self._write("policy", format_policy(Policy(wanted)))

    # --- what it has seen -------------------------------------------------------------

    def seen(self, origin: str) -> Seen | None:
        """The newest checkpoint of a log; None if none was seen yet.

        Raises WitnessFolderError for one that the witness has not written.
        """
        path = f"{LOGS}/{hash_of(origin)}"
        data = self._read(path, MAX_NOTE)
        if data is None:
            return None
        try:
            seen = self._own(data)
        except NoteError as fault:
            raise WitnessFolderError(f"{self.path / path}: {fault}") from None
        if seen.checkpoint.origin != origin:
            raise WitnessFolderError(f"{self.path / path} is of another log")
        return seen

    def all_seen(self) -> list[Seen]:
        """The newest checkpoint of every log that one was seen of, by origin."""
        found = []
        for file in sorted(self.path.glob(f"{LOGS}/*")):
            if not _HASH.fullmatch(file.name):
                # Who was killed while writing leaves a text under another name.
                continue
            data = self._read(f"{LOGS}/{file.name}", MAX_NOTE)
            if data is not None:
                origin = checkpoint_in(data).origin
                seen = self.seen(origin)
                found += [] if seen is None else [seen]
        return sorted(found, key=lambda seen: seen.checkpoint.origin)

    def cosign(self, note: Note, now: int) -> Note:
        """Keep a checkpoint as the newest of its log, and return it cosigned and on disk.

        Called under the lock, by whoever found that it continues the last one.
        """
        origin = parse_checkpoint(note.text).origin
        last = self.seen(origin)
        # A witness whose clock was set back must not say that it saw less at a later time.
        time = now if last is None else max(now, last.at)
        mine = self.cosigner.sign(note.text, time)
        keys = self.logs()
        own = [each for each in note.signatures if any(each.is_of(key) for key in keys)]
        # Whoever hands a note in may put anything under it but signatures of the log.
        cosigned = Note(note.text, (*own[:MAX_OWN], mine))
        self._write(f"{LOGS}/{hash_of(origin)}", format_note(cosigned))
        return cosigned

    # --- what it caught ---------------------------------------------------------------

    def keep(self, evidence: Evidence) -> Path:
        """Keep evidence, once for the same two checkpoints; returns its file."""
        path = f"{EVIDENCE}/{evidence.name}.json"
        if not (self.path / path).exists():
            self._write(path, format_evidence(evidence))
        return self.path / path

    def answer(self, kept: Kept, note: bytes) -> None:
        """Keep the checkpoint by which a log has shown that it was accused wrongly."""
        self._write(f"{EVIDENCE}/{kept.file.stem}.answered", note)

    def evidence(self, origin: str | None = None) -> list[Kept]:
        """All evidence that was kept, of one log or of all, in the order it came."""
        found = []
        for file in self.path.glob(f"{EVIDENCE}/*.json"):
            try:
                evidence = parse_evidence(
                    self._read(f"{EVIDENCE}/{file.name}", MAX_EVIDENCE) or b""
                )
                of = evidence.checkpoints[0].origin
            except EvidenceError as fault:
                raise WitnessFolderError(f"{file}: {fault}") from None
            if origin in {None, of}:
                answered = file.with_suffix(".answered").exists()
                found.append(Kept(evidence, file, answered))
        return sorted(found, key=lambda kept: (kept.evidence.at, kept.file.name))

    # --- files ----------------------------------------------------------------------

    def _own(self, data: bytes) -> Seen:
        note = parse_note(data)
        times = check_cosignatures(note, [self.cosigner.key])
        if not times:
            raise NoteError("this witness has not cosigned it")
        return Seen(parse_checkpoint(note.text), data, times[self.cosigner.key])

    def _read_or_make_key(self, name: str) -> Cosigner:
        try:
            text = read_owned(self.path / "key", MAX_SIGNER_KEY)
        except ValueError:
            text = ""
        if text is None:
            if any((self.path / LOGS).iterdir()):
                raise WitnessFolderError(f"{self.path} holds what a witness saw and lost its key")
            text = make_signer_key(name, COSIGNATURE)
            self._write("key", f"{text}\n".encode())
        try:
            return Cosigner(*parse_signer_key(text.strip(), COSIGNATURE))
        except NoteError as fault:
            raise WitnessFolderError(f"{self.path / 'key'}: {fault}") from None

    def _read(self, path: str, limit: int) -> bytes | None:
        try:
            with (self.path / path).open("rb") as file:
                return file.read(limit)
        except FileNotFoundError:
            return None

    def _write(self, path: str, data: bytes) -> None:
        write_over(self.path / path, data.decode())


def hash_of(origin: str) -> str:
    """How tlog-witness names a log in a path."""
    return sha256(origin.encode()).hexdigest()
