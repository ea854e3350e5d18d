"""Logs to export and to tamper with: leaves, keys, and an export that needs no disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, format_checkpoint
from audit.cosignature import Cosigner
from audit.export import write_export
from audit.leaf import draft_leaf, format_canonical, parse_canonical
from audit.note import Note, Signer, format_note
from audit.policy import Policy

ORIGIN = "parley.example.org/test"
START = 1_757_030_399_000_000
SEEN = START // 1_000_000 + 10
REBUILT = 600
"""Entries of a log that is built anew with some of them changed."""


def private_key(name: str) -> Ed25519PrivateKey:
    """A key that is the same in every run, and so no secret."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


SIGNER = Signer(ORIGIN, private_key("log"))
WITNESS = Cosigner("witness.example.org/w1", private_key("witness"))
POLICY = Policy((SIGNER.key,))
WITNESSED = Policy((SIGNER.key,), {"w1": WITNESS.key}, {}, "w1")


def leaf_at(position: int, streams: int, summary: str = "") -> bytes:
    """The leaf at a position of a log whose streams take turns; the first opens the log."""
    turn, stream = divmod(position - 2, streams)
    opening = position == 1
    data: dict[str, object] = {"summary": summary or f"Statement {position} – “як є”."}
    draft = draft_leaf(
        id=f"0198f0c2-0000-7000-8000-{position:012d}",
        stream="log" if opening else f"case/statement/z-{stream}",
        kind="log.opened" if opening else "statement.made",
        schema=1,
        recorded_by="user:1",
        data={"leaf": 1, "origin": ORIGIN, "parley": "0", "rules": 1} if opening else data,
        occurred=None if opening else "2025-09-04",
    )
    return draft.complete(
        position=position,
        version=1 if opening else turn + 1,
        recorded_at=START + position * 1_000,
        nonce=sha256(b"%d" % position).digest()[:16],
    )


def leaves_of(size: int) -> Iterator[bytes]:
    """The leaves of a log of this size, about four to a stream."""
    streams = max(1, size // 4)
    return (leaf_at(position, streams) for position in range(1, size + 1))


def sign(checkpoint: Checkpoint, *, witness: bool = False, signer: Signer = SIGNER) -> bytes:
    """A signed note of a checkpoint, cosigned if asked for."""
    text = format_checkpoint(checkpoint)
    signatures = [signer.sign(text)]
    if witness:
        signatures.append(WITNESS.sign(text, SEEN))
    return format_note(Note(text, tuple(signatures)))


def export_to(
    folder: Path, size: int, past: Collection[int] = (), policy: Policy = POLICY
) -> Checkpoint:
    """A clean export of a log of this size."""
    return write_export(
        folder,
        leaves_of(size),
        origin=ORIGIN,
        sign=lambda checkpoint: sign(checkpoint, witness=bool(policy.witnesses)),
        policy=policy,
        past=past,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of an export, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Files(dict[str, bytes]):
    """An export in memory, so that a thousand changed ones need no disk."""

    is_export = True

    def read(self, path: str, limit: int) -> bytes | None:
        data = self.get(path)
        return None if data is None else data[: limit + 1]

    def list(self, folder: str = "") -> Iterator[str]:
        prefix = f"{folder}/" if folder else ""
        return (path for path in self if path.startswith(prefix))

    def expect(self, files: Iterable[tuple[str, int]]) -> None:
        pass


def rebuilt(folder: Path, edit: Callable[[list[bytes]], None], past: tuple[int, ...] = ()) -> Files:
    """What somebody can make who changes entries and holds the key: all of it anew."""
    leaves = list(leaves_of(REBUILT))
    edit(leaves)
    write_export(folder, leaves, origin=ORIGIN, sign=sign, policy=POLICY, past=past)
    return Files(files_of(folder))


def with_member(leaf: bytes, name: str, value: object) -> bytes:
    return format_canonical({**parse_canonical(leaf), name: value})
