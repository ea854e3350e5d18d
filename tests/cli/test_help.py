"""Every command explains itself, and quickly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.main import app

HEAVY = (
    "sqlalchemy",
    "psycopg",
    "alembic",
    "yaml",
    "eventsourcing",
    "cryptography",
    "domain.event",
)
"""What a command may need when it runs, and nobody who asks for help does (Typer has pydantic)."""


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all commands below a command, groups included."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name)
        yield from commands(inner, (*path, name))


PATHS = list(commands(typer.main.get_command(app)))


def test_there_is_a_command_for_everything_the_issue_asks_for() -> None:
    wanted = (
        "demo show diff timeline totals scenario record correct retract endorse log kinds search"
    )
    assert {(name,) for name in wanted.split()} <= set(PATHS)
    assert {("db", "upgrade"), ("db", "check"), ("import", "case"), ("import", "jsonl")} <= set(
        PATHS
    )


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_a_command_explains_itself(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_option_and_argument_says_what_it_is(path: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help
    assert [param.name for param in command.params if not getattr(param, "help", None)] == []


def test_help_loads_nothing_that_only_work_needs() -> None:
    code = (
        "import sys; from cli.main import app; from typer.testing import CliRunner; "
        "CliRunner().invoke(app, ['show', '--help']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("parley 0.")


def test_no_command_shows_the_help() -> None:
    result = CliRunner().invoke(app, [])
    assert "Usage" in result.output


@pytest.mark.parametrize(
    "args", [["shwo"], ["show", "--as-off"], ["correct"], ["log", "--limit", "0"]]
)
def test_a_command_that_is_not_understood_ends_with_two(args: list[str]) -> None:
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2
