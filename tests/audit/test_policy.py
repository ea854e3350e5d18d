"""A policy says whose signatures count, as tlog-policy has it."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, format_checkpoint
from audit.cosignature import Cosigner
from audit.note import Note, NoteError, Signer, format_note, format_verifier_key
from audit.policy import (
    Group,
    Policy,
    PolicyError,
    PolicyUnmet,
    check_checkpoint,
    format_policy,
    parse_policy,
)
from tests.audit.material import ORIGIN, POLICY, SIGNER, WITNESS, WITNESSED, private_key, sign

WITNESSES = {name: Cosigner(f"w.example/{name}", private_key(name)) for name in "ABCXYZ"}
KEYS = {name: format_verifier_key(cosigner.key) for name, cosigner in WITNESSES.items()}
LOG = format_verifier_key(SIGNER.key)
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))

# The shape of the example of tlog-policy: two of three, and any of three others.
TWO_LEVELS = f"""\
# A comment, and lines with blanks
log {LOG}   https://log.example/
\t
witness A {KEYS["A"]}
witness B {KEYS["B"]} https://b.example/
witness C {KEYS["C"]}
group ABC 2 A B C
 witness X {KEYS["X"]}
witness Y\t{KEYS["Y"]}
witness Z {KEYS["Z"]}
group XYZ any X Y Z
group both all ABC XYZ
quorum both
""".encode()


def test_a_policy_of_two_levels_is_met_by_two_of_three_and_one_of_three() -> None:
    policy = parse_policy(TWO_LEVELS)
    assert policy.logs == (SIGNER.key,)
    for count in range(7):
        for seen in map(set, combinations("ABCXYZ", count)):
            expected = len(seen & set("ABC")) >= 2 and bool(seen & set("XYZ"))
            assert policy.is_met_by(seen) == expected


NAMES = st.text(st.sampled_from("abcé-1"), min_size=1, max_size=5).filter(lambda n: n != "none")


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), st.data())
def test_a_policy_reads_back(names: list[str], data: st.DataObject) -> None:
    witnesses = {
        name: Cosigner(f"w/{name}", private_key(name)).key
        for name in names[: data.draw(st.integers(1, len(names)))]
    }
    members = tuple(data.draw(st.lists(st.sampled_from([*witnesses]), min_size=1, unique=True)))
    groups = {"GROUP": Group(data.draw(st.integers(1, len(members))), members)}
    quorum = data.draw(st.sampled_from([*witnesses, "GROUP", "none"]))
    policy = Policy((SIGNER.key,), witnesses, groups, quorum)
    assert parse_policy(format_policy(policy)) == policy


@pytest.mark.parametrize(
    "text",
    [
        "", f"log {LOG}\n", f"log {LOG}\nquorum none", "quorum none\nquorum none\n",
        "quorum A\n", f"witness none {KEYS['A']}\nquorum none\n", "quorum none extra\n",
        f"log {LOG}\nlog {LOG}\nquorum none\n", f"log {KEYS['A']}\nquorum none\n",
        f"witness A {LOG}\nquorum A\n", f"witness A {KEYS['A']}\nwitness B {KEYS['A']}\nquorum A\n",
        f"witness A {KEYS['A']}\nwitness A {KEYS['B']}\nquorum A\n", "log\nquorum none\n",
        f"witness A {KEYS['A']}\ngroup G 2 A\nquorum G\n", "group G 1\nquorum none\n",
        f"witness A {KEYS['A']}\ngroup G 0 A\nquorum G\n", "group G any none\nquorum G\n",
        f"group G any A\nwitness A {KEYS['A']}\nquorum G\n", "Quorum none\n",
        f"witness A {KEYS['A']}\ngroup G all A A\nquorum G\n", "quorum none\r\n",
        f"witness A {KEYS['A']}\ngroup G any A\ngroup H any A\nquorum G\n",
        f"quorum A\nwitness A {KEYS['A']}\n", f"log {LOG[:-4]}AAAA\nquorum none\n",
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text.encode())


def test_a_fault_names_its_line() -> None:
    with pytest.raises(PolicyError, match="line 2"):
        parse_policy(b"# fine\nlogs\nquorum none\n")


def test_names_are_octets_and_a_file_need_not_be_utf8() -> None:
    text = b"witness \xff " + KEYS["A"].encode() + b"\nquorum \xff\n"
    assert format_policy(parse_policy(text)) == text


# --- checkpoints by a policy --------------------------------------------------------


def test_a_checkpoint_counts_if_the_log_signed_it() -> None:
    signed = check_checkpoint(sign(CHECKPOINT), POLICY)
    assert (signed.checkpoint, signed.logs, signed.others) == (CHECKPOINT, (SIGNER.key,), 0)


def test_a_checkpoint_counts_with_its_quorum_and_not_without() -> None:
    assert list(check_checkpoint(sign(CHECKPOINT, witness=True), WITNESSED).witnesses) == ["w1"]
    with pytest.raises(PolicyUnmet, match="no quorum"):
        check_checkpoint(sign(CHECKPOINT), WITNESSED)
    assert check_checkpoint(sign(CHECKPOINT), WITNESSED, quorum=False).witnesses == {}


def test_a_witness_that_the_policy_does_not_name_counts_for_nothing() -> None:
    assert check_checkpoint(sign(CHECKPOINT, witness=True), POLICY).others == 1
    two = Policy((SIGNER.key,), {"A": WITNESSES["A"].key}, {}, "A")
    with pytest.raises(PolicyUnmet):
        check_checkpoint(sign(CHECKPOINT, witness=True), two)


def test_a_key_signs_only_for_the_origin_that_it_is_named_for() -> None:
    other = Signer("other.example/log", private_key("other"))
    policy = Policy((SIGNER.key, other.key))
    with pytest.raises(PolicyUnmet, match="origin"):
        check_checkpoint(sign(CHECKPOINT, signer=other), policy)


def test_a_cosignature_that_does_not_fit_is_no_missing_one() -> None:
    text = format_checkpoint(CHECKPOINT)
    bad = WITNESS.sign(text.replace("7", "8"), 5)
    data = format_note(Note(text, (SIGNER.sign(text), bad)))
    with pytest.raises(NoteError, match="does not fit") as fault:
        check_checkpoint(data, WITNESSED)
    assert not isinstance(fault.value, PolicyUnmet)


def test_groups_may_stand_in_each_other_as_deep_as_a_file_can_say() -> None:
    lines = [f"witness w {KEYS['A']}", "group g0 1 w"]
    lines += [f"group g{number} 1 g{number - 1}" for number in range(1, 3_000)]
    policy = parse_policy("\n".join([*lines, "quorum g2999", ""]).encode())
    assert policy.is_met_by({"w"})
    assert not policy.is_met_by(set())
