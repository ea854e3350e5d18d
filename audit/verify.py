"""Is an exported log what was signed? Nobody has to be asked, and nobody trusted.

In this order: the policy lets the checkpoint count; past checkpoints count too;
then one walk (`audit.walk`) over entries and tiles meets every signed root; and
what the entries say of their places holds. Anything wrong makes the outcome
tampered, anything wanting makes it inconclusive, and the report says what no check
has covered.

What this proves it proves about the signatures: whoever holds the key can sign
another history, and only a witness, or a checkpoint kept from before (`since`),
tells the two apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from audit.archive import check_archive
from audit.brackets import Brackets
from audit.checkpoint import Checkpoint, checkpoint_in
from audit.findings import Findings
from audit.manifest import check_manifest
from audit.note import MAX_NOTE, NoteError, format_verifier_key
from audit.policy import (
    MAX_POLICY,
    Policy,
    PolicyUnmet,
    SignedCheckpoint,
    check_checkpoint,
    parse_policy,
)
from audit.report import Check, Outcome, Report
from audit.source import (
    CHECKPOINT,
    PAST_CHECKPOINTS,
    POLICY,
    Source,
    SourceError,
)
from audit.walk import Claim, Progress, Walk

SINCE = "the checkpoint you kept"

_SIZE = re.compile(rf"{PAST_CHECKPOINTS}/(0|[1-9][0-9]{{0,18}})")
COMPLETENESS = (
    "that an answer drawn from the log is complete: only computing it from all entries shows that"
)
"""What no look at a log alone can show."""
_NEVER_CHECKED = (
    "that bounds follow from dates, and that data fits its kind: this needs the rest of Parley",
    "whether changes were reviewed as the rules ask",
    COMPLETENESS,
)


@dataclass
class _Verification:
    """One verification under way."""

    source: Source
    policy: Policy
    findings: Findings = field(default_factory=Findings)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    past: int = 0
    seen: list[tuple[int, int]] = field(default_factory=list)
    """At which size of the log a witness has seen it, and when."""
    signed: list[tuple[str, SignedCheckpoint]] = field(default_factory=list)
    """Every checkpoint that counts, and the file that it is in."""
    newest: Checkpoint | None = None
    walk: Walk | None = None


def verify(
    source: Source,
    policy: Policy | None = None,
    *,
    since: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify the export in `source`; see the module for what is looked at.

    Without a policy the one in the export is used, which shows that the export
    agrees with itself and not whose it is. `since` is a signed checkpoint of the
    same log that was kept from before: the log has to continue it.
    """
    run = _Verification(source, Policy(()) if policy is None else policy)
    try:
        _run(run, since, progress, own=policy is None)
    except SourceError as fault:
        run.findings.add(Check.SOURCE, Outcome.INCONCLUSIVE, fault.reason, fault.path)
        if run.walk is None:
            run.not_checked.append("entries and tiles: what vouches for them cannot be read")
    return _report(run)


def _run(run: _Verification, since: bytes | None, progress: Progress | None, *, own: bool) -> None:
    """Look at everything, as far as it can be had; with `own` by the policy that is found there."""
    if own:
        run.not_checked.append(
            "whose keys count: none were given, but those that came with the export"
        )
        policy = _own_policy(run.source, run.findings)
        if policy is None:
            return
        run.policy = policy
    # Listed before, because a log that is served may be signed anew at any moment.
    listed = sorted(run.source.list(PAST_CHECKPOINTS))
    signed = _check_newest(run)
    if signed is None:
        run.not_checked.append("entries and tiles: nothing that counts vouches for them")
        return
    newest = run.newest = signed.checkpoint
    claims = [Claim(Check.ROOT, newest.size, newest.root, CHECKPOINT)]
    claims += _past_claims(run, newest, listed)
    claims += _since_claims(run, newest, since)
    check_manifest(run.source, run.findings, run.not_checked, newest, run.past)
    walk = run.walk = Walk(run.source, run.findings, newest.size, claims, Brackets(run.seen))
    try:
        walk.run(progress)
    finally:
        _conclude(run, walk, newest, len(claims))
    check_archive(run.source, run.findings, walk.rules.archived, run.checked, run.not_checked)


def _own_policy(source: Source, findings: Findings) -> Policy | None:
    data = source.read(POLICY, MAX_POLICY)
    findings.read.add(POLICY)
    try:
        if data is not None:
            return parse_policy(data)
        message = "the export holds no policy, and none was given"
    except NoteError as fault:
        message = str(fault)
    findings.add(Check.SIGNATURES, Outcome.INCONCLUSIVE, message, POLICY)
    return None


