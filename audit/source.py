"""Where the files of an export are read: a folder, or whatever else has the same paths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

CHECKPOINT = "checkpoint"
PAST_CHECKPOINTS = "checkpoints"
POLICY = "policy"
MANIFEST = "manifest.json"
MANIFEST_FORMAT = "parley-export-1"


class Source(Protocol):
    """Files by their paths in an export, such as `tile/0/000`."""

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of a file, or None where there is none that can be read.

        Of a file of more than `limit` bytes, the first `limit` + 1, which is enough to refuse it.
        """

    def list(self, folder: str = "") -> Iterator[str]:
        """The paths of all files under a folder, in no order, as far as they can be listed."""


class Folder:
    """An export in a folder of this machine."""

    def __init__(self, path: Path) -> None:
        """Read what lies under this path; it need not be there."""
        self._path = path

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of a file, at most one more than `limit`; None where it cannot be read."""
        try:
            with (self._path / path).open("rb") as file:
                return file.read(limit + 1)
        except OSError:
            return None

    def list(self, folder: str = "") -> Iterator[str]:
        """The paths of all files under a folder, links among them."""
        for path in (self._path / folder).rglob("*"):
            if not path.is_dir() or path.is_symlink():
                yield path.relative_to(self._path).as_posix()
