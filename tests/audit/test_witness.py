"""A witness is handed what tlog-witness says, and lets nothing count but what continues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.evidence import (
    EvidenceError,
    What,
    check_evidence,
    evidence_of,
    format_evidence,
    is_answered,
    parse_evidence,
)
from audit.note import Note, Signer, VerifierKey, format_note, parse_note
from audit.proof import LeafHashes
from audit.tree import EMPTY_ROOT
from audit.witness import (
    MAX_PROOF,
    Malformed,
    Misfit,
    NotContinued,
    NotSigned,
    OtherSize,
    Submission,
    UnknownLog,
    WitnessRefusal,
    check_continued,
    format_submission,
    open_note,
    parse_submission,
)
from tests.audit.material import ORIGIN, SIGNER, private_key, sign
from tests.audit.trees import FORKED, HONEST

# The example of tlog-witness (C2SP, CC BY 4.0).
EXAMPLE = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()  # noqa: E501 - a signature is one line.
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_PROOF).map(tuple)


# --- what is handed in --------------------------------------------------------------


def test_the_example_of_the_specification_is_read_and_written_byte_for_byte() -> None:
    found = parse_submission(EXAMPLE)
    assert (found.old, len(found.proof)) == (20_852_014, 4)
    assert format_submission(found) == EXAMPLE
    with pytest.raises(UnknownLog):
        open_note(found.note, [SIGNER.key])


def test_a_signature_of_the_example_by_an_unknown_key_of_its_origin_does_not_count() -> None:
    other = VerifierKey("example.com/behind-the-sofa", 1, bytes(32))
    with pytest.raises(NotSigned):
        open_note(parse_submission(EXAMPLE).note, [other])


@given(st.integers(0, 2**63 - 1), HASHES, st.integers(0, 20))
def test_a_submission_reads_back(old: int, proof: tuple[bytes, ...], size: int) -> None:
    submission = Submission(old, proof, HONEST.note(size))
    assert parse_submission(format_submission(submission)) == submission


@pytest.mark.parametrize(
    "change",
    [
        (b"old 20852014\n", b""), (b"old 20852014", b"old 020852014"), (b"old 2", b"old  2"),
        (b"old 20852014", b"old -1"), (b"old 20852014", b"old 9223372036854775808"),
        (b"old ", b"size "), (b"\n\nexample", b"\nexample"), (b"PlRN", b"PlR"),
        (b"kaw=\n", b"kax=\n"), (b"kaw=\n", b"kaw=\r\n"), (b"PlRN", "é".encode()),
        (b"PlRN", (b"A" * 43 + b"=\n") * 60 + b"PlRN"),
    ],
)  # fmt: skip
def test_another_spelling_is_refused(change: tuple[bytes, bytes]) -> None:
    assert change[0] in EXAMPLE
    with pytest.raises(Malformed):
        parse_submission(EXAMPLE.replace(*change, 1))


def test_a_submission_without_end_is_refused() -> None:
    with pytest.raises(Malformed, match="100000"):
        parse_submission(EXAMPLE + b"x" * 100_000)


# --- who signed it ------------------------------------------------------------------


def test_a_checkpoint_that_is_no_note_is_malformed() -> None:
    for data in (
        b"",
        b"nothing\n",
        HONEST.note(3)[:-1],
        HONEST.note(3).replace(b"\n3\n", b"\n03\n"),
    ):
        with pytest.raises(Malformed):
            open_note(data, [SIGNER.key])


def test_signatures_of_others_are_passed_over_and_one_that_does_not_fit_is_not() -> None:
    other = Signer(ORIGIN, private_key("another key of the same log"))
    note = parse_note(HONEST.note(3))
    both = Note(note.text, (other.sign(note.text), *note.signatures))
    assert open_note(format_note(both), [SIGNER.key]).checkpoint == HONEST.checkpoint(3)
    altered = Note(note.text, (other.sign("another text"), *note.signatures))
    assert open_note(format_note(altered), [SIGNER.key]).checkpoint == HONEST.checkpoint(3)
    with pytest.raises(Misfit):
        open_note(format_note(altered), [SIGNER.key, other.key])


def test_a_key_counts_only_for_the_origin_that_it_is_named_for() -> None:
    stranger = Signer("other.example.org", private_key("other"))
    with pytest.raises(NotSigned):
        open_note(sign(HONEST.checkpoint(3), signer=stranger), [SIGNER.key, stranger.key])


# --- whether it continues -------------------------------------------------------------


@given(st.data())
def test_a_tree_that_continues_what_was_seen_is_cosigned(data: st.DataObject) -> None:
    new = data.draw(st.integers(0, 64))
    old = data.draw(st.integers(0, new))
    seen = HONEST.checkpoint(old) if data.draw(st.booleans()) or old else None
    submission = HONEST.submission(old, new)
    check_continued(old, submission.proof, HONEST.checkpoint(new), seen)


@given(st.data())
def test_a_tree_that_was_forked_before_what_was_seen_is_not(data: st.DataObject) -> None:
    seen = data.draw(st.integers(FORKED.forked_at + 1, 63))
    new = data.draw(st.integers(seen, 64))
    submission = FORKED.submission(seen, new)
    with pytest.raises(NotContinued):
        check_continued(seen, submission.proof, FORKED.checkpoint(new), HONEST.checkpoint(seen))


@pytest.mark.parametrize("old", [0, 7, 9])
def test_a_proof_from_another_size_is_told_the_right_one(old: int) -> None:
    submission = HONEST.submission(old, 12)
    with pytest.raises(OtherSize) as refusal:
        check_continued(old, submission.proof, HONEST.checkpoint(12), HONEST.checkpoint(8))
    assert refusal.value.size == 8


def test_no_proof_leads_backwards() -> None:
    with pytest.raises(Malformed):
        check_continued(9, (), HONEST.checkpoint(8), HONEST.checkpoint(9))


def test_an_empty_tree_has_one_root_and_needs_no_proof() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    check_continued(0, (), empty, None)
    with pytest.raises(NotContinued):
        check_continued(0, (), Checkpoint(ORIGIN, 0, bytes(32)), None)
    with pytest.raises(NotContinued):
        check_continued(0, (bytes(32),), HONEST.checkpoint(3), empty)


# --- evidence -----------------------------------------------------------------------


def refused(seen: int, submission: Submission) -> WitnessRefusal:
    shown = open_note(submission.note, [SIGNER.key]).checkpoint
    with pytest.raises(WitnessRefusal) as refusal:
        check_continued(submission.old, submission.proof, shown, HONEST.checkpoint(seen))
    return refusal.value


@pytest.mark.parametrize(
    ("submission", "what"),
    [
        (FORKED.submission(8, 8), What.FORK),
        # From a wrong size, but two trees of one size convict all the same.
        (FORKED.submission(3, 8), What.FORK),
        (FORKED.submission(8, 12), What.UNPROVED),
        (Submission(8, (bytes(32),), HONEST.note(12)), What.UNPROVED),
        (Submission(8, (bytes(32),), HONEST.note(8)), None),
        (HONEST.submission(7, 12), None),
        (HONEST.submission(2, 7), None),
    ],
)
def test_evidence_is_kept_of_what_contradicts_and_not_of_a_mistake(
    submission: Submission, what: What | None
) -> None:
    found = evidence_of(HONEST.note(8), submission, refused(8, submission), 1_757_000_000)
    assert (found.what if found else None) == what
    if found is not None:
        assert parse_evidence(format_evidence(found)) == found
        check_evidence(found, [SIGNER.key])


def test_evidence_convicts_only_the_log_that_signed_it() -> None:
    submission = FORKED.submission(8, 8)
    found = evidence_of(HONEST.note(8), submission, refused(8, submission), 0)
    assert found is not None
    with pytest.raises(EvidenceError):
        check_evidence(found, [Signer(ORIGIN, private_key("another")).key])


def test_two_checkpoints_that_go_together_convict_nobody() -> None:
    submission = FORKED.submission(8, 12)
    found = evidence_of(HONEST.note(8), submission, refused(8, submission), 0)
    assert found is not None
    honest = HONEST.submission(8, 12)
    for what, proof in ((What.FORK, ()), (What.UNPROVED, honest.proof), (What.ROLLBACK, ())):
        made_up = type(found)(what, found.seen, honest.note, 8, proof, "", 0)
        with pytest.raises(EvidenceError):
            check_evidence(made_up, [SIGNER.key])


def test_an_honest_log_can_answer_what_a_stranger_accused_it_of_and_a_forked_one_cannot() -> None:
    newest, reader = HONEST.checkpoint(20), LeafHashes(HONEST.hashes[:20])
    for submission, answered in (
        (Submission(8, (bytes(32),), HONEST.note(12)), True),
        (FORKED.submission(8, 12), False),
        (FORKED.submission(8, 8), False),
    ):
        found = evidence_of(HONEST.note(8), submission, refused(8, submission), 0)
        assert found is not None
        assert is_answered(found, reader, newest) == answered


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"{", b'{"format": "parley-evidence-2"}', b'"' + b"[" * 100_000]
)
def test_what_is_no_evidence_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_evidence(data)
