"""`parley follow` prints every entry once, whatever it is stopped by and goes on from."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.cli.conftest import LONGEST_RUN, PROGRAM, Shell

SIZE = 87
"""Entries of the sample."""


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def positions(text: str) -> list[int]:
    return [line["position"] for line in lines(text)]


def test_everything_there_is_comes_line_by_line_as_the_log_has_it(shell: Shell) -> None:
    done = shell("follow", "--after", "80", "--no-wait")
    listed = shell("log", "--after", "80").json["entries"]
    assert lines(done.out) == listed
    assert positions(done.out) == list(range(81, SIZE + 1))


def test_without_a_place_to_begin_there_is_nothing_old(shell: Shell) -> None:
    assert shell("follow", "--no-wait").out == ""


@pytest.mark.parametrize(
    "args",
    [
        ["--kind", "pledge.made"],
        ["--thing", "actor/russia"],
        ["--thing", "pledge"],
        ["--actor", "russia"],
        ["--from", "2025-08-01", "--to", "2025-09-04"],
        ["commons"],
    ],
)
def test_the_filters_are_those_of_the_log(shell: Shell, args: list[str]) -> None:
    done = shell("follow", "--after", "0", "--no-wait", *args)
    listed = shell("log", "--limit", "1000", *args).json["entries"]
    assert lines(done.out) == listed
    assert listed


def test_a_date_is_a_place_to_begin(shell: Shell) -> None:
    assert positions(shell("follow", "--since", "2020-01-01", "--no-wait").out)[0] == 1
    assert shell("follow", "--since", "2999-01-01", "--no-wait").out == ""


def test_a_state_file_goes_on_where_the_last_run_ended(shell: Shell, tmp_path: Path) -> None:
    state = tmp_path / "cursor"
    first = shell("follow", "--after", "70", "--state", state, "--no-wait")
    assert positions(first.out)[0] == 71
    assert state.read_text() == f"1.{SIZE}\n"
    again = shell("follow", "--after", "70", "--state", state, "--no-wait")
    assert (again.out, again.code) == ("", 0)
    assert list(tmp_path.glob(".cursor*")) == []


def test_a_state_file_alone_gives_each_run_what_was_recorded_since_the_last(
    shell: Shell, tmp_path: Path
) -> None:
    state = tmp_path / "cursor"
    assert shell("follow", "--state", state, "--no-wait").out == ""
    assert state.read_text() == f"1.{SIZE}\n"
    with open_parley(read_settings(database_url=shell.url)) as parley:
        record(parley, NEGOTIATION, SETTING)
    new = list(range(SIZE + 1, SIZE + 1 + len(SETTING)))
    assert positions(shell("follow", "--state", state, "--no-wait").out) == new
    assert shell("follow", "--state", state, "--no-wait").out == ""


def test_a_state_file_without_a_cursor_is_refused_and_left_as_it_is(
    shell: Shell, tmp_path: Path
) -> None:
    state = tmp_path / "cursor"
    state.touch()
    refused = shell("follow", "--after", "0", "--state", state, "--no-wait")
    assert (refused.code, refused.out) == (2, "")
    assert "is empty" in refused.err
    assert state.read_bytes() == b""


def test_a_state_of_another_log_is_refused(shell: Shell, tmp_path: Path) -> None:
    state = tmp_path / "cursor"
    state.write_text("3.12\n")
    refused = shell("follow", "--state", state, "--no-wait")
    assert (refused.code, "--state" in refused.err) == (3, True)
    state.write_bytes(b"\xff\x00nonsense")
    assert shell("follow", "--state", state, "--no-wait").code == 2
    assert shell("follow", "--after", "9000", "--no-wait").code == 3


def test_what_is_recorded_meanwhile_is_printed_until_it_is_told_to_end(shell: Shell) -> None:
    with subprocess.Popen(
        [PROGRAM, "follow", "--after", str(SIZE)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=shell.variables(),
        cwd=shell.home,
    ) as process:
        assert process.stdout is not None
        with open_parley(read_settings(database_url=shell.url)) as parley:
            record(parley, NEGOTIATION, SETTING)
            for number in range(3):
                record(parley, NEGOTIATION, pledge(f"steel-{number}"))
        wanted = len(SETTING) + 3
        found = [json.loads(process.stdout.readline())["position"] for _ in range(wanted)]
        assert found == list(range(SIZE + 1, SIZE + 1 + wanted))
        process.send_signal(signal.SIGINT)
        assert process.wait(LONGEST_RUN) == 130


def test_on_a_terminal_entries_are_rows(shell: Shell) -> None:
    done = shell("follow", "--after", "86", "--no-wait", "--table")
    assert f"  {SIZE}" in done.out
    assert not done.out.startswith("{")


def test_a_reader_who_has_had_enough_ends_it_quietly(shell: Shell) -> None:
    command = f"{PROGRAM} follow --after 0 --no-wait | head -1"
    run = subprocess.run(
        ["sh", "-c", command],
        env=shell.variables(),
        cwd=shell.home,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_RUN,
        check=True,
    )
    assert (len(lines(run.stdout)), run.stderr) == (1, "")
