"""A witness on the auditor's own machine: it cosigns, looks at logs itself, and tells what it saw.

What it decides by stands in `audit.witness`, and what it keeps in
`app.witness_folder`; the log's own database is nowhere near.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from platformdirs import user_data_path

from app.witness_folder import Kept, Seen, WitnessFolder, WitnessFolderError, hash_of
from audit.evidence import evidence_of
from audit.note import (
    Note,
    NoteError,
    VerifierKey,
    format_base64,
    format_note,
    format_verifier_key,
    parse_verifier_key,
)
from audit.policy import parse_policy
from audit.witness import (
    Shown,
    Submission,
    WitnessRefusal,
    check_continued,
    open_note,
    parse_submission,
)
from domain.errors import InvalidInput, NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness at work; `clock` gives POSIX seconds."""

    folder: WitnessFolder
    clock: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Caught:
    """Evidence that a witness keeps, and whether the log has cleared itself since."""

    origin: str
    what: str
    seen_size: int
    shown_size: int
    message: str
    at: int
    file: str
    answered: bool


@dataclass(frozen=True, slots=True)
class SeenLog:
    """A log that a witness watches, and the newest checkpoint that it saw of it, if any."""

    origin: str
    keys: tuple[str, ...]
    size: int | None = None
    root: str | None = None
    at: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """All that a witness knows."""

    key: str
    folder: str
    logs: tuple[SeenLog, ...]
    evidence: tuple[Caught, ...] = field(default=())


def default_folder() -> Path:
    """The witness's folder in the user's data folder."""
    return user_data_path("parley") / "witness"


def open_witness(
    path: Path,
    *,
    name: str | None = None,
    logs: Iterable[str] = (),
    policy: Path | None = None,
    clock: Callable[[], int] = lambda: int(time.time()),
) -> Witness:
    """The witness in a folder, which is made with a key at the first start.

    `name` is used for a new key only. `logs` are verifier keys to watch, and so are those
    in a policy file; they are remembered. Raises InvalidInput and Unavailable.
    """
    keys = keys_given(logs, policy)
    try:
        folder = WitnessFolder(path, name or f"witness.local/{uuid4()}")
        if name is not None and folder.cosigner.key.name != name:
            raise InvalidInput.of(
                "--name",
                f"the key in this folder is of {folder.cosigner.key.name}",
                "leave it out, or give the new witness a folder of its own",
            )
    except WitnessFolderError as fault:
        raise unusable(fault) from None
    except NoteError as fault:
        raise InvalidInput.of("--name", str(fault), "name it like example.org/witness") from None
    try:
        folder.watch(keys)
    except (OSError, WitnessFolderError) as fault:
        raise unusable(fault) from None
    except NoteError as fault:
        raise InvalidInput.of("--log", str(fault), "give the key that a log signs with") from None
    return Witness(folder, clock)


def add_checkpoint(witness: Witness, body: bytes) -> str:
    """Cosign a checkpoint that was handed in, and return the signature line.

    It is on disk when this returns. Raises WitnessRefusal; evidence of a log that was
    caught is kept first. Raises Unavailable where the folder cannot be written.
    """
    submission = parse_submission(body)
    try:
        shown = open_note(submission.note, witness.folder.logs())
        return accept(witness, submission, shown)
    except (OSError, WitnessFolderError) as fault:
        raise unusable(fault) from None


def newest_note(witness: Witness, origin_hash: str) -> bytes:
    """The newest checkpoint of a log, cosigned; `origin_hash` is hex.

    Raises NotFound, and Unavailable where the folder cannot be read.
    """
    try:
        for key in witness.folder.logs():
            seen = witness.folder.seen(key.name) if hash_of(key.name) == origin_hash else None
            if seen is not None:
                return seen.note
    except (OSError, WitnessFolderError) as fault:
        raise unusable(fault) from None
    raise NotFound.of(
        "origin", "this witness has cosigned nothing of such a log", "hand a checkpoint in first"
    )


def overview(witness: Witness) -> Overview:
    """Which logs are watched, what was seen of each, and all evidence."""
    folder = witness.folder
    try:
        keys: dict[str, list[str]] = {}
        for key in folder.logs():
            keys.setdefault(key.name, []).append(format_verifier_key(key))
        for seen in folder.all_seen():
            keys.setdefault(seen.checkpoint.origin, [])
        logs = tuple(_seen_log(each, keys[each], folder.seen(each)) for each in sorted(keys))
        caught = tuple(map(caught_in, folder.evidence()))
    except (OSError, NoteError) as fault:
        raise unusable(fault) from None
    return Overview(format_verifier_key(folder.cosigner.key), str(folder.path), logs, caught)


def accept(witness: Witness, submission: Submission, shown: Shown) -> str:
    """Compare and keep in one step that nobody comes between; returns the signature line.

    Raises what `check_continued` raises, after keeping what is evidence.
    """
    folder = witness.folder
    with folder.locked():
        seen = folder.seen(shown.checkpoint.origin)
        try:
            before = None if seen is None else seen.checkpoint
            check_continued(submission.old, submission.proof, shown.checkpoint, before)
        except WitnessRefusal as refusal:
            if seen is not None:
                evidence = evidence_of(seen.note, submission, refusal, witness.clock())
                if evidence is not None:
                    folder.keep(evidence)
            raise
        cosigned = folder.cosign(shown.note, witness.clock())
    return _line_of(cosigned)


def _line_of(note: Note) -> str:
    """The last signature line of a note, which is the witness's own."""
    return format_note(note).decode().removesuffix("\n").rpartition("\n")[2] + "\n"


def _seen_log(origin: str, keys: list[str], seen: Seen | None) -> SeenLog:
    if seen is None:
        return SeenLog(origin, tuple(keys))
    root = format_base64(seen.checkpoint.root)
    note = seen.note.decode()
    return SeenLog(origin, tuple(keys), seen.checkpoint.size, root, seen.at, note)


def caught_in(kept: Kept) -> Caught:
    """Evidence in a few words, and where it is kept."""
    evidence = kept.evidence
    seen, shown = evidence.checkpoints
    return Caught(
        origin=seen.origin,
        what=evidence.what.value,
        seen_size=seen.size,
        shown_size=shown.size,
        message=evidence.message,
        at=evidence.at,
        file=str(kept.file),
        answered=kept.answered,
    )


def keys_given(logs: Iterable[str], policy: Path | None) -> list[VerifierKey]:
    """The keys of logs that are given one by one, or in a policy file; raises InvalidInput."""
    return [*_keys_of(logs), *_keys_in(policy)]


def _keys_of(texts: Iterable[str]) -> list[VerifierKey]:
    try:
        return [parse_verifier_key(text) for text in texts]
    except NoteError as fault:
        raise InvalidInput.of(
            "--log", str(fault), "give the key of the log as `/v1/log/keys` and its operator say it"
        ) from None


def _keys_in(policy: Path | None) -> tuple[VerifierKey, ...]:
    try:
        return () if policy is None else parse_policy(policy.read_bytes()).logs
    except (OSError, NoteError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        rule = f"{policy} is no policy that can be read: {reason}"
        raise InvalidInput.of("--policy", rule, "name a file in C2SP tlog-policy") from None


def unusable(fault: Exception) -> Unavailable:
    """The folder of the witness cannot be read or written, or does not hold what it wrote."""
    return Unavailable.of(
        "--folder",
        f"the folder of the witness cannot be used: {fault}",
        "give it a folder that its owner can write to; never throw away what a witness has seen",
    )
