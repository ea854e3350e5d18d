"""One entry and its proof are judged without the log, and the report says what that leaves open."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.note import Signer
from audit.policy import Policy
from audit.proof import LeafHashes, prove_inclusion
from audit.proof_file import LogProof, format_log_proof
from audit.report import Check, Outcome, Report, format_report, report_as_json
from audit.tiles import format_bundle
from audit.tree import hash_leaf, root_of
from audit.verify_entry import Given, leaf_in, verify_entry
from tests.audit.material import (
    ORIGIN,
    POLICY,
    SIGNER,
    WITNESSED,
    leaves_of,
    private_key,
    sign,
    with_member,
)

SIZE, POSITION = 300, 270
LEAVES = list(leaves_of(SIZE))
LEAF = LEAVES[POSITION - 1]


def proof_of(position: int, leaves: list[bytes] = LEAVES, extra: bytes | None = None) -> bytes:
    hashes = [hash_leaf(leaf) for leaf in leaves]
    note = sign(Checkpoint(ORIGIN, len(leaves), root_of(hashes)), witness=True)
    steps = prove_inclusion(LeafHashes(hashes), position - 1, len(leaves))
    return format_log_proof(LogProof(position - 1, tuple(steps), note, extra))


PROOF = proof_of(POSITION)


def report_on(proof: bytes, entry: bytes, policy: Policy = WITNESSED) -> Report:
    return verify_entry(Given("270.tlog-proof", proof), Given("entry", entry), policy)


def cloud_event(leaf: bytes) -> bytes:
    return b'{"specversion":"1.0","time":"2025-09-05T00:00:00Z","data":' + leaf + b"}"


def test_an_entry_is_proven_and_the_report_says_by_whom_and_what_is_left_open() -> None:
    report = report_on(PROOF, LEAF)
    said = format_report(report)
    assert (report.outcome, report.findings) == (Outcome.PROVEN, ())
    assert said.startswith("PROVEN: this entry is in the log, as it was signed\n")
    assert f"the log signed by {ORIGIN}+" in said
    assert "the witness w1 saw the log of this size by 2025-" in said
    assert f"the entry at position {POSITION} of {SIZE}: 'statement.made'" in said
    assert "any other entry: that none was left out, only the whole log shows" in said
    assert report_as_json(report)["size"] == SIZE


def test_without_a_witness_more_is_left_open() -> None:
    report = report_on(proof_of(POSITION, extra=b"x"), LEAF, POLICY)
    assert report.outcome is Outcome.PROVEN
    left = "\n".join(report.not_checked)
    for words in ("shows others the same", "a clock that", "1 signatures of keys", "`extra`"):
        assert words in left
        assert words not in "\n".join(report_on(PROOF, LEAF).not_checked)


@pytest.mark.parametrize(
    "form", [cloud_event, lambda leaf: format_bundle([*LEAVES[256:269], leaf, *LEAVES[270:]])]
)
def test_an_entry_is_found_in_what_holds_it(form: Callable[[bytes], bytes]) -> None:
    assert leaf_in(form(LEAF), POSITION - 1) == LEAF
    report = report_on(PROOF, form(LEAF))
    assert report.outcome is Outcome.PROVEN
    assert "what else stands in entry: only the leaf is hashed" in report.not_checked
    changed = report_on(PROOF, form(LEAF.replace(b"Statement 270", b"Statement 271")))
    assert (changed.outcome, changed.first_bad) == (Outcome.TAMPERED, POSITION)


@pytest.mark.parametrize(
    "entry",
    [
        b"", b"\x00", LEAF + b"\n", LEAF[:-1], b"[" * 100_000, LEAF.replace(b"270", b"271"),
        cloud_event(LEAF).replace(b'"data":', b'"data":{},"data":'), json.dumps([1.5]).encode(),
        cloud_event(b"[1.5]"), LEAF.decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_an_entry_that_reads_otherwise_is_refused(entry: bytes) -> None:
    report = report_on(PROOF, entry)
    assert (report.outcome, report.checked) == (Outcome.TAMPERED, ())
    assert [each.check for each in report.findings] == [Check.ENTRY]


def test_the_entry_of_another_proof_is_named() -> None:
    report = report_on(PROOF, LEAVES[0])
    assert report.outcome is Outcome.TAMPERED
    assert "the entry says that it is 1, and the proof is of 270" in format_report(report)


def test_an_altered_proof_proves_nothing() -> None:
    for at in range(0, len(PROOF), 7):
        changed = bytearray(PROOF)
        changed[at] ^= 1
        assert report_on(bytes(changed), LEAF).outcome is not Outcome.PROVEN
    step = PROOF.split(b"\n")[3]
    dropped = report_on(PROOF.replace(step + b"\n", b"", 1), LEAF)
    assert (dropped.outcome, dropped.findings[0].check) == (Outcome.TAMPERED, Check.ENTRY)
    altered = report_on(PROOF.replace(b"\n300\n", b"\n301\n"), LEAF)
    assert (altered.outcome, altered.findings[0].check) == (Outcome.TAMPERED, Check.SIGNATURES)


def test_what_is_no_proof_and_what_the_policy_does_not_know_is_inconclusive() -> None:
    other = Policy((Signer(ORIGIN, private_key("another")).key,))
    another = Cosigner("witness.example.org/w2", private_key("w2"))
    unseen = Policy((SIGNER.key,), {"w2": another.key}, {}, "w2")
    for proof, policy in ((b"nothing", WITNESSED), (PROOF, other), (PROOF, unseen)):
        report = report_on(proof, LEAF, policy)
        assert (report.outcome, report.checked) == (Outcome.INCONCLUSIVE, ())


def test_an_entry_that_lies_about_its_place_is_found_though_it_was_signed() -> None:
    leaves = [*LEAVES]
    leaves[POSITION - 1] = with_member(LEAF, "position", 7)
    report = report_on(proof_of(POSITION, leaves), leaves[POSITION - 1])
    assert (report.outcome, report.findings[0].check) == (Outcome.TAMPERED, Check.POSITIONS)
    leaves[POSITION - 1] = with_member(LEAF, "recorded_at", "2031-01-01T00:00:00.000000Z")
    late = report_on(proof_of(POSITION, leaves), leaves[POSITION - 1])
    assert (late.outcome, late.findings[0].check) == (Outcome.TAMPERED, Check.TIMES)
