"""What an export says of itself; nothing rests on it."""

from __future__ import annotations

from audit.checkpoint import Checkpoint
from audit.findings import Findings
from audit.leaf import LeafError, parse_canonical
from audit.note import format_base64
from audit.report import Check, Outcome
from audit.source import MANIFEST, MANIFEST_FORMAT, Source

MAX_MANIFEST = 1_000_000


def manifest_of(newest: Checkpoint, past: int) -> dict[str, object]:
    """What the manifest of an export says: its format, its checkpoint, how many are kept."""
    return {
        "format": MANIFEST_FORMAT,
        "origin": newest.origin,
        "size": newest.size,
        "root": format_base64(newest.root),
        "checkpoints": past,
    }


def check_manifest(
    source: Source, findings: Findings, not_checked: list[str], newest: Checkpoint, past: int
) -> None:
    """Find what the manifest says otherwise than the checkpoint: then it is of another export."""
    data = source.read(MANIFEST, MAX_MANIFEST)
    findings.read.add(MANIFEST)
    if data is None and not source.is_export:
        not_checked.append("a manifest: a log that is served has none")
        return
    expected = manifest_of(newest, past)
    if not past and not source.is_export:
        # How many there are cannot be told where they are not listed.
        del expected["checkpoints"]
    try:
        found = None if data is None else parse_canonical(data)
    except LeafError as fault:
        findings.add(Check.MANIFEST, Outcome.INCONCLUSIVE, str(fault), MANIFEST)
        return
    if found is None:
        findings.add(Check.MANIFEST, Outcome.INCONCLUSIVE, "there is no manifest", MANIFEST)
        return
    for name, value in expected.items():
        if found.get(name) != value:
            message = f"{name} is {found.get(name)!a:.160}, and here it should be {value!a:.160}"
            findings.add(Check.MANIFEST, Outcome.INCONCLUSIVE, message, MANIFEST)
    more = sorted(found.keys() - expected.keys())
    if more:
        not_checked.append(f"what {MANIFEST} says of {', '.join(more)}")
