"""Checkpoints: what a log says of itself at a size (C2SP tlog-checkpoint).

The text of a signed note of at least three lines: the origin, which names the
log; the size in decimal; the root of the RFC 6962 tree of that size in base 64.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.note import NoteError, format_base64, parse_base64, parse_note
from audit.tree import HASH_SIZE

MAX_SIZE = 2**63 - 1  # What readers in other languages can count.

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class CheckpointError(NoteError):
    """What is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log of this origin has at this size this root.

    Extensions are lines that nobody can check; we write none and keep what others
    wrote. Raises CheckpointError for what cannot be written.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a size or a root that no tree has, and lines that are empty or more than one."""
        if not 0 <= self.size <= MAX_SIZE:
            raise CheckpointError(f"the size of a log lies from 0 to 2^63 - 1, here {self.size}")
        if len(self.root) != HASH_SIZE:
            raise CheckpointError(f"a root has {HASH_SIZE} bytes, not {len(self.root)}")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise CheckpointError("each line of a checkpoint says something")


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    root = format_base64(checkpoint.root)
    lines = (checkpoint.origin, str(checkpoint.size), root, *checkpoint.extensions)
    return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """The exact inverse of `format_checkpoint`; raises CheckpointError for any other text."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "":  # noqa: PLR2004 — origin, size, root, the last newline
        raise CheckpointError("a checkpoint is an origin, a size and a root, each on a line")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise CheckpointError(f"a size is decimal without leading zeroes, not {size!a:.40}")
    try:
        return Checkpoint(origin, int(size), parse_base64(root), tuple(extensions))
    except CheckpointError:
        raise
    except NoteError as fault:
        raise CheckpointError(f"the root: {fault}") from None


def checkpoint_in(note: bytes) -> Checkpoint:
    """The checkpoint that a note holds, whoever signed it; raises CheckpointError for any other."""
    try:
        return parse_checkpoint(parse_note(note).text)
    except NoteError as fault:
        raise CheckpointError(f"the checkpoint cannot be read: {fault}") from None
