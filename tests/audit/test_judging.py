"""Evidence convicts by two signed notes alone, or the judgement says what is wanting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.evidence import Evidence, UnknownSigner, What, check_evidence
from audit.judging import Verdict, format_judgement, judge_evidence, judgement_as_json
from audit.note import Signer, VerifierKey
from tests.audit.material import ORIGIN, SIGNER, private_key, sign
from tests.audit.trees import FORKED, HONEST

FORK = Evidence(What.FORK, HONEST.note(12), FORKED.note(12), 12, (), "", 0)
UNPROVED = Evidence(
    What.UNPROVED, HONEST.note(8), FORKED.note(12), 8, FORKED.submission(8, 12).proof, "", 0
)
HONEST_ROLLBACK = Evidence(What.ROLLBACK, HONEST.note(12), HONEST.note(8), 12, (), "", 0)
OTHER = Signer(ORIGIN, private_key("another"))


def test_two_trees_of_one_size_convict_whoever_holds_the_key() -> None:
    judged = judge_evidence(FORK, [OTHER.key, SIGNER.key])
    assert judged.verdict is Verdict.CONVICTS
    said = format_judgement(judged)
    assert said.startswith("CONVICTED (fork)\nThe log has signed two trees of 12 leaves")
    assert said.count(f"signed by {ORIGIN}+{SIGNER.key.id.hex()}\n") == 2
    assert judgement_as_json(judged)["verdict"] == "convicts"


def test_a_proof_that_fails_leaves_a_way_out() -> None:
    judged = judge_evidence(UNPROVED, [SIGNER.key])
    assert judged.verdict is Verdict.OPEN
    assert "an honest log can show another" in format_judgement(judged)


def test_two_honest_checkpoints_of_falling_sizes_convict_nobody() -> None:
    # Signatures and order are as in a rollback, which is all that this looks at.
    check_evidence(HONEST_ROLLBACK, [SIGNER.key])
    judged = judge_evidence(HONEST_ROLLBACK, [SIGNER.key])
    assert judged.verdict is Verdict.OPEN
    assert "is the word of the witness" in format_judgement(judged)


@pytest.mark.parametrize(
    "evidence",
    [
        replace(FORK, shown=HONEST.note(12)),
        replace(FORK, shown=FORKED.note(13)),
        replace(FORK, shown=FORKED.note(12).replace(b"\n12\n", b"\n13\n")),
        replace(FORK, seen=b"nothing"),
        replace(UNPROVED, shown=HONEST.note(12), proof=HONEST.submission(8, 12).proof),
        replace(HONEST_ROLLBACK, what=What.UNPROVED),
        replace(HONEST_ROLLBACK, seen=HONEST.note(8), shown=HONEST.note(12)),
    ],
)
def test_evidence_that_does_not_hold_is_void(evidence: Evidence) -> None:
    judged = judge_evidence(evidence, [SIGNER.key])
    assert (judged.verdict, judged.seen) == (Verdict.VOID, None)


@pytest.mark.parametrize("key", [OTHER.key, Signer("other.example.org", private_key("x")).key])
def test_by_keys_that_did_not_sign_it_nothing_can_be_said(key: VerifierKey) -> None:
    assert judge_evidence(FORK, [key]).verdict is Verdict.OPEN
    with pytest.raises(UnknownSigner):
        check_evidence(FORK, [key])
    half = replace(FORK, shown=sign(FORKED.checkpoint(12), signer=OTHER))
    assert judge_evidence(half, [SIGNER.key]).verdict is Verdict.OPEN
