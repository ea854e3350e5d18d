"""A backup in one file: JSON Lines, compressed by gzip, with a hash at the end.

{"format": "parley-backup-1", "size": …, "root": …, …}       the first line
["<table>", {"<column>": …}]                                a row that follows from no entry
{"…": …}                                                    a leaf, byte for byte, in order
["end", {"entries": …, "rows": …, "sha256": …}]             of every byte before this line

A leaf is canonical JSON without a newline, so it is a line as it stands. Bytes in
rows are `{"base64": "…"}`. Nothing in it needs Parley to be read.
"""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import IO, Any

from domain.errors import InvalidInput, ParleyError

FORMAT = "parley-backup-1"
END = "end"
MAX_LINE = 4_000_000
"""Bytes of a line: a note of a megabyte in base 64, with room."""
LEVEL = 6
"""How hard gzip tries; above it a backup takes longer than it gets smaller."""


@dataclass(frozen=True, slots=True)
class BackupHead:
    """What a backup says of itself: how many entries, their root in hex, and who made it when.

    `checkpoint` is the newest that the log had signed, None if it had signed none.
    """

    origin: str
    size: int
    root: str
    made_at: str
    parley: str
    revision: str
    checkpoint: str | None


class BackupWriter:
    """Writes one backup; rows come before leaves, and `close` ends it."""

    def __init__(self, file: IO[bytes], head: BackupHead) -> None:
        """Begin with what the backup says of itself."""
        # Without a time and a name, equal logs give equal bytes.
        self._zip = gzip.GzipFile("", "wb", LEVEL, file, mtime=0)
        self._hash = sha256()
        self._rows = self._entries = 0
        self._write(_encode({"format": FORMAT, **asdict(head)}))

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        """Write a row of a table."""
        self._write(_encode([table, {name: _packed(value) for name, value in row.items()}]))
        self._rows += 1

    def leaf(self, leaf: bytes) -> None:
        """Write a leaf; raises InvalidInput for bytes that are none."""
        if not leaf.startswith(b"{") or b"\n" in leaf:
            raise InvalidInput.of(
                "database_url",
                f"entry {self._entries + 1} is not one that Parley recorded",
                "copy the database itself",
            )
        self._write(leaf)
        self._entries += 1

    def close(self) -> None:
        """Write the end; before that it is no backup."""
        digest = self._hash.hexdigest()
        end = {"entries": self._entries, "rows": self._rows, "sha256": digest}
        self._zip.write(_encode([END, end]) + b"\n")
        self._zip.close()

    def _write(self, line: bytes) -> None:
        whole = line + b"\n"
        self._hash.update(whole)
        self._zip.write(whole)


class BackupReader:
    """Reads one backup from the beginning, once: rows, then leaves. Raises InvalidInput.

    What was read is only as good as the hash, which is compared at the end of `leaves`.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Read what the backup says of itself."""
        self._zip = gzip.GzipFile("", "rb", fileobj=file)
        self._hash = sha256()
        self._rows = self._entries = 0
        self._waiting: bytes | None = None
        self.head = self._read_head()

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows, each with the name of its table."""
        while (line := self._next()).startswith(b"[") and not line.startswith(b'["end"'):
            self._take(line)
            self._rows += 1
            try:
                table, row = json.loads(line)
                unpacked = {name: _unpacked(value) for name, value in row.items()}
            except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
                raise _damaged("a row of it cannot be read") from None
            yield str(table), unpacked
        self._waiting = line

    def leaves(self) -> Iterator[bytes]:
        """The leaves, then the end, at which everything is compared with the hash."""
        while (line := self._next()).startswith(b"{"):
            self._take(line)
            self._entries += 1
            yield line.removesuffix(b"\n")
        self._check_end(line)

    def _read_head(self) -> BackupHead:
        line = self._next()
        try:
            found = json.loads(line)
            if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
                raise _refused("it is no backup of a Parley log, or of a newer version of Parley")
            head = BackupHead(**found)
            if type(head.size) is not int or len(bytes.fromhex(head.root)) != sha256().digest_size:
                raise _damaged("its first line cannot be read")
        except (ValueError, TypeError, RecursionError):
            raise _refused("it is no backup of a Parley log") from None
        self._take(line)
        return head

    def _next(self) -> bytes:
        if self._waiting is not None:
            line, self._waiting = self._waiting, None
            return line
        try:
            line = self._zip.readline(MAX_LINE + 1)
        except (OSError, EOFError, zlib.error):
            raise _damaged("it cannot be decompressed to its end") from None
        if not line.endswith(b"\n"):
            raise _damaged("it ends in the middle of a line, or one is too long")
        return line

    def _take(self, line: bytes) -> None:
        self._hash.update(line)

    def _check_end(self, line: bytes) -> None:
        due = {"entries": self._entries, "rows": self._rows, "sha256": self._hash.hexdigest()}
        if line != _encode([END, due]) + b"\n":
            raise _damaged("it is not what was written: its hash is another")
        try:
            rest = self._zip.read(1)
        except (OSError, EOFError, zlib.error):
            rest = b"?"
        if rest or self._entries != self.head.size:
            raise _damaged("it does not end where it says it ends")


def check_backup(file: IO[bytes], progress: Callable[[int, int], object]) -> BackupHead:
    """Read a backup to its end without keeping it, and give what it says of itself.

    `progress` is told the entries read and how many there are. Raises InvalidInput for a
    file that is damaged, or no backup.
    """
    reader = BackupReader(file)
    _exhaust(reader.rows())
    for number, _ in enumerate(reader.leaves(), start=1):
        if number % 1_000 == 0:
            progress(number, reader.head.size)
    progress(reader.head.size, reader.head.size)
    return reader.head


def _exhaust(each: Iterable[object]) -> None:
    for _ in each:
        pass


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _packed(value: object) -> object:
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: object) -> object:
    if isinstance(value, dict):
        return b64decode(value["base64"], validate=True)
    return value


def _damaged(rule: str) -> ParleyError:
    return InvalidInput.of("FILE", f"the backup is damaged: {rule}", "name another copy of it")


def _refused(rule: str) -> ParleyError:
    return InvalidInput.of("FILE", rule, "name a file that `parley backup` wrote")
