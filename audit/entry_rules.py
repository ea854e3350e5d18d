"""The rules that entries keep among each other: positions, versions, times.

They hold whatever tree the entries stand in, so they find what somebody changed who
could build the tree anew. What needs the meaning of an entry, such as the bounds
that follow from a date, needs the rest of Parley and is not looked at here; entries
of kinds that nobody here knows are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from audit.brackets import Brackets
from audit.identities import Identities
from audit.kinds import KINDS, KNOWN_SCHEMA
from audit.leaf import LEAF_VERSION, LeafError, parse_canonical, parse_recorded_at
from audit.report import Check, Fault, Outcome

_STREAM_KEY = 12  # 2^96: no two of 2^40 streams share a key, and a million fit in memory.
_OPENINGS = ("log.opened", "log.reopened")
_ARCHIVED = "source.archived"
_ROTATED = "log.key_rotated"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_UNKNOWN = 100  # Names of kinds: whoever writes a log may make up as many as it has entries.


@dataclass(frozen=True, slots=True)
class Archived:
    """An entry says that the bytes with this hash are what a source said."""

    position: int
    sha256: str


class EntryRules:
    """Reads the leaves of a log one after another and says which rule each breaks.

    Keeps the last version of each stream, every id, the last time, what was archived
    and the names of kinds that it does not know.
    """

    def __init__(self, brackets: Brackets) -> None:
        """Begin before the first entry, knowing when others saw the log."""
        self.read = 0
        self.origin: str | None = None
        self.unbroken = True
        """Whether every entry so far could be read; versions are only checked until then."""
        self.archived: list[Archived] = []
        self.unknown: dict[str, int] = {}
        """Kinds that are not known here, each with its first position."""
        self.retired: dict[str, int] = {}
        """Keys of the log that it signs with no more, each with the position that says so."""
        self.identities = Identities()
        self._versions: dict[bytes, int] = {}
        self._time = ""
        self._brackets = brackets

    def skip(self) -> None:
        """Take note that entries are wanting, so that no later one is blamed for it."""
        self.unbroken = False

    def check(self, position: int, leaf: bytes) -> Iterator[Fault]:
        """The rules that the leaf at this position breaks; the positions come in order."""
        self.read += 1
        try:
            found = parse_canonical(leaf)
        except LeafError as fault:
            self.skip()
            yield Check.LEAVES, Outcome.TAMPERED, str(fault)
            return
        if not _is(found.get("v"), LEAF_VERSION):
            self.skip()
            message = f"leaves of format {found.get('v')!a:.20} are not known to this verifier"
            yield Check.LEAVES, Outcome.INCONCLUSIVE, message
            return
        if not _is(found.get("position"), position):
            yield (
                Check.POSITIONS,
                Outcome.TAMPERED,
                f"the entry says that it is {found.get('position')!a:.40}",
            )
        yield from self._check_version(found.get("stream"), found.get("version"))
        yield from self._check_time(position, found.get("recorded_at"))
        yield from self._check_id(position, found.get("id"))
        self._note_kind(position, found)

    def _check_version(self, stream: object, version: object) -> Iterator[Fault]:
        if type(stream) is not str or type(version) is not int:
            yield Check.LEAVES, Outcome.TAMPERED, "a leaf names its stream and version"
            return
        key = blake2b(stream.encode(), digest_size=_STREAM_KEY).digest()
        expected = self._versions.get(key, 0) + 1
        if version != expected and self.unbroken:
            yield (
                Check.VERSIONS,
                Outcome.TAMPERED,
                f"{stream!a:.160} goes on at version {version}, not {expected}",
            )
        self._versions[key] = version

    def _check_time(self, position: int, time: object) -> Iterator[Fault]:
        try:
            recorded_at = parse_recorded_at(time if type(time) is str else "")
        except LeafError as fault:
            yield Check.LEAVES, Outcome.TAMPERED, str(fault)
            return
        # All are written alike, from the year to the microsecond, so they sort as text.
        if str(time) < self._time:
            yield Check.TIMES, Outcome.TAMPERED, f"recorded at {time}, after {self._time}"
        self._time = max(self._time, str(time))
        yield from self._brackets.check(position, recorded_at)

    def _check_id(self, position: int, name: object) -> Iterator[Fault]:
        if type(name) is not str or not _ID.fullmatch(name):
            yield Check.LEAVES, Outcome.TAMPERED, "the id of an entry is a UUID in lower case"
            return
        self.identities.add(bytes.fromhex(name.replace("-", "")), position)

    def _note_kind(self, position: int, found: dict[str, object]) -> None:
        kind, schema, data = found.get("kind"), found.get("schema"), found.get("data")
        if kind not in KINDS or not _is(schema, KNOWN_SCHEMA):
            if len(self.unknown) < _MOST_UNKNOWN:
                self.unknown.setdefault(f"{kind!a:.80}, schema {schema!a:.20}", position)
        elif isinstance(data, dict):
            if kind in _OPENINGS and type(data.get("origin")) is str:
                self.origin = data["origin"]
            if kind == _ROTATED and type(data.get("retires")) is str:
                self.retired.setdefault(data["retires"], position)
            digest = data.get("sha256")
            if kind == _ARCHIVED and type(digest) is str and _SHA256.fullmatch(digest):
                self.archived.append(Archived(position, digest))


def _is(value: object, number: int) -> bool:
    """Whether it is this number; to Python, though not to JSON, true is 1."""
    return type(value) is int and value == number
