"""Text files as the record takes them: UTF-8, of a size that fits in memory."""

from __future__ import annotations

import stat
from pathlib import Path

from domain.errors import InvalidInput, NotFound, Problem, TooLarge

MAX_BYTES = 64 * 1024 * 1024
"""The largest file to be read into memory; a longer record is several files."""


def read_text(path: Path) -> str:
    """The text of a file; raises NotFound, TooLarge, or InvalidInput if it is not UTF-8.

    A pipe may never begin and a device never end, so neither is opened.
    """
    raw = _read_bytes(path)
    if len(raw) > MAX_BYTES:
        rule = f"is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise TooLarge(Problem(path.name, rule, "split it into several files"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        rule = f"is not UTF-8: byte 0x{raw[error.start]:02X} stands where no character begins"
        raise InvalidInput(Problem(f"{path.name}:{line}", rule, "save the file as UTF-8")) from None


def _read_bytes(path: Path) -> bytes:
    """What a regular file holds, up to one byte too many, whatever size it says it has."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        # The path of a file may be too long to look up, or hold a NUL.
        rule = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise NotFound(
            Problem(str(path), rule, "check the path and your right to read it")
        ) from None
    if stat.S_ISDIR(mode):
        raise InvalidInput(Problem(str(path), "is a folder", "name a file in it"))
    way_out = "save it as a file; a command that takes - reads a pipe as standard input"
    raise InvalidInput(Problem(str(path), "is no regular file", way_out))
