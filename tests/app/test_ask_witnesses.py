"""Witnesses are asked, believed by their signatures alone, and never waited for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app import ask_witnesses, cosigning
from app.ask_witnesses import AskedWitness, WitnessFailed, ask_witness, read_witnesses
from app.checkpointer import checkpointing
from app.cosigning import Cosigning, sign_and_ask
from app.origins import origins_of
from app.parley import Parley
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from audit.cosignature import check_cosignatures
from audit.note import format_verifier_key, parse_note
from audit.policy import check_checkpoint, parse_policy
from domain.errors import InvalidInput
from ledger import checkpoints
from ledger.checkpoints import StoredCheckpoint
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.app.test_checkpointer import until
from tests.app.witness_server import SmallWitness, witnessing
from tests.audit.dripping import dripping


@pytest.fixture
def witness() -> Iterator[SmallWitness]:
    with witnessing(SmallWitness("w1")) as running:
        yield running


def known(witness: SmallWitness) -> AskedWitness:
    return AskedWitness(witness.name, witness.cosigner.key, witness.url)


def introduce(parley: Parley, *witnesses: SmallWitness) -> None:
    """Have the log sign once, and tell the witnesses its key."""
    sign_checkpoint(parley)
    for each in witnesses:
        each.logs = [key.key for name in origins_of(parley.ledger) for key in name.keys]


def with_policy(house: House, path: Path, *lines: str) -> House:
    path.write_text("".join(f"{line}\n" for line in [*lines, "quorum none"]))
    return House(house.settings.model_copy(update={"witnesses": path}), house.clock)


def seen(parley: Parley, witness: SmallWitness, size: int) -> int | None:
    """When the witness saw the checkpoint of a size, as the log has it."""
    found = checkpoints.at(parley.ledger.engine, size)
    assert found is not None
    key = witness.cosigner.key
    return check_cosignatures(parse_note(found.note), [key]).get(key)


def test_a_witness_cosigns_one_checkpoint_after_another(
    house_on_each: House, witness: SmallWitness
) -> None:
    with house_on_each.opened() as parley:
        introduce(parley, witness)
        ask_witness(parley, known(witness), sign_checkpoint(parley))
        record(parley, NEGOTIATION, SETTING)
        second = sign_checkpoint(parley)
        ask_witness(parley, known(witness), second)
        ask_witness(parley, known(witness), second)

        assert [body.partition(b"\n")[0] for body in witness.asked] == [
            b"old 0",
            b"old 1",
            f"old {second.size}".encode(),
        ]
        assert seen(parley, witness, 1) == 1_800_000_001
        # Asked again it says that it still is so, and the newest word counts.
        assert seen(parley, witness, second.size) == 1_800_000_003
        cosigned = checkpoints.newest(parley.ledger.engine)
        assert cosigned is not None
        log = format_verifier_key(witness.logs[0])
        policy = parse_policy(f"log {log}\n{witness.line}\nquorum w1\n".encode())
        assert check_checkpoint(cosigned.note, policy).witnesses == {"w1": 1_800_000_003}
        assert sign_checkpoint(parley) == cosigned


def test_a_witness_that_knows_more_than_the_database_says_from_where_to_go_on(
    house: House, witness: SmallWitness
) -> None:
    with house.opened() as parley:
        introduce(parley, witness)
        first = sign_checkpoint(parley)
        witness.cosign(b"old 0\n\n" + first.note)
        record(parley, NEGOTIATION, SETTING)
        second = sign_checkpoint(parley)

        ask_witness(parley, known(witness), second)
        assert [body.partition(b"\n")[0] for body in witness.asked] == [b"old 0", b"old 1"]
        assert seen(parley, witness, second.size) is not None
        with pytest.raises(WitnessFailed, match=f"cosigned a checkpoint of size {second.size}"):
            ask_witness(parley, known(witness), first)


def is_cosigned(
    parley: Parley, work: Cosigning, witness: SmallWitness, signed: StoredCheckpoint
) -> bool:
    """Look once more, and see."""
    work.look(signed)
    return seen(parley, witness, signed.size) is not None


ANSWERS: dict[str, tuple[int, bytes, str]] = {
    "unknown log": (404, b"who?", "it answers 404: 'who"),
    "bad signature": (403, b"", "it answers 403"),
    "bad proof": (422, b"\x1b[31m no \xff", "it answers 422"),
    "broken": (500, b"x" * 1_000, "it answers 500"),
    "moved": (302, b"http://127.0.0.1:9/", "it answers 302"),
    "no HTTP": (0, b"\x00\x01 no status\r\n\r\n", "cannot be reached"),
    "nothing": (0, b"", "cannot be reached"),
    "not a size": (409, b"many\n", "409 without a size"),
    "a larger size": (409, b"99\n", "of size 99"),
    "always another": (409, b"1\n", "another size at each attempt"),
    "empty": (200, b"", "its cosignature is none"),
    "garbage": (200, b"\xff\xfe", "its cosignature is none"),
    "too long": (200, b"x" * 100_001, "longer than"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_a_witness_answers_instead_is_no_cosignature(
    house: House, witness: SmallWitness, answer: tuple[int, bytes, str]
) -> None:
    status, body, told = answer
    witness.answer = (status, body)
    with house.opened() as parley:
        signed = sign_checkpoint(parley)
        with pytest.raises(WitnessFailed, match=told) as caught:
            ask_witness(parley, known(witness), signed)
        assert str(caught.value).isprintable()
        assert checkpoints.newest(parley.ledger.engine) == signed


def test_a_cosignature_of_another_key_text_or_time_is_not_kept(
    house: House, witness: SmallWitness
) -> None:
    other = SmallWitness("w2")
    with house.opened() as parley:
        introduce(parley, witness, other)
        first = sign_checkpoint(parley)
        record(parley, NEGOTIATION, SETTING)
        second = sign_checkpoint(parley)
        theirs = other.cosign(b"old 0\n\n" + second.note)
        older = SmallWitness("w1", witness.logs).cosign(b"old 0\n\n" + first.note)

        witness.answer = (200, theirs)
        with pytest.raises(WitnessFailed, match="without a cosignature of its key"):
            ask_witness(parley, known(witness), second)
        witness.answer = (200, older)
        with pytest.raises(WitnessFailed, match="does not fit"):
            ask_witness(parley, known(witness), second)
        assert checkpoints.newest(parley.ledger.engine) == second

        mine = SmallWitness("w1", witness.logs).cosign(b"old 0\n\n" + second.note)
        witness.answer = (200, theirs + mine)
        ask_witness(parley, known(witness), second)
        assert seen(parley, witness, second.size) is not None
        assert seen(parley, other, second.size) is None


def test_nobody_there_is_told_by_name(house: House, witness: SmallWitness) -> None:
    gone = replace(known(witness), url="http://127.0.0.1:1")
    with house.opened() as parley, pytest.raises(WitnessFailed, match="cannot be reached"):
        ask_witness(parley, gone, sign_checkpoint(parley))


def test_a_witness_that_drips_is_given_up_and_can_be_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_witnesses, "TIMEOUT", 0.5)
    with dripping() as url, house.opened() as parley:
        slow = replace(known(SmallWitness("w1")), url=url)
        with pytest.raises(WitnessFailed, match="no answer within"):
            ask_witness(parley, slow, sign_checkpoint(parley))


def test_a_server_has_its_checkpoints_cosigned_by_all_that_can_be_reached(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(witnessing(SmallWitness(n))) for n in ("w1", "w2"))
        gone = SmallWitness("w3", url="http://127.0.0.1:1")
        silent = SmallWitness("w4")
        lines = [one.line, two.line, gone.line, silent.line.rstrip()]
        witnessed = with_policy(house, tmp_path / "policy", *lines)
        parley = stack.enter_context(witnessed.opened())
        introduce(parley, one, two)
        stack.enter_context(caplog.at_level(logging.INFO, "parley.proof"))
        stack.enter_context(checkpointing(parley, every=0.01))
        record(parley, NEGOTIATION, SETTING)
        size = parley.ledger.head().size
        until(lambda: checkpoints.at(parley.ledger.engine, size) is not None)
        until(lambda: all(seen(parley, each, size) for each in (one, two)))
    failures = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert [f for f in failures if "w3" in f] == failures
    assert len(failures) == 1


def test_a_witness_that_hangs_holds_up_neither_signing_nor_the_others(
    house: House, tmp_path: Path, witness: SmallWitness
) -> None:
    with witnessing(SmallWitness("w2")) as slow:
        slow.lock.acquire()
        witnessed = with_policy(house, tmp_path / "policy", slow.line, witness.line)
        with witnessed.opened() as parley:
            introduce(parley, witness, slow)
            work = Cosigning(parley)
            for number in range(3):
                record(
                    parley,
                    NEGOTIATION,
                    [*SETTING, pledge()] if not number else pledge(f"p-{number}"),
                )
                signed = sign_checkpoint(parley)
                until(partial(is_cosigned, parley, work, witness, signed))
            assert len(slow.asked) == 1
            slow.lock.release()
            work.wait(30)


def test_one_that_failed_is_not_asked_again_at_once(
    house: House, tmp_path: Path, witness: SmallWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(cosigning, "monotonic", lambda: now[0])
    witnessed = with_policy(house, tmp_path / "policy", witness.line)
    with witnessed.opened() as parley:
        signed = sign_checkpoint(parley)
        work = Cosigning(parley)

        def look(at: float) -> int:
            now[0] = at
            work.look(signed)
            work.wait(30)
            return len(witness.asked)

        assert [look(1_000.0), look(1_010.0), look(1_059.0)] == [1, 1, 1]
        introduce(parley, witness)
        assert [look(1_060.0), look(1_070.0), look(4_659.0), look(4_660.0)] == [2, 2, 2, 3]


def test_asking_now_gives_the_cosigned_note_and_names_who_failed(
    house: House, tmp_path: Path, witness: SmallWitness
) -> None:
    gone = SmallWitness("w3", url="http://127.0.0.1:1")
    witnessed = with_policy(house, tmp_path / "policy", witness.line, gone.line)
    with witnessed.opened() as parley:
        introduce(parley, witness)
        found, failed = sign_and_ask(parley)
    assert len(parse_note(found.note).signatures) == 2
    assert len(failed) == 1
    assert "'w3'" in failed[0]


def test_a_command_does_not_wait_for_ever_for_a_witness_that_hangs(
    house: House, tmp_path: Path, witness: SmallWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosigning, "WAIT", 1.0)
    with witnessing(SmallWitness("w2")) as slow:
        witnessed = with_policy(house, tmp_path / "policy", slow.line, witness.line)
        with witnessed.opened() as parley, slow.lock:
            introduce(parley, witness, slow)
            found, failed = sign_and_ask(parley)
    assert len(parse_note(found.note).signatures) == 2
    assert failed == ["witness 'w2' did not cosign: no answer within 1 seconds"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "no policy that can be read"),
        ("nonsense\n", "line 1"),
        ("quorum none", "newline"),
    ],
)
def test_a_policy_that_cannot_be_read_is_refused_before_anything_is_served(
    house: House, tmp_path: Path, text: str | None, told: str
) -> None:
    path = tmp_path / "policy"
    if text is not None:
        path.write_text(text)
    settings = house.settings.model_copy(update={"witnesses": path})
    with (
        House(settings, house.clock).opened() as parley,
        pytest.raises(InvalidInput, match=told),
        checkpointing(parley),
    ):
        pytest.fail("it began to sign")


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "file:///etc/passwd", "w.example.org", "http://[::1", "http:///x"]
)
def test_an_address_that_is_none_of_http_is_refused(tmp_path: Path, url: str) -> None:
    path = tmp_path / "policy"
    path.write_text(f"{SmallWitness('w1', url=url).line}\nquorum none\n")
    with pytest.raises(InvalidInput, match="none of HTTP"):
        read_witnesses(path)
