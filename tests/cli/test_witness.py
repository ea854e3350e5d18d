"""`parley witness`: a machine of the auditor's own, run as people run it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Timer

import pytest
from httpx2 import Client, TransportError

from app.witness_folder import hash_of
from audit.checkpoint import checkpoint_in
from audit.export import write_export
from audit.note import format_verifier_key
from tests.audit.material import ORIGIN, POLICY, SIGNER, leaf_at, sign
from tests.audit.trees import FORKED, HONEST, History
from tests.cli.conftest import LONGEST_RUN, PROGRAM, SAMPLE, Shell

LOG_KEY = format_verifier_key(SIGNER.key)
STREAMS = 20
NEWCOMER = {"kind": "actor.registered", "name": "A newcomer", "type": "other"}


def export(folder: Path, size: int, changed: int = 0) -> Path:
    leaves = (
        leaf_at(at, STREAMS, "Nobody said this." if at == changed else "")
        for at in range(1, size + 1)
    )
    write_export(folder, leaves, origin=ORIGIN, sign=sign, policy=POLICY)
    return folder


def test_a_log_that_grows_is_good_and_one_that_was_rewritten_is_caught(
    empty: Shell, tmp_path: Path
) -> None:
    own = ("--folder", tmp_path / "witness")
    first = empty.inside("witness", "check", export(tmp_path / "1", 30), *own, "--log", LOG_KEY)
    assert (first.code, first.json["outcome"], first.json["size"]) == (0, "proven", 30)
    grown = empty.inside("witness", "check", export(tmp_path / "2", 50), *own)
    assert (grown.code, grown.json["seen_size"], grown.json["size"]) == (0, 30, 50)
    caught = empty.inside("witness", "check", export(tmp_path / "3", 50, 7), *own, "--table")
    assert caught.code == 1
    assert "CAUGHT" in caught.out
    assert "EVIDENCE of a fork" in caught.out
    # It is told each time, whatever the log shows by then.
    assert empty.inside("witness", "check", tmp_path / "2", *own).code == 1
    shown = empty.inside("witness", "show", *own)
    assert [each["what"] for each in shown.json["evidence"]] == ["fork"]
    assert [each["size"] for each in shown.json["logs"]] == [50]
    assert LOG_KEY in empty.inside("witness", "show", *own, "--json").out


def test_what_cannot_be_read_says_nothing(empty: Shell, tmp_path: Path) -> None:
    own = ("--folder", tmp_path / "witness")
    (tmp_path / "nothing").mkdir()
    for log in (tmp_path / "nothing", "http://127.0.0.1:9/v1/log"):
        done = empty.inside("witness", "check", log, *own, "--log", LOG_KEY, "--table")
        assert done.code == 2
        assert "UNSURE" in done.out


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (("check", "mistyped"), "DIR|URL: mistyped is no folder"),
        (("check", "ftp://example.org"), "DIR|URL"),
        (("check", "http://example.org/v1/log"), "DIR|URL"),
        (("check", ".", "--log", "nonsense"), "--log"),
        (
            ("check", ".", "--policy", "absent"),
            "--policy: absent is no policy that can be read: No",
        ),
        (("check", ".", "--name", "two words"), "--name"),
    ],
)
def test_bad_input_names_what_is_wrong_and_makes_no_witness(
    empty: Shell, tmp_path: Path, args: tuple[str, ...], field: str
) -> None:
    done = empty.inside("witness", *args, "--folder", tmp_path / "witness")
    assert done.code == 2
    assert f"parley: {field}" in done.err
    assert not (tmp_path / "witness" / "key").exists()


@contextmanager
def serving(
    shell: Shell, folder: Path, *args: str
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A witness of its own, where it answers, and its key."""
    command = [str(PROGRAM), "witness", "serve", "--port", "0", "--folder", str(folder), *args]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=shell.variables(),
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            yield process, address, process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def test_a_log_has_its_checkpoints_cosigned_and_whoever_verifies_asks_for_that(
    shell: Shell, tmp_path: Path
) -> None:
    before = tmp_path / "before.gz"
    guarded = shell.with_environment(
        PARLEY_SIGNING_KEY_FILE=str(tmp_path / "log.key"),
        PARLEY_GUARD_FILE=str(tmp_path / "log.guard"),
        PARLEY_WITNESSES=str(tmp_path / "witnesses"),
    )
    (tmp_path / "witnesses").write_text("quorum none\n", "utf-8")
    assert guarded.inside("checkpoint").code == 0
    assert guarded.inside("backup", before).code == 0
    (key,) = guarded.inside("signing-key", "show", "--json").json["keys"]
    with serving(shell, tmp_path / "witness", "--log", key["vkey"]) as (_, address, witness):
        lines = f"log {key['vkey']}\nwitness mine {witness} {address}\nquorum mine\n"
        (tmp_path / "witnesses").write_text(lines, "utf-8")
        for size in (88, 89):
            body = {**NEWCOMER, "slug": f"newcomer-{size}"}
            assert guarded.inside("record", SAMPLE, "-", stdin=json.dumps(body)).code == 0
            signed = guarded.inside("checkpoint").json
            assert signed["size"] == size
            assert f"— {witness.partition('+')[0]} " in signed["note"]
        assert guarded.inside("export", "audit", tmp_path / "export").code == 0
        policy = ("--policy", tmp_path / "witnesses")
        assert guarded.inside("verify", tmp_path / "export", *policy).code == 0

        # The operator puts an older copy back, makes a guard for it and tells another story.
        forked = guarded.on(f"sqlite:///{tmp_path / 'forked.db'}").with_environment(
            PARLEY_GUARD_FILE=str(tmp_path / "another.guard")
        )
        assert forked.inside("db", "upgrade").code == 0
        assert forked.inside("restore", before).code == 0
        for number in range(4):
            body = {**NEWCOMER, "slug": f"other-{number}"}
            assert forked.inside("record", SAMPLE, "-", stdin=json.dumps(body)).code == 0
        signed = forked.inside("checkpoint", "--new-guard")
        assert signed.code == 0
        assert "did not cosign" in signed.err
        assert "— witness" not in signed.json["note"]
        assert forked.inside("export", "audit", tmp_path / "forked").code == 0
        # Without a quorum it looks as good as the other.
        alone = tmp_path / "alone"
        alone.write_text(f"log {key['vkey']}\nquorum none\n", "utf-8")
        assert forked.inside("verify", tmp_path / "forked", "--policy", alone).code == 0
        assert forked.inside("verify", tmp_path / "forked", *policy).code == 2
    (evidence,) = shell.inside("witness", "show", "--folder", tmp_path / "witness").json["evidence"]
    assert (evidence["what"], evidence["seen_size"], evidence["shown_size"]) == ("unproved", 89, 91)


