"""The reference says what there is: every command, option, example, setting and exit code."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from app.settings import PREFIX, Settings
from cli.exits import DEBUG, ExitCode
from cli.main import app
from tests.cli.conftest import PROGRAM, Shell
from tests.cli.test_help import PATHS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CLI = (REFERENCE / "cli.md").read_text("utf-8")
SETTINGS = (REFERENCE / "settings.md").read_text("utf-8")
HEADING = re.compile(r"^### `parley ([^`]+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SECTIONS: dict[str, str] = dict(HEADING.findall(CLI))
"""What the reference says of each command, by its usage."""
GROUPS = {
    *(("import",), ("db",), ("keys",), ("webhooks",)),
    *(("signing-key",), ("export",), ("witness",)),
}
FORM = {"--json", "--table"}
EXAMPLES = re.findall(r"^```console\n(.*?)^```$", CLI, re.MULTILINE | re.DOTALL)


def command_at(path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a command as Typer makes it.
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    return command


def section_of(path: tuple[str, ...]) -> tuple[str, str]:
    """The usage and the text of a command."""
    start = " ".join(path)
    found = [(u, t) for u, t in SECTIONS.items() if u == start or u.startswith(f"{start} ")]
    assert len(found) == 1, f"one section for `parley {start}`"
    return found[0]


def test_no_command_is_described_that_is_not_there() -> None:
    described = {tuple(word for word in usage.split() if word.islower()) for usage in SECTIONS}
    assert described == set(PATHS) - GROUPS


@pytest.mark.parametrize("path", [p for p in PATHS if p not in GROUPS], ids=" ".join)
def test_every_option_of_a_command_is_described_and_no_other(path: tuple[str, ...]) -> None:
    usage, text = section_of(path)
    params = [param for param in command_at(path).params if param.name != "help"]
    options = {o for p in params if p.param_type_name == "option" for o in p.opts}
    table = "\n".join(line.partition(" | ")[0] for line in text.splitlines() if line[:1] == "|")
    assert set(re.findall(r"--[a-z][a-z-]*", table)) == options
    for param in params:
        if param.param_type_name == "argument":
            assert param.metavar in usage
            assert f"`{param.metavar}`" in table.replace("\\", "")


@pytest.mark.parametrize("path", [p for p in PATHS if p not in GROUPS], ids=" ".join)
def test_the_reference_says_what_the_help_says(path: tuple[str, ...]) -> None:
    _, text = section_of(path)
    said = " ".join(text.split()).replace("\\", "")
    command = command_at(path)
    assert " ".join(command.help.split()) in said
    for param in command.params:
        if param.name != "help" and not FORM & set(param.opts):
            assert " ".join(param.help.split()) in said


def test_the_options_of_the_program_itself_are_described() -> None:
    head = CLI.partition("\n## ")[0]
    for param in typer.main.get_command(app).params:
        for option in param.opts:
            assert f"`{option}" in head


def test_every_exit_code_is_described() -> None:
    described = re.findall(r"^\| (\d+) \|", CLI, re.MULTILINE)
    assert described == [str(int(code)) for code in sorted(ExitCode)]


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if "<<" in e], ids=lambda text: text.partition("\n")[0]
)
def test_an_example_for_the_shell_works_as_it_stands(shell: Shell, example: str) -> None:
    environment = {**shell.variables(), "PATH": f"{PROGRAM.parent}:/usr/bin:/bin"}
    run = subprocess.run(
        ["bash", "-ec", example],
        capture_output=True,
        text=True,
        env=environment,
        cwd=shell.home,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout


def test_every_other_example_works_as_it_stands(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.home)
    lines = [line for e in EXAMPLES if "<<" not in e for line in e.splitlines()]
    assert len(lines) > len(SECTIONS)
    for line in lines:
        program, *args = shlex.split(line)
        done = shell.inside(*args)
        assert (program, done.code, done.err) == ("parley", 0, ""), line
        assert done.out


def test_every_setting_is_described_and_no_other() -> None:
    described = set(re.findall(rf"^\| `({PREFIX}[A-Z_]+)`", SETTINGS, re.MULTILINE))
    assert described == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {DEBUG}
