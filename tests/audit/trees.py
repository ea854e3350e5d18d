"""Two histories of one log, signed by its own key, as an operator could make them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from audit.checkpoint import Checkpoint
from audit.proof import LeafHashes, prove_consistency
from audit.tree import hash_leaf, root_of
from audit.witness import Submission, format_submission
from tests.audit.material import ORIGIN, sign


@dataclass(frozen=True)
class History:
    """The leaves of a log; `forked_at` of them are those of every other history."""

    name: str = "honest"
    forked_at: int = 0
    longest: int = 64

    @property
    def hashes(self) -> list[bytes]:
        names = ["honest" if at < self.forked_at else self.name for at in range(self.longest)]
        return [hash_leaf(sha256(f"{name}{at}".encode()).digest()) for at, name in enumerate(names)]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, root_of(self.hashes[:size]))

    def note(self, size: int) -> bytes:
        return sign(self.checkpoint(size))

    def submission(self, old: int, new: int) -> Submission:
        """What an operator hands in, who says whatever the proof of this history says."""
        proof = prove_consistency(LeafHashes(self.hashes[:new]), old, new) if 0 < old < new else []
        return Submission(old, tuple(proof), self.note(new))

    def body(self, old: int, new: int) -> bytes:
        return format_submission(self.submission(old, new))


HONEST = History()
FORKED = History("forked", forked_at=5)
