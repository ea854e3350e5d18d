"""Text files as the record takes them: UTF-8, of a size that fits in memory."""

from __future__ import annotations

from pathlib import Path

from domain.errors import InvalidInput, NotFound, Problem, TooLarge

MAX_BYTES = 64 * 1024 * 1024
"""The largest file to be read into memory; a longer record is several files."""


def read_text(path: Path) -> str:
    """The text of a file; raises NotFound, TooLarge, or InvalidInput if it is not UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            rule = f"is larger than {MAX_BYTES // 1024 // 1024} MiB"
            raise TooLarge(Problem(path.name, rule, "split it into several files"))
        raw = path.read_bytes()
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise NotFound(
            Problem(str(path), rule, "check the path and your right to read it")
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        rule = f"is not UTF-8: byte 0x{raw[error.start]:02X} stands where no character begins"
        raise InvalidInput(Problem(f"{path.name}:{line}", rule, "save the file as UTF-8")) from None