def _check_newest(run: _Verification) -> SignedCheckpoint | None:
    """The checkpoint of the export, unless no known log has signed it."""
    signed = _check_signed(run, CHECKPOINT, _read_note(run, CHECKPOINT), Check.SIGNATURES)
    if signed is None:
        return None
    if not run.policy.is_met_by(set(signed.witnesses)):
        message = f"too few witnesses have seen it: {', '.join(sorted(signed.witnesses)) or 'none'}"
        run.findings.add(Check.SIGNATURES, Outcome.INCONCLUSIVE, message, CHECKPOINT)
    names = [key.name for key in signed.logs] + sorted(signed.witnesses)
    run.checked.append(f"{Check.SIGNATURES.value}: {', '.join(names)}")
    if signed.others:
        run.not_checked.append(
            f"{signed.others} signatures under {CHECKPOINT}, of keys that the policy does not name"
        )
    if not run.policy.witnesses:
        run.not_checked.append("whether the log shows others the same: the policy has no witness")
    return signed


def _read_note(run: _Verification, path: str) -> bytes | None:
    run.findings.read.add(path)
    return run.source.read(path, MAX_NOTE)


def _check_signed(
    run: _Verification, path: str, data: bytes | None, check: Check
) -> SignedCheckpoint | None:
    """The checkpoint in a file, if a log that the policy knows has signed it."""
    try:
        if data is not None:
            return _note_seen(run, path, check_checkpoint(data, run.policy, quorum=False))
        run.findings.add(check, Outcome.INCONCLUSIVE, "there is no checkpoint", path)
    except PolicyUnmet as fault:
        run.findings.add(check, Outcome.INCONCLUSIVE, str(fault), path)
    except NoteError as fault:
        run.findings.add(check, Outcome.TAMPERED, str(fault), path)
    return None


def _note_seen(run: _Verification, path: str, signed: SignedCheckpoint) -> SignedCheckpoint:
    run.signed.append((path, signed))
    run.seen += [(signed.checkpoint.size, time) for time in signed.witnesses.values()]
    return signed


def _past_claims(run: _Verification, newest: Checkpoint, listed: list[str]) -> list[Claim]:
    """What past checkpoints claim, each of which stands in a file named by its size."""
    claims = []
    others = of_others = 0
    run.source.expect((path, MAX_NOTE) for path in listed if _SIZE.fullmatch(path))
    for path in listed:
        named = _SIZE.fullmatch(path)
        if not named:
            continue  # Listed among the files that no check covers.
        data = _read_note(run, path)
        if not run.source.is_export and _origin_of(data) not in {None, newest.origin}:
            of_others += 1
            continue
        run.past += 1
        signed = _check_signed(run, path, data, Check.CHECKPOINTS)
        if signed is None:
            continue
        others += signed.others
        claim = _continued(run, signed.checkpoint, newest, path)
        if signed.checkpoint.size != int(named[1]):
            message = f"it is of size {signed.checkpoint.size}"
            run.findings.add(Check.CHECKPOINTS, Outcome.TAMPERED, message, path)
        elif claim is not None:
            claims.append(claim)
    if not listed and not run.source.is_export:
        run.not_checked.append("past checkpoints: none are listed there")
    if of_others:
        # It was opened again after a loss, and goes by another name since.
        run.not_checked.append(f"{of_others} past checkpoints under other names of this log")
    if others:
        run.not_checked.append(
            f"{others} signatures under past checkpoints, of keys that the policy does not name"
        )
    return claims


def _origin_of(data: bytes | None) -> str | None:
    """The log that a note says it is of; None for what is no checkpoint."""
    try:
        return None if data is None else checkpoint_in(data).origin
    except NoteError:
        return None


def _since_claims(run: _Verification, newest: Checkpoint, since: bytes | None) -> list[Claim]:
    """What the checkpoint claims that the auditor has kept."""
    if since is None:
        run.not_checked.append("whether the log continues one that you saw before: none was given")
        return []
    try:
        signed = check_checkpoint(since, run.policy, quorum=False)
    except NoteError as fault:
        run.findings.add(Check.CHECKPOINTS, Outcome.INCONCLUSIVE, str(fault), SINCE)
        return []
    claim = _continued(run, _note_seen(run, SINCE, signed).checkpoint, newest, SINCE)
    return [] if claim is None else [claim]


