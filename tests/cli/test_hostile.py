"""What nobody does on purpose: streams that are full or closed, screens of no width, odd files."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from app.imports import import_case
from app.parley import open_parley
from app.settings import read_settings
from cli.output import screen
from cli.rows import columns
from domain.errors import NotFound
from tests.cli.conftest import LONGEST_RUN, PROGRAM, SAMPLE, Done, Shell
from tests.cli.test_output import READS

TABLES = [args for args in READS if args != ("db", "check")]
LONG = "x" * 5_000
"""Longer than the path of any file."""
ACTOR = {
    "kind": "actor.registered",
    "slug": "somebody-new",
    "name": "Somebody New",
    "type": "person",
}


def in_bash(shell: Shell, redirected: str, *args: str, **variables: str) -> Done:
    """What a command leaves behind under redirections that only a shell can write."""
    run = subprocess.run(
        ["bash", "-c", f'exec "$@" {redirected}', "bash", PROGRAM, *args],
        capture_output=True,
        encoding="utf-8",
        env={**shell.variables(), **variables},
        cwd=shell.home,
        timeout=LONGEST_RUN,
        check=False,
    )
    return Done(run.returncode, run.stdout, run.stderr)


def letters(text: str) -> Counter[str]:
    """What is said, wherever the lines break."""
    return Counter("".join(text.split()))


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.json"
    path.write_text(json.dumps(ACTOR), "utf-8")
    return path


@pytest.mark.parametrize("args", TABLES, ids=" ".join)
def test_nothing_is_lost_on_a_narrow_screen(shell: Shell, args: tuple[str, ...]) -> None:
    dated = args[0] in {"show", "totals"} and "--as-of" not in args
    given = (*args, *(("--as-of", "2025-09-11") if dated else ()), "--table")
    said = {
        width: shell.inside(*given, COLUMNS=width).out for width in ("1", "20", "40", "60", "100")
    }
    assert said["1"] == said["20"] == said["40"]
    # A table that becomes a list of lines says its heads again.
    assert letters(said["40"]) >= letters(said["60"]) >= letters(said["100"])


def test_numbers_in_a_table_too_wide_for_the_screen_are_told_line_by_line() -> None:
    table = columns(
        ("by", "pledged", "delivered"),
        [("somebody", "1" * 20, "2" * 20)],
        right="pledged delivered",
    )
    console = screen()
    for width, lines in ((40, 4), (80, 2)):
        console.width = width
        with console.capture() as capture:
            console.print(table)
        out = capture.get()
        assert "1" * 20 in out
        assert "2" * 20 in out
        assert "delivered" in out
        assert len(out.rstrip().splitlines()) <= lines


@pytest.mark.parametrize("width", ["0", "-5", "²", "wide", "", "9" * 30])
def test_a_width_that_is_none_is_taken_as_not_given(shell: Shell, width: str) -> None:
    narrow, helped = (
        in_bash(shell, "", *args, COLUMNS=width, LINES=width)
        for args in (("show", "--table", "--as-of", "2025-09-11"), ("--help",))
    )
    plain = in_bash(shell, "", "show", "--table", "--as-of", "2025-09-11")
    assert (narrow.code, narrow.out, narrow.err) == (0, plain.out, "")
    assert helped.code == 0
    assert "timeline" in helped.out


def test_help_is_never_cut_off(shell: Shell) -> None:
    done = in_bash(shell, "", "show", "--help", COLUMNS="20")
    assert done.code == 0
    assert "--published-by" in done.out
    assert "…" not in done.out


def test_what_was_recorded_is_told_even_if_the_answer_cannot_be(shell: Shell, body: Path) -> None:
    before = shell.size()
    for form in ("--json", "--table"):
        done = in_bash(shell, "> /dev/full", "record", SAMPLE, str(body), "--key", "once", form)
        assert done.code == 5
        assert f"recorded at position {before + 1}, but the answer could not be written" in done.err
        assert "do not send it again" in done.err
        assert "defect" not in done.err
    assert shell.size() == before + 1
    tried = in_bash(shell, "> /dev/full", "retract", "3", "--reason", "r", "--dry-run")
    assert (tried.code, "recorded" in tried.err) == (5, False)


def test_what_was_imported_is_told_even_if_the_summary_cannot_be(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "more.jsonl"
    path.write_text(f"{json.dumps(ACTOR)}\n{{}}\n", "utf-8")
    done = in_bash(shell, "> /dev/full", "import", "jsonl", str(path), "--keep-good")
    assert done.code == 5
    assert "1 entry recorded, but the answer could not be written" in done.err
    assert "more.jsonl:2" in done.err


@pytest.mark.parametrize(
    "args",
    [("show",), ("show", "--table"), ("--help",), ("--version",), ("kinds", "--table")],
    ids=" ".join,
)
def test_an_answer_that_cannot_be_written_is_no_defect(shell: Shell, args: tuple[str, ...]) -> None:
    done = in_bash(shell, "> /dev/full", *args)
    assert done.code == 5
    assert done.err.startswith("parley: stdout: the answer could not be written: No space left")
    assert len(done.err.splitlines()) == 2


@pytest.mark.parametrize("redirected", ["2> /dev/full", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_refusal_that_nobody_hears_keeps_its_exit_code(shell: Shell, redirected: str) -> None:
    for args, code in (
        (("show", "nowhere"), 3),
        (("show", "--nonsense"), 2),
        (("record", "nothing.yaml"), 3),
        (("show",), 0),
    ):
        assert in_bash(shell, redirected, *args).code == code


@pytest.mark.parametrize(
    "args", [("show",), ("show", "--table"), ("--help",), ("--version",)], ids=" ".join
)
def test_closed_streams_are_no_defect(shell: Shell, args: tuple[str, ...]) -> None:
    for redirected in (">&-", "<&-", "<&- >&-"):
        done = in_bash(shell, redirected, *args)
        assert (done.code, done.err) == (0, "")
        assert bool(done.out) == (">&-" not in redirected)


def test_recording_with_every_stream_closed_harms_no_log(shell: Shell, body: Path) -> None:
    before = shell.size()
    assert in_bash(shell, "<&- >&- 2>&-", "record", SAMPLE, str(body)).code == 0
    assert shell.size() == before + 1
    assert shell("db", "check").code == 0


def test_standard_input_that_is_closed_is_refused(shell: Shell) -> None:
    done = in_bash(shell, "<&-", "record", SAMPLE, "-")
    assert done.code == 2
    assert "standard input is closed" in done.err
    assert "name a file" in done.err


@pytest.mark.parametrize("command", [("record", SAMPLE), ("import", "case"), ("import", "jsonl")])
def test_a_pipe_or_a_device_by_name_is_refused_at_once(
    shell: Shell, tmp_path: Path, command: tuple[str, ...]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        done = shell(*command, path)
        assert done.code == 2
        assert "is no regular file" in done.err
        assert "takes - reads a pipe" in done.err


@pytest.mark.parametrize(
    "args",
    [("record", SAMPLE, LONG), ("import", "case", LONG), ("import", "jsonl", LONG)],
    ids=lambda args: " ".join(args[:2]),
)
def test_a_path_too_long_for_a_file_is_not_found(shell: Shell, args: tuple[str, ...]) -> None:
    done = shell.inside(*args)
    assert done.code == 3
    assert "File name too long" in done.err


@pytest.mark.parametrize("path", [LONG, "a\0b", "missing"], ids=["long", "NUL", "missing"])
def test_a_case_whose_path_leads_nowhere_is_not_found(shell: Shell, path: str) -> None:
    with open_parley(read_settings(database_url=shell.url)) as parley, pytest.raises(NotFound):
        import_case(parley, path)


@pytest.mark.parametrize("path", [LONG, "~nobody-at-all/x"], ids=["long", "no home"])
def test_a_place_that_cannot_be_is_refused(shell: Shell, path: str) -> None:
    for args in (("--database", path, "show"), ("demo", "--directory", path)):
        done = shell.inside(*args)
        assert done.code == 2
        assert "cannot be looked up" in done.err


@pytest.mark.parametrize("number", ["1e999999999", "-1e-999999999", "9" * 5_000], ids=len)
def test_a_number_of_a_billion_digits_is_refused_by_its_field(shell: Shell, number: str) -> None:
    one = json.dumps({**ACTOR, "parts": [{"n": 7}]}).replace("7", number)
    for text, field in (
        (one, "parts.0.n"),
        (f"[{one}]", "[0].parts.0.n"),
        (f"{json.dumps(ACTOR)}\n{one}\n", "stdin:2: parts.0.n"),
    ):
        done = shell.inside("record", SAMPLE, "-", stdin=text)
        assert done.code == 2
        assert f"parley: {field}: " in done.err
        assert "more than 40 digits" in done.err
        assert "in fewer digits" in done.err


def test_a_number_of_a_billion_digits_is_refused_in_yaml_and_in_an_option(shell: Shell) -> None:
    bodies = shell.inside("kinds", "pledge.made").json["example"]
    (component, *_) = bodies["components"]
    bad = {**bodies, "slug": "another", "components": [{**component, "quantity": "QUANTITY"}]}
    text = json.dumps(bad).replace('"QUANTITY"', "1e999999999").replace("{", "{ ", 1)
    done = shell.inside("record", SAMPLE, "-", stdin=f"# YAML\n{text}")
    assert (done.code, "components.0.quantity" in done.err) == (2, True)
    position = shell.inside("log", "--kind", "pledge.made").json["entries"][0]["position"]
    value = (
        f"components={json.dumps([{**component, 'quantity': 7}]).replace(': 7', ': 1e999999999')}"
    )
    done = shell.inside("correct", str(position), "--reason", "r", "--set", value)
    assert done.code == 2
    assert "--set components: 0.quantity: 1e999999999 has more than 40 digits" in done.err
