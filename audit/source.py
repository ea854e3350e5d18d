"""Where the files of an export are read: a folder, or whatever else has the same paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

CHECKPOINT = "checkpoint"
PAST_CHECKPOINTS = "checkpoints"
POLICY = "policy"
MANIFEST = "manifest.json"
MANIFEST_FORMAT = "parley-export-1"
ARCHIVED_SOURCES = "sources"


class SourceError(Exception):
    """Nobody can tell what is in a file: it cannot be read now, or we may not."""

    def __init__(self, path: str, reason: str) -> None:
        """Name the file and say why."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Source(Protocol):
    """Files by their paths in an export, such as `tile/0/000`."""

    @property
    def is_export(self) -> bool:
        """Whether it is to be whole, with a manifest; a log that is served has none."""

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of a file, or None where there is none that can be read.

        Of a file of more than `limit` bytes, the first `limit` + 1, which is enough to refuse it.
        Raises SourceError where nobody can tell whether there is one.
        """

    def list(self, folder: str = "") -> Iterator[str]:
        """The paths of all files under a folder, in no order, as far as they can be listed."""

    def expect(self, files: Iterable[tuple[str, int]]) -> None:
        """Take note of the paths that are read next, in this order, each with its limit."""


class Folder:
    """An export in a folder of this machine."""

    is_export = True

    def __init__(self, path: Path) -> None:
        """Read what lies under this path; it need not be there."""
        self._path = path

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of a file, at most one more than `limit`; None where it cannot be read."""
        where = self._path / path
        try:
            # A pipe or a device may have no end, or never begin.
            if not where.is_file():
                return None
            with where.open("rb") as file:
                return file.read(limit + 1)
        except OSError:
            return None

    def list(self, folder: str = "") -> Iterator[str]:
        """The paths of all files under a folder, links among them."""
        for path in (self._path / folder).rglob("*"):
            if not path.is_dir() or path.is_symlink():
                yield path.relative_to(self._path).as_posix()

    def expect(self, files: Iterable[tuple[str, int]]) -> None:
        """A disk needs no notice."""
