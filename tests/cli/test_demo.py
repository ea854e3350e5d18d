"""The demo works from nothing, twice, and so do the commands it prints."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.demo import NEXT
from tests.cli.conftest import PROGRAM, Done, Shell

COMMAND = re.compile(
    r"^  (\S.* (?:" + "|".join(re.escape(c) for _, c in NEXT) + r"))$", re.MULTILINE
)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell of somebody who has nothing yet, and whose own log is elsewhere."""
    home = tmp_path_factory.mktemp("home of the demo")
    return Shell(f"sqlite:///{home / 'my own.db'}", home)


@pytest.fixture(scope="module")
def first(shell: Shell) -> Done:
    return shell("demo")


def test_it_shows_the_three_dates_and_what_changed(first: Done) -> None:
    assert first.code == 0
    assert first.err == ""
    heads = re.findall(r"^(As of .*?|What changed .*?|Try next) ─", first.out, re.MULTILINE)
    assert heads == [
        "As of 2025-01-01",
        "As of 2025-08-31",
        "As of 2025-09-11",
        "What changed from 2025-08-31 to 2025-09-11",
        "Try next",
    ]


def test_it_says_how_surely_and_on_whose_word(first: Done) -> None:
    said = " ".join(first.out.split())
    for words in (
        "possibly requires",
        "not yet rated",
        "not met, as far as",
        "26 reported, none known by name",
        "pifer (“possible”, “might”)",
        "pifer › trump (“suggested”)",
        "pifer › macron › the-26",
        "also reported, perhaps the same",
        "possibly hopes →",
    ):
        assert words in said


def test_it_is_readable_on_eighty_columns(first: Done) -> None:
    said, _, commands = first.out.partition("Try next")
    path, _, rest = said.partition("\n\n")
    assert path.count("\n") == 1
    assert max(len(line.rstrip()) for line in rest.splitlines()) <= 80
    assert all(len(line) <= 80 for line in commands.splitlines() if not line.startswith("  "))


def test_it_keeps_to_the_data_folder_and_leaves_the_own_log_alone(
    first: Done, shell: Shell
) -> None:
    assert first.code == 0
    assert (shell.home / "data" / "parley" / "demo" / "parley.db").exists()
    assert not (shell.home / "my own.db").exists()


def test_the_commands_it_prints_work_as_printed(first: Done, shell: Shell) -> None:
    printed = COMMAND.findall(first.out)
    assert len(printed) == len(NEXT) == 3
    for line in printed:
        run = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            text=True,
            env=shell.variables(),
            cwd=shell.home,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert len(run.stdout) > 100


def test_a_second_run_records_nothing_and_shows_the_same(first: Done, shell: Shell) -> None:
    log = shell.on(f"sqlite:///{shell.home / 'data' / 'parley' / 'demo' / 'parley.db'}")
    size = log.size()
    second = shell("demo")
    assert second.code == 0
    assert second.out.startswith("The sample case is loaded")
    shown = [each.out.partition("\n")[2].partition("Ask over HTTP")[0] for each in (first, second)]
    assert shown[0] == shown[1]
    assert log.size() == size


def test_a_folder_can_be_named_and_is_made(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "some where" / "new"
    done = shell("demo", "--directory", folder)
    assert done.code == 0
    assert f"'{folder / 'parley.db'}'" in done.out
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_made_is_refused_without_a_traceback(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("I am in the way.")
    done = shell("demo", "--directory", tmp_path / "file" / "demo")
    assert done.code in {2, 5}
    assert "→" in done.err
    assert "Traceback" not in done.err


def test_it_is_called_as_it_was_called(shell: Shell, first: Done) -> None:
    # The environment of the tests is not on PATH of a shell of its own.
    bare = shell.with_environment(PATH="/usr/bin:/bin")
    assert f"{PROGRAM} --database" in bare("demo").out
    on_path = shell.with_environment(PATH=f"{PROGRAM.parent}:/usr/bin:/bin")
    assert "  parley --database" in on_path("demo").out
    assert first.code == 0
