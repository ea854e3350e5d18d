"""Is this entry in the log? By a proof that somebody carried away, and without the log.

In this order: the policy lets the checkpoint in the proof count; the proof leads from
the entry to its root; and what the entry says of its place and its time holds. That
shows one entry and nothing of all the others, and the report says so.

An entry is handed on in three forms, of which each holds its leaf byte for byte: the
leaf itself; a CloudEvent with the leaf as its `data`; an entry bundle (tlog-tiles) with
up to 255 others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit.brackets import Brackets
from audit.entry_rules import EntryRules
from audit.findings import Findings
from audit.leaf import LeafError, format_canonical, format_recorded_at, parse_canonical
from audit.note import NoteError
from audit.policy import Policy, PolicyUnmet, SignedCheckpoint
from audit.proof import ProofError
from audit.proof_file import LogProof, check_log_proof, parse_log_proof
from audit.report import Check, Fault, Outcome, Report
from audit.tiles import TILE_WIDTH, split_bundle
from audit.tree import hash_leaf

PROVEN = "this entry is in the log, as it was signed"
_NEVER_CHECKED = (
    "any other entry: that none was left out, only the whole log shows",
    "whether the entry was corrected, retracted or disputed later: other entries say that",
    "whether the log still continues this checkpoint: verify it with the checkpoint as --since",
    "that bounds follow from dates, and that data fits its kind: this needs the rest of Parley",
)


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was handed in, and what is in it."""

    name: str
    data: bytes


def verify_entry(proof: Given, entry: Given, policy: Policy) -> Report:
    """Verify by a `.tlog-proof` that the entry in a file is in the log; see the module."""
    findings = Findings()
    try:
        parsed = parse_log_proof(proof.data)
    except NoteError as fault:
        message = f"it is no proof: {fault}"
        findings.add(Check.ENTRY, Outcome.INCONCLUSIVE, message, proof.name)
        return Report(None, findings.in_order(), (), _NEVER_CHECKED, PROVEN)
    position = parsed.index + 1
    leaf = leaf_in(entry.data, parsed.index)
    signed = _check_proof(parsed, leaf, policy)
    if not isinstance(signed, SignedCheckpoint):
        check, outcome, message = signed
        findings.add(check, outcome, message, proof.name, (position, position))
        return Report(None, findings.in_order(), (), _NEVER_CHECKED, PROVEN)
    size = signed.checkpoint.size
    rules = EntryRules(Brackets((size, time) for time in signed.witnesses.values()))
    rules.skip()  # Of its stream nothing else is here, so its version follows nothing.
    for check, outcome, message in rules.check(position, leaf):
        findings.add(check, outcome, message, entry.name, (position, position))
    found = findings.in_order()
    checked = () if found else tuple(_shown(position, leaf, signed))
    not_checked = [*_left_open(parsed, signed), *_NEVER_CHECKED]
    if leaf != entry.data:
        not_checked.insert(0, f"what else stands in {entry.name}: only the leaf is hashed")
    return Report(signed.checkpoint, found, checked, tuple(not_checked), PROVEN)


def leaf_in(data: bytes, index: int) -> bytes:
    """The leaf out of a file in any of the three forms; `index` is its place in the log, from 0.

    What has none of them is taken as it stands: no proof leads from it anywhere.
    """
    try:
        found = json.loads(data.decode(), object_pairs_hook=_once)
        inner = found.get("data") if "specversion" in found else None
        return data if inner is None else format_canonical(inner)
    except (AttributeError, LeafError, RecursionError, TypeError, ValueError):
        leaves, rest = split_bundle(data)
    at = index % TILE_WIDTH
    return leaves[at] if at < len(leaves) <= TILE_WIDTH and not rest else data


def _check_proof(proof: LogProof, leaf: bytes, policy: Policy) -> SignedCheckpoint | Fault:
    """The checkpoint by which the log holds the leaf, or why nothing shows that it does."""
    try:
        return check_log_proof(proof, hash_leaf(leaf), policy)
    except PolicyUnmet as fault:
        return Check.SIGNATURES, Outcome.INCONCLUSIVE, str(fault)
    except NoteError as fault:
        return Check.SIGNATURES, Outcome.TAMPERED, str(fault)
    except ProofError as fault:
        message, position, said = str(fault), proof.index + 1, _position_in(leaf)
        if said not in {None, position}:
            message = f"the entry says that it is {said}, and the proof is of {position}"
        return Check.ENTRY, Outcome.TAMPERED, message


def _shown(position: int, leaf: bytes, signed: SignedCheckpoint) -> Iterator[str]:
    """What was shown, line by line, where nothing was found."""
    found = parse_canonical(leaf)
    keys = ", ".join(f"{key.name}+{key.id.hex()}" for key in signed.logs)
    yield f"{Check.SIGNATURES.value}: the log signed by {keys}"
    for name, time in sorted(signed.witnesses.items()):
        yield f"the witness {name} saw the log of this size by {_instant(time)}"
    yield (
        f"the entry at position {position} of {signed.checkpoint.size}: {found.get('kind')!a:.80}, "
        f"id {found['id']}, recorded {found['recorded_at']}"
    )
    yield "its proof leads from it to the signed root"


def _left_open(proof: LogProof, signed: SignedCheckpoint) -> Iterator[str]:
    if not signed.witnesses:
        yield "whether the log shows others the same: no witness that the policy names has seen it"
        yield "the recorded time against a clock that is not the log's own"
    if signed.others:
        yield f"{signed.others} signatures of keys that the policy does not name"
    if proof.extra is not None:
        yield "the line `extra` of the proof: nobody vouches for it"


def _position_in(leaf: bytes) -> int | None:
    """The position that a leaf says it has; None for what is no leaf."""
    try:
        said = parse_canonical(leaf).get("position")
    except LeafError:
        return None
    return said if type(said) is int else None


def _instant(seconds: int) -> str:
    try:
        return format_recorded_at(seconds * 1_000_000)
    except LeafError:
        return f"{seconds} seconds after 1970"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; refuses one that says a thing twice, of which each reader may take another."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found
