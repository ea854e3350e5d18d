"""`parley witness`: a machine of the auditor's own, run as people run it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from httpx2 import Client

from audit.export import write_export
from audit.note import format_verifier_key
from tests.audit.material import ORIGIN, POLICY, SIGNER, leaf_at, sign
from tests.audit.trees import FORKED, HONEST
from tests.cli.conftest import LONGEST_RUN, PROGRAM, Shell

LOG_KEY = format_verifier_key(SIGNER.key)
STREAMS = 20


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
    for log in (tmp_path / "absent", "http://127.0.0.1:9/v1/log"):
        done = empty.inside("witness", "check", log, *own, "--log", LOG_KEY, "--table")
        assert done.code == 2
        assert "UNSURE" in done.out


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (("check", "ftp://example.org"), "DIR|URL"),
        (("check", "http://example.org/v1/log"), "DIR|URL"),
        (("check", ".", "--log", "nonsense"), "--log"),
        (("check", ".", "--policy", "absent"), "--policy"),
        (("check", ".", "--name", "two words"), "--name"),
    ],
)
def test_bad_input_names_what_is_wrong(
    empty: Shell, tmp_path: Path, args: tuple[str, ...], field: str
) -> None:
    done = empty.inside("witness", *args, "--folder", tmp_path / "witness")
    assert done.code == 2
    assert f"parley: {field}" in done.err


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
