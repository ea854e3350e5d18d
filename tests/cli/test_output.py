"""Tables for people, JSON for programs, and nothing else on standard output."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM, SAMPLE, Shell

EXAMPLE = ("kinds", "pledge.made")
"""Prints an example that is to be copied, so its lines are left whole."""
READS = [
    ("show", "--as-of", "2025-09-11"),
    ("show", "pledges", "--as-of", "2025-09-11"),
    ("show", "pledge/force-26"),
    ("diff", "--from", "2025-08-31", "--to", "2025-09-11"),
    ("timeline",),
    ("totals",),
    ("search", "backstop"),
    ("log", "--limit", "5"),
    ("kinds",),
    EXAMPLE,
    ("db", "check"),
]
"""Every command that only reads, in a form that finds something."""


@pytest.mark.parametrize("args", READS, ids=" ".join)
def test_a_pipe_gets_json_and_a_flag_gets_tables(shell: Shell, args: tuple[str, ...]) -> None:
    plain, forced, table = (shell.inside(*args, *form) for form in ((), ("--json",), ("--table",)))
    assert [each.code for each in (plain, forced, table)] == [0, 0, 0]
    assert plain.json.__class__ in {dict, list}
    assert not table.out.lstrip().startswith(("{", "["))
    assert plain.err == forced.err == table.err == ""


@pytest.mark.parametrize("args", [a for a in READS if a != EXAMPLE], ids=" ".join)
def test_tables_keep_to_the_width_of_the_screen(shell: Shell, args: tuple[str, ...]) -> None:
    for width in (60, 80, 130):
        out = shell.inside(*args, "--table", COLUMNS=str(width)).out
        assert max(map(len, out.splitlines())) <= width


def test_equal_questions_get_equal_bytes(shell: Shell) -> None:
    args = ("show", "--as-of", "2025-09-11", "--known-at", "87")
    assert shell(*args).out == shell(*args).out


def test_json_is_utf_8_whatever_the_locale(shell: Shell) -> None:
    environment = {**shell.variables(), "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}
    run = subprocess.run(
        [PROGRAM, "search", "backstop"], capture_output=True, env=environment, check=True
    )
    assert run.stdout.decode("utf-8")


def test_a_screen_that_cannot_show_a_character_gets_another(shell: Shell) -> None:
    environment = {**shell.variables(), "PYTHONIOENCODING": "ascii"}
    args = "show", "--as-of", "2025-09-11", "--table"
    run = subprocess.run([PROGRAM, *args], capture_output=True, env=environment, check=True)
    assert run.stdout.decode("ascii")
    assert run.stderr == b""


def test_both_forms_at_once_are_refused(shell: Shell) -> None:
    done = shell("show", "--json", "--table")
    assert done.code == 2
    assert "--json" in done.err
    assert "leave one of the two out" in done.err


def on_a_terminal(shell: Shell, *args: str, **variables: str) -> str:
    """What a command prints where standard output is a terminal."""
    ours, theirs = pty.openpty()
    environment = {**shell.variables(), "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    process = subprocess.Popen([PROGRAM, *args], stdout=theirs, env=environment)
    os.close(theirs)
    printed = b""
    # Linux says EIO when the other end has gone.
    with suppress(OSError):
        while piece := os.read(ours, 65_536):
            printed += piece
    os.close(ours)
    assert process.wait() == 0
    return printed.decode("utf-8")


def test_a_terminal_gets_tables_in_colour(shell: Shell) -> None:
    out = on_a_terminal(shell, "show", "--as-of", "2025-09-11")
    assert "ELEMENTS OF THE FRAMEWORK" in out
    assert "\x1b[36mpledged" in out


def test_a_terminal_gets_json_if_asked(shell: Shell) -> None:
    assert on_a_terminal(shell, "show", "--json").startswith("{")


def test_no_color_is_respected(shell: Shell) -> None:
    out = on_a_terminal(shell, "show", "--as-of", "2025-09-11", NO_COLOR="1")
    assert "pledged" in out
    assert "\x1b[3" not in out


@pytest.mark.parametrize("form", ["--json", "--table"])
def test_a_reader_who_has_had_enough_is_no_error(shell: Shell, form: str) -> None:
    command = f"set -o pipefail; '{PROGRAM}' log --limit 87 {form} | head -c 20"
    run = subprocess.run(
        ["bash", "-c", command], capture_output=True, env=shell.variables(), check=False
    )
    assert run.returncode == 0
    assert run.stderr == b""


def test_an_option_names_another_database(shell: Shell, tmp_path: Path) -> None:
    path = shell.url.removeprefix("sqlite:///")
    elsewhere = shell.on(f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert elsewhere("show").code == 5
    for database in (shell.url, path, Path(path).name):
        done = elsewhere("--database", database, "show", "--as-of", "2025-09-11")
        assert done.code == 0
        assert done.json["question"]["negotiation"] == SAMPLE


def test_an_interrupt_ends_quietly(shell: Shell) -> None:
    # It waits for standard input, which never ends.
    with subprocess.Popen(
        [PROGRAM, "record", SAMPLE, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=shell.variables(),
        # Whoever runs the tests in the background has them, and their children, ignore it.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        # Python loses a signal that comes while it imports, so it is sent until it is heard.
        for _ in range(30):
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
                break
            process.send_signal(signal.SIGINT)
        else:
            process.kill()
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