def _continued(run: _Verification, past: Checkpoint, newest: Checkpoint, file: str) -> Claim | None:
    """The claim of an older checkpoint, unless it is of another log or not older."""
    if past.origin != newest.origin:
        outcome, message = Outcome.TAMPERED, f"it is of another log, {past.origin!a:.160}"
        if file == SINCE:
            outcome = Outcome.INCONCLUSIVE
        run.findings.add(Check.CHECKPOINTS, outcome, message, file)
        return None
    if past.size > newest.size:
        message = (
            f"it is of size {past.size} and the export ends at {newest.size}: "
            "the export is stale, or the end of the log was cut off"
        )
        run.findings.add(Check.CHECKPOINTS, Outcome.INCONCLUSIVE, message, file)
        return None
    return Claim(Check.CHECKPOINTS, past.size, past.root, file)


def _conclude(run: _Verification, walk: Walk, newest: Checkpoint, claims: int) -> None:
    """Say what was walked over and what was not, and compare the origin."""
    # The last of its names counts, which may stand in any entry.
    whole = walk.done == newest.size and walk.rules.unbroken
    if walk.rules.origin != newest.origin and walk.rules.read and whole:
        message = f"the log says that it is {walk.rules.origin!a:.160}"
        run.findings.add(Check.ORIGIN, Outcome.TAMPERED, message, "tile/entries", (1, 1))
    for position, earlier in walk.rules.identities.repeated():
        message = f"its id is that of the entry at position {earlier}"
        run.findings.add(Check.IDS, Outcome.TAMPERED, message, "tile/entries", (position, position))
    run.checked.append(
        f"{walk.rules.read} entries: canonical, in their place, in time, each id once"
    )
    run.checked.append(f"{walk.done} leaf hashes, tiles above them: {walk.levels.compared}")
    run.checked.append(f"{walk.met} signed roots")
    if run.seen:
        size, second = max(run.seen, key=lambda seen: seen[1])
        run.checked.append(
            f"{len(run.seen)} times at which a witness saw the log, "
            f"the last at {_instant(second)} with {size} entries"
        )
    else:
        run.not_checked.append("recorded times against a clock that is not the log's own")
    for path, signed in run.signed:
        _check_retired(run, path, signed, walk.rules.retired)
    if walk.done < newest.size:
        run.not_checked.append(
            f"anything after position {walk.done}: entries and tiles are missing"
        )
    run.not_checked += [
        f"what entries of kind {kind} say, from position {first} on: the kind is not known here"
        for kind, first in walk.rules.unknown.items()
    ]
    if walk.met < claims:
        run.not_checked.append(f"{claims - walk.met} signed roots, for want of what they are over")
    if not walk.rules.unbroken:
        run.not_checked.append("versions of streams after the first entry that cannot be read")
    if run.findings.left_out():
        run.not_checked.append(f"{run.findings.left_out()} more findings are not listed")


def _check_retired(
    run: _Verification, path: str, signed: SignedCheckpoint, retired: dict[str, int]
) -> None:
    """Whether a key signed a checkpoint that no entry under it had retired.

    The checkpoint over the entry that announces a key is signed by both, later ones by it alone.
    """
    size, origin = signed.checkpoint.size, signed.checkpoint.origin
    keys = [format_verifier_key(key) for key in signed.logs if key.name == origin]
    if all(retired.get(key, size + 1) <= size for key in keys):
        at = max(retired[key] for key in keys)
        message = f"it is signed by a key alone that the log retired at position {at}"
        run.findings.add(Check.CHECKPOINTS, Outcome.TAMPERED, message, path)


def _instant(second: int) -> str:
    """A POSIX time as RFC 3339 has it; of a witness whose clock is nowhere near, the number."""
    try:
        return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return f"POSIX second {second}"


def _report(run: _Verification) -> Report:
    read = 0 if run.walk is None else run.walk.rules.read
    if run.newest is not None and read < run.newest.size and not run.findings.found:
        # Whatever else may be overlooked: no entry that was not read is ever proven.
        message = f"only {read} of {run.newest.size} entries could be read"
        run.findings.add(Check.LEAVES, Outcome.INCONCLUSIVE, message, "tile/entries")
    # What could stand in the place of an entry or a checkpoint comes first, since files of any
    # name may be added, and a report for people shows some lines of each sort.
    uncovered = sorted(set(run.source.list()) - run.findings.read, key=_rank)
    lines = (f"{path}: no check covers this file" for path in uncovered)
    found = run.findings.in_order()
    not_checked = (*run.not_checked, *_NEVER_CHECKED, *lines)
    return Report(run.newest, found, tuple(run.checked), not_checked)


def _rank(path: str) -> tuple[bool, str]:
    return not path.startswith(("tile/", f"{PAST_CHECKPOINTS}/")), path
