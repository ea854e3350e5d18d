"""What an export is, for archives and those who find it there: RO-Crate 1.1.

A description only: no proof rests on it, and a verifier says that it checks none of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from audit.leaf import format_recorded_at
from audit.source import ARCHIVED_SOURCES, CHECKPOINT, MANIFEST, PAST_CHECKPOINTS, POLICY
from ledger.checkpoints import StoredCheckpoint

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"

_PARTS: tuple[tuple[str, str, str, str | None], ...] = (
    (CHECKPOINT, "The newest signed checkpoint", "text/plain", "https://c2sp.org/tlog-checkpoint"),
    (f"{PAST_CHECKPOINTS}/", "Earlier signed checkpoints, each under its size", "", None),
    ("tile/", "Hashes of the Merkle tree", "", "https://c2sp.org/tlog-tiles"),
    ("tile/entries/", "The entries, byte for byte", "", "https://c2sp.org/tlog-tiles"),
    (POLICY, "Keys, for convenience", "text/plain", "https://c2sp.org/tlog-policy"),
    (MANIFEST, "What the folder is", "application/json", None),
    (f"{ARCHIVED_SOURCES}/", "Copies of archived sources, each under its SHA-256", "", None),
)


def format_crate(newest: StoredCheckpoint, folder: Path) -> bytes:
    """The metadata of an export that is in a folder."""
    parts = [each for each in _PARTS if (folder / each[0]).exists()]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"The log {newest.origin}, entries 1 to {newest.size}",
        "description": "The record of a negotiation as an append-only log with its proof. Anyone "
        "can verify it with the keys of the log and of its witnesses.",
        "datePublished": format_recorded_at(newest.signed_at),
        "identifier": newest.origin,
        "license": {"@id": "#license"},
        "hasPart": [{"@id": name} for name, *_ in parts],
    }
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": SPECIFICATION},
        "about": {"@id": "./"},
    }
    licence = {
        "@id": "#license",
        "@type": "CreativeWork",
        "name": "Not stated here",
        "description": "Ask whoever keeps the log.",
    }
    graph = [descriptor, root, licence, *(_part(*each) for each in parts)]
    found = {"@context": CONTEXT, "@graph": graph}
    return (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode()


def _part(name: str, told: str, form: str, follows: str | None) -> dict[str, Any]:
    part: dict[str, Any] = {"@id": name, "name": told}
    part["@type"] = "Dataset" if name.endswith("/") else "File"
    if form:
        part["encodingFormat"] = form
    if follows is not None:
        part["conformsTo"] = {"@id": follows}
    return part
