"""Archived sources that lie beside the log: `sources/<sha256>`, the bytes that a source said.

The log holds their hashes only (`source.archived`), so an auditor who was given copies
can put them there and see that they are the ones that were meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from audit.entry_rules import Archived
from audit.findings import Findings
from audit.report import Check, Outcome
from audit.source import ARCHIVED_SOURCES, Source

MAX_ARCHIVED = 100_000_000  # Bytes of one source: it is held in memory while it is hashed.

_NAME = re.compile(rf"{ARCHIVED_SOURCES}/([0-9a-f]{{64}})")


def check_archive(
    source: Source,
    findings: Findings,
    archived: Sequence[Archived],
    checked: list[str],
    not_checked: list[str],
) -> None:
    """Compare each copy that is there with the hash that the log names.

    Says what was `checked`, and what was not. Files that no entry names are left to
    be listed among those that no check covers.
    """
    named = {each.sha256: each.position for each in reversed(archived)}
    there = {found[1] for path in source.list(ARCHIVED_SOURCES) if (found := _NAME.fullmatch(path))}
    compared = 0
    for digest in sorted(there & named.keys(), key=lambda each: named[each]):
        path = f"{ARCHIVED_SOURCES}/{digest}"
        data = source.read(path, MAX_ARCHIVED)
        if data is None or len(data) > MAX_ARCHIVED:
            not_checked.append(f"{path}: it cannot be read, or is larger than {MAX_ARCHIVED} bytes")
            continue
        findings.read.add(path)
        compared += 1
        if sha256(data).hexdigest() != digest:
            message = "this is not what was archived: its hash is another"
            at = named[digest]
            findings.add(Check.ARCHIVE, Outcome.TAMPERED, message, path, (at, at))
    if compared:
        checked.append(f"{compared} archived sources: the bytes have the hash that the log names")
    if len(named) > compared:
        not_checked.append(
            f"{len(named) - compared} archived sources, of which no copy was compared"
        )
