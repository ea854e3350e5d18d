"""Proofs of what the log holds: that an entry is in it, and that it only ever grew.

An inclusion proof shows that something is present. That nothing was left out is shown
only by computing from the whole log.
"""

from __future__ import annotations

from app.parley import Parley
from app.read_checkpoints import signed_at
from audit.proof import prove_consistency, prove_inclusion
from audit.proof_file import LogProof, format_log_proof
from domain.errors import InvalidInput, NotFound
from ledger.checkpoints import StoredCheckpoint
from ledger.tile_store import TileStore, root_at
from projections.answers import Answer


class InclusionProof(Answer):
    """That the entry at `position` is in the log of `size` entries with this root.

    Hashes are SHA-256 in lower-case hex; `proof` is the path of RFC 6962, 2.1.1, from
    the sibling of the leaf upwards; `checkpoint` is the signed note.
    """

    position: int
    leaf_hash: str
    origin: str
    size: int
    root: str
    proof: tuple[str, ...]
    checkpoint: str


class ConsistencyProof(Answer):
    """That the log of `to` entries begins with the log of `from` entries.

    Hashes are SHA-256 in lower-case hex; `proof` is that of RFC 6962, 2.1.2.
    """

    from_size: int
    from_root: str
    to_size: int
    to_root: str
    proof: tuple[str, ...]


def inclusion(parley: Parley, position: int, size: int | None = None) -> InclusionProof:
    """The proof for an entry, by the newest checkpoint or the one of this size.

    Raises NotFound for a position that it does not cover, and for a size that nobody signed.
    """
    signed, steps = _prove(parley, position, size)
    leaf = next(parley.ledger.leaves(position - 1, position))
    return InclusionProof(
        position=position,
        leaf_hash=leaf.leaf_hash.hex(),
        origin=signed.origin,
        size=signed.size,
        root=signed.root.hex(),
        proof=tuple(step.hex() for step in steps),
        checkpoint=signed.note.decode(),
    )


def log_proof(parley: Parley, position: int, size: int | None = None) -> bytes:
    """The same as a `.tlog-proof` (C2SP): all that it takes to check it besides the entry."""
    signed, steps = _prove(parley, position, size)
    return format_log_proof(LogProof(position - 1, tuple(steps), signed.note))


def consistency(parley: Parley, old: int, new: int | None = None) -> ConsistencyProof:
    """The proof between two sizes of the log; `new` is that of the newest checkpoint unless given.

    Raises InvalidInput for sizes in the wrong order or an old size of 0, of which nothing can
    be shown, and NotFound beyond what was signed.
    """
    signed = signed_at(parley, None)
    new = signed.size if new is None else new
    if new > signed.size:
        rule = f"the newest checkpoint is of size {signed.size}, not {new}"
        raise NotFound.of("to", rule, "ask for no more, or again when the next is signed")
    if not 1 <= old <= new:
        raise InvalidInput.of(
            "from", f"no proof leads from a size of {old} to {new}", "name a size from 1 to `to`"
        )
    reader = TileStore(parley.ledger.engine).reader(new)
    return ConsistencyProof(
        from_size=old,
        from_root=root_at(reader, old).hex(),
        to_size=new,
        # The root of what was signed need not be made again.
        to_root=(signed.root if new == signed.size else root_at(reader, new)).hex(),
        proof=tuple(step.hex() for step in prove_consistency(reader, old, new)),
    )


def _prove(
    parley: Parley, position: int, size: int | None = None
) -> tuple[StoredCheckpoint, list[bytes]]:
    """The checkpoint that covers an entry, and the steps from the entry to its root."""
    signed = signed_at(parley, size)
    if not 1 <= position <= signed.size:
        rule = f"the checkpoint of size {signed.size} does not cover entry {position}"
        raise NotFound.of(
            "position", rule, "choose an entry before it, or ask again when the next is signed"
        )
    reader = TileStore(parley.ledger.engine).reader(signed.size)
    return signed, prove_inclusion(reader, position - 1, signed.size)
