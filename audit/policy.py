"""Whom to believe: the keys of logs and witnesses, and how many witnesses (C2SP tlog-policy).

    log <key> [<url>]
    witness <name> <key> [<url>]
    group <name> <all, any or a number> <name>...
    quorum <name, or none>

A checkpoint counts if a log named here signed it and so many witnesses cosigned it
as the quorum asks. Names mean nothing outside the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.cosignature import check_cosignatures
from audit.note import (
    COSIGNATURE,
    ED25519,
    Note,
    NoteError,
    VerifierKey,
    check_note,
    format_verifier_key,
    parse_note,
    parse_verifier_key,
)

MAX_POLICY = 1_000_000
NOBODY = "none"

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


class PolicyError(NoteError):
    """What is no policy."""


class PolicyUnmet(NoteError):
    """Nothing was found to be false, but what the policy asks for is not there."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members, by name, of which so many have to have seen a checkpoint."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """The logs and witnesses that are believed, and the name of the quorum.

    Raises PolicyError for one that could not be written, or that nothing could meet.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = NOBODY

    def __post_init__(self) -> None:
        """Refuse names that stand for nothing or for two things, and keys given twice."""
        for kind, keys in ((ED25519, self.logs), (COSIGNATURE, tuple(self.witnesses.values()))):
            if any(key.kind != kind for key in keys):
                raise PolicyError(f"logs sign with keys of type 0x{ED25519:02x}, witnesses of 0x04")
            if len({key.public for key in keys}) != len(keys):
                raise PolicyError("a key stands for one log or one witness")
        known = [*self.witnesses]
        members: set[str] = set()
        for name, group in self.groups.items():
            if not 1 <= group.threshold <= len(group.members):
                raise PolicyError(f"a group needs from one to all of its members: {name!a:.80}")
            for member in group.members:
                if member not in known or member in members:
                    raise PolicyError(f"a member is defined above and counts once: {member!a:.80}")
                members.add(member)
            known.append(name)
        if NOBODY in known or len(set(known)) != len(known):
            raise PolicyError(f"a name stands for one thing, and {NOBODY} for nobody")
        if self.quorum not in {*known, NOBODY}:
            raise PolicyError(f"the quorum is defined above, or {NOBODY}: {self.quorum!a:.80}")

    def is_met_by(self, seen: set[str]) -> bool:
        """Whether these witnesses, by name, are the quorum."""
        met = {NOBODY, *(seen & self.witnesses.keys())}
        # Members are defined above, so that each group meets its own ready.
        for name, group in self.groups.items():
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(name)
        return self.quorum in met


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint that a policy lets count, who signed it, and how many lines are of others."""

    checkpoint: Checkpoint
    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, int]
    """The names of the witnesses and the POSIX seconds at which each saw it."""
    others: int


def check_checkpoint(data: bytes, policy: Policy, *, quorum: bool = True) -> SignedCheckpoint:
    """The checkpoint in a signed note, if the policy lets it count.

    The origin has to be the name of the key that signed (tlog-policy). Raises
    NoteError for a note that is malformed or a signature that does not fit, and
    PolicyUnmet where no log that is known, or no quorum, has signed.
    """
    note = parse_note(data)
    logs = tuple(check_note(note, policy.logs))
    checkpoint = parse_checkpoint(note.text)
    if not any(key.name == checkpoint.origin for key in logs):
        raise PolicyUnmet("no key that the policy names for this origin has signed it")
    times = check_cosignatures(note, policy.witnesses.values())
    seen = {name: times[key] for name, key in policy.witnesses.items() if key in times}
    if quorum and not policy.is_met_by(set(seen)):
        raise PolicyUnmet(
            f"the witnesses that have seen it are no quorum: {sorted(seen) or NOBODY}"
        )
    return SignedCheckpoint(checkpoint, logs, seen, _others(note, [*logs, *times]))


def format_policy(policy: Policy) -> bytes:
    """The file that says this, without URLs and comments.

    Raises PolicyError for a name that would not read back.
    """
    data = "".join(f"{line}\n" for line in _lines(policy)).encode(errors="surrogateescape")
    if parse_policy(data) != policy:
        raise PolicyError("a name in this policy cannot stand in a file")
    return data


def parse_policy(data: bytes) -> Policy:
    """What a policy file says; URLs and comments are left aside.

    Raises PolicyError for what the specification does not allow, with the line.
    """
    if len(data) > MAX_POLICY or _FORBIDDEN.search(data) or not data.endswith(b"\n"):
        raise PolicyError("a policy is a small text whose lines all end in a newline")
    draft = _Draft()
    # Names are octets to the specification; this decodes any and encodes back to the same.
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n"), start=1):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if not words[0] or words[0].startswith("#"):
            continue
        try:
            draft.add(words)
        except NoteError as fault:
            raise PolicyError(f"line {number}: {fault}") from None
    return draft.done()


def parse_witness_urls(data: bytes) -> dict[str, str]:
    """The addresses of the witnesses in a policy that have one, by their names.

    For whoever asks them; the file has to be one that `parse_policy` takes.
    """
    found = {}
    for line in data.decode(errors="surrogateescape").split("\n"):
        match re.split(r"[ \t]+", line.strip(" \t")):
            case ["witness", name, _, url]:
                found[name] = url
            case _:
                continue
    return found


class _Draft:
    """A policy of which the lines are still being read."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: list[str] = []

    def add(self, words: list[str]) -> None:
        match words:
            case ["log", key] | ["log", key, _]:
                self.logs.append(parse_verifier_key(key))
            case ["witness", name, key] | ["witness", name, key, _]:
                self._define(name)
                self.witnesses[name] = parse_verifier_key(key)
            case ["group", name, threshold, *members] if members:
                if not all(self._knows(member) for member in members):
                    raise PolicyError("members are defined on lines above")
                self._define(name)
                self.groups[name] = Group(_threshold(threshold, len(members)), tuple(members))
            case ["quorum", name]:
                if name != NOBODY and not self._knows(name):
                    raise PolicyError("the quorum is defined on a line above")
                self.quorum.append(name)
            case _:
                raise PolicyError("a line reads: log, witness, group or quorum, with its parts")

    def done(self) -> Policy:
        if len(self.quorum) != 1:
            raise PolicyError(f"a policy has one quorum line, not {len(self.quorum)}")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum[0])

    def _knows(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _define(self, name: str) -> None:
        if self._knows(name) or name == NOBODY:
            raise PolicyError(f"a name is defined once, and never {NOBODY}")


def _threshold(text: str, members: int) -> int:
    if text in {"all", "any"}:
        return members if text == "all" else 1
    if not _NUMBER.fullmatch(text):
        raise PolicyError("a group needs all, any or a number of its members")
    return int(text)


def _lines(policy: Policy) -> Iterator[str]:
    yield from (f"log {format_verifier_key(key)}" for key in policy.logs)
    for name, key in policy.witnesses.items():
        yield f"witness {name} {format_verifier_key(key)}"
    for name, group in policy.groups.items():
        yield f"group {name} {group.threshold} {' '.join(group.members)}"
    yield f"quorum {policy.quorum}"


def _others(note: Note, known: list[VerifierKey]) -> int:
    return sum(not any(each.is_of(key) for key in known) for each in note.signatures)