def test_a_witness_that_is_killed_remembers_all_that_it_answered(
    empty: Shell, tmp_path: Path
) -> None:
    grown, random, answered = History(longest=2_000), Random(3), 0
    for _ in range(5):
        with (
            serving(empty, tmp_path / "witness", "--log", LOG_KEY) as (process, address, _),
            Client(base_url=address) as client,
            suppress(TransportError),
        ):
            kept = client.get(f"/{hash_of(ORIGIN)}/checkpoint")
            size = 0 if kept.is_error else checkpoint_in(kept.content).size
            # The last one may have been kept, and its answer have been lost.
            assert answered <= size <= answered + 1
            answered = size
            killer = Timer(random.uniform(0.05, 0.5), process.kill)
            killer.start()
            while answered < grown.longest:
                body = grown.body(answered, answered + 1)
                assert client.post("/add-checkpoint", content=body).status_code == 200
                answered += 1
    assert answered > 0


def test_a_witness_serves_until_it_is_told_to_stop_and_goes_on_where_it_was(
    empty: Shell, tmp_path: Path
) -> None:
    command = [str(PROGRAM), "witness", "serve", "--port", "0"]
    command += ["--folder", str(tmp_path / "witness")]
    for bodies in (((0, 8), (8, 12)), ((8, 20), (12, 20))):
        with subprocess.Popen(
            [*command, "--log", LOG_KEY],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=empty.variables(),
        ) as process:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            key = process.stdout.readline().split()[-1]
            assert ORIGIN in process.stdout.readline()
            with Client(base_url=address) as client:
                *_, last = [
                    client.post("/add-checkpoint", content=HONEST.body(*sizes)) for sizes in bodies
                ]
                assert last.status_code == 200
                assert last.text.startswith(f"— {key.partition('+')[0]} ")
                assert client.post("/add-checkpoint", content=FORKED.body(12, 14)).is_error
            process.send_signal(signal.SIGTERM)
            _, lines = process.communicate(timeout=LONGEST_RUN)
            assert process.returncode == 0
            assert all(json.loads(line) for line in lines.splitlines())
    shown = empty.inside("witness", "show", "--folder", tmp_path / "witness")
    assert [each["size"] for each in shown.json["logs"]] == [20]
    assert [each["what"] for each in shown.json["evidence"]] == ["unproved"]
