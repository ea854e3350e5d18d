"""`parley db rebuild` and `db check`: what they say of the read model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.database import connect, transaction
from tests.app.bodies import NORTH, SETTING
from tests.cli.conftest import Shell


@pytest.fixture
def asked(database: str, tmp_path: Path) -> Shell:
    """A shell on a log with six entries, whose read model was asked for, once on each database."""
    shell = Shell(database, tmp_path)
    assert shell.inside("record", "-", stdin=json.dumps(SETTING)).code == 0
    assert shell.inside("show").code == 0
    return shell


def change(url: str, statement: str) -> None:
    """Change the database past Parley."""
    engine = connect(url)
    with transaction(engine) as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_read_model_that_was_right_is_said_to_be(asked: Shell) -> None:
    done = asked.inside("db", "rebuild", "--table")
    assert " ".join(done.out.split()) == (
        "The read model is made anew from 6 entries. The old one said the same, row by row."
    )
    assert asked.inside("db", "check").json["read_model"] == {
        "edition": 2,
        "position": 6,
        "behind": 0,
        "is_current": True,
    }


def test_a_read_model_that_was_wrong_is_named_by_its_tables_and_mended(asked: Shell) -> None:
    before = asked.inside("show", "--as-of", "2025-12-31").out
    change(asked.url, "UPDATE rectangles_1 SET payload = payload || payload")
    assert asked.inside("db", "rebuild").json == {
        "edition": 2,
        "position": 6,
        "differing": ["rectangles"],
    }
    assert asked.inside("show", "--as-of", "2025-12-31").out == before


def test_a_read_model_of_another_program_is_not_read_and_not_compared(asked: Shell) -> None:
    before = asked.inside("show", "--as-of", "2025-12-31").out
    change(asked.url, "UPDATE editions SET format = 99 WHERE edition = 1")
    assert asked.inside("show", "--as-of", "2025-12-31").out == before
    assert "is another program's: make it anew" in asked.inside("db", "check", "--table").out
    done = asked.inside("db", "rebuild", "--table")
    assert "another program's and was not compared" in " ".join(done.out.split())
    assert asked.inside("db", "check").json["read_model"]["is_current"] is True


def test_what_is_recorded_is_behind_until_somebody_asks(asked: Shell) -> None:
    east = json.dumps({**NORTH, "slug": "east"})
    assert asked.inside("record", "-", stdin=east).code == 0
    assert "is 1 entry behind" in asked.inside("db", "check", "--table").out
    assert asked.inside("show").code == 0
    assert "is up to date" in asked.inside("db", "check", "--table").out
