"""The rules that entries keep among each other: positions, versions, times.

They hold whatever tree the entries stand in, so they find what somebody changed who
could build the tree anew. What needs the meaning of an entry, such as the bounds
that follow from a date, needs the rest of Parley and is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from audit.brackets import Brackets
from audit.leaf import LEAF_VERSION, LeafError, parse_canonical, parse_recorded_at
from audit.report import Check, Fault, Outcome

_STREAM_KEY = 12  # 2^96: no two of 2^40 streams share a key, and a million fit in memory.
_OPENINGS = ("log.opened", "log.reopened")


class EntryRules:
    """Reads the leaves of a log one after another and says which rule each breaks.

    Keeps the last version of each stream and the last time, and nothing else.
    """

    def __init__(self, brackets: Brackets) -> None:
        """Begin before the first entry, knowing when others saw the log."""
        self.read = 0
        self.origin: str | None = None
        self.unbroken = True
        """Whether every entry so far could be read; versions are only checked until then."""
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
        self._note_origin(found)

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

    def _note_origin(self, found: dict[str, object]) -> None:
        if found.get("kind") in _OPENINGS:
            data = found.get("data")
            if isinstance(data, dict) and type(data.get("origin")) is str:
                self.origin = data["origin"]


def _is(value: object, number: int) -> bool:
    """Whether it is this number; to Python, though not to JSON, true is 1."""
    return type(value) is int and value == number
