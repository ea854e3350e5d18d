"""Stored samples: one leaf a kind and schema number, as it was first written.

    python -m tests.domain.samples.make_samples

writes the samples of schema numbers that have none yet and touches no other: a
sample is what is out there in logs, and what is out there does not change. The
file is the leaf and a line feed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.leaf import draft_leaf, parse_canonical, parse_recorded_at
from domain.bounds import Span
from domain.entry import LOG_STREAM, Entry, Import
from domain.registry import KINDS, THINGS, read_data, read_event
from tests.domain.samples.every_kind import FIRST_SECOND, examples, ids, recorded

FOLDER = Path(__file__).parent
ORIGIN = "example.org/parley/every-kind"
LOG_BODIES: dict[str, dict[str, Any]] = {
    "log.opened": {"origin": ORIGIN, "leaf": 1, "rules": 1, "parley": "0.1.0"},
    "log.key_rotated": {
        "key": f"{ORIGIN}+30b5f733+ASAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/",
        "retires": f"{ORIGIN}+62128f0a+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
    },
    "log.reopened": {
        "origin": f"{ORIGIN}/2",
        "predecessor": ORIGIN,
        "lost": [86, 91],
        "reason": "The disk failed, and the newest backup ends at position 85.",
        "approvers": ["user:auditor-1", "user:auditor-2"],
    },
}
"""What the log says about itself; no person records these, so no case holds them."""


def path_of(kind: str, schema: int) -> Path:
    """Where the sample of a kind and schema number is stored."""
    return FOLDER / f"{kind}.v{schema}.json"


def sample_of(kind: str) -> bytes:
    """A leaf of the kind in its newest schema number."""
    return leaf_of(_log_entry(kind) if kind in LOG_BODIES else _case_entry(kind))


def leaf_of(entry: Entry) -> bytes:
    """The leaf of an entry, bounds and all."""
    draft = draft_leaf(
        id=str(entry.id),
        stream=entry.stream,
        kind=entry.kind,
        schema=entry.schema,
        recorded_by=entry.recorded_by,
        data=entry.event.data(),
        cite=entry.event.citations() or None,
        occurred=entry.event.occurred,
        bounds=entry.span.to_leaf() if entry.span else None,
        import_=entry.imported.to_leaf() if entry.imported else None,
        request=entry.request,
    )
    return draft.complete(
        position=entry.position,
        version=entry.version,
        recorded_at=entry.recorded_at,
        nonce=bytes.fromhex(entry.nonce),
    )


def read_leaf(data: bytes) -> Entry:
    """The entry of a leaf, as whoever has only the bytes reads it."""
    leaf = parse_canonical(data)
    envelope: dict[str, Any] = {n: leaf[n] for n in ("id", "occurred", "cite") if n in leaf}
    if KINDS[leaf["kind"]].THING in THINGS:
        envelope["slug"] = leaf["stream"].rpartition("/")[2]
    return Entry(
        event=read_data(leaf["kind"], leaf["schema"], envelope, leaf["data"]),
        stream=leaf["stream"],
        id=UUID(leaf["id"]),
        recorded_by=leaf["recorded_by"],
        position=leaf["position"],
        version=leaf["version"],
        recorded_at=parse_recorded_at(leaf["recorded_at"]),
        schema=leaf["schema"],
        nonce=leaf["nonce"],
        span=Span.from_leaf(leaf["bounds"]) if "bounds" in leaf else None,
        request=leaf.get("request"),
        imported=Import(**leaf["import"]) if "import" in leaf else None,
    )


def _case_entry(kind: str) -> Entry:
    wanted = ids()[examples()[kind].key]
    found = next(entry for entry in recorded() if entry.id == wanted)
    return replace(found, request="0198f0c2-0000-7000-8000-00000000ffff")


def _log_entry(kind: str) -> Entry:
    position = list(LOG_BODIES).index(kind) + 1
    return Entry(
        event=read_event({"kind": kind, **LOG_BODIES[kind]}),
        stream=LOG_STREAM,
        id=UUID(int=(0x0198F0C200007000800000000000 << 16) + position),
        recorded_by="parley",
        position=position,
        version=position,
        recorded_at=FIRST_SECOND * 1_000_000,
        schema=KINDS[kind].class_version,
        nonce=bytes(range(16)).hex(),
    )


def write_missing() -> list[Path]:
    """Write the samples there are not, and return where."""
    written = []
    for kind, cls in KINDS.items():
        path = path_of(kind, cls.class_version)
        if not path.exists():
            path.write_bytes(sample_of(kind) + b"\n")
            written.append(path)
    return written


if __name__ == "__main__":
    sys.stdout.writelines(f"{path.name}\n" for path in write_missing())
