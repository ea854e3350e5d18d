"""`parley db` looks after the read model: how far it is behind, and making it anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.database import connect
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.cli.conftest import Shell


@pytest.fixture
def bridge(database: str, tmp_path: Path) -> Shell:
    """A shell on a log with seven entries of which the read model holds none yet."""
    shell = Shell(database, tmp_path)
    said = json.dumps([*SETTING, pledge()])
    assert shell.inside("record", NEGOTIATION, "-", stdin=said).code == 0
    return shell


def change(url: str, statement: str) -> None:
    engine = connect(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_check_says_how_far_the_read_model_is_behind(bridge: Shell) -> None:
    behind = {"edition": 1, "position": 0, "behind": 7, "is_current": True}
    assert bridge.inside("db", "check").json["read_model"] == behind
    said = "The read model is 7 entries behind; it catches up when something is asked."
    assert said in " ".join(bridge.inside("db", "check", "--table").out.split())

    assert bridge.inside("show", NEGOTIATION).code == 0

    assert bridge.inside("db", "check").json["read_model"] == {**behind, "position": 7, "behind": 0}
    assert "The read model is up to date." in bridge.inside("db", "check", "--table").out


def test_rebuild_makes_it_anew_and_says_whether_the_old_one_was_right(bridge: Shell) -> None:
    done = bridge.inside("db", "rebuild")
    assert (done.code, done.json) == (0, {"edition": 2, "position": 7, "differing": []})
    said = "The read model is made anew from 7 entries. The old one said the same, row by row."
    assert said in " ".join(bridge.inside("db", "rebuild", "--table").out.split())
    assert bridge.inside("db", "check").json["read_model"]["behind"] == 0


def test_rebuild_reports_one_that_was_wrong(bridge: Shell) -> None:
    right = bridge.inside("show", NEGOTIATION, "--as-of", "2025-04-01").out
    assert json.loads(right)["pledges"]
    change(bridge.url, "UPDATE rectangles_1 SET valid_from = valid_from + 1 WHERE id = 7")
    done = bridge.inside("db", "rebuild", "--table")
    assert "The old one was wrong in rectangles." in " ".join(done.out.split())
    assert bridge.inside("show", NEGOTIATION, "--as-of", "2025-04-01").out == right


def test_the_read_model_of_another_program_is_named_and_replaced(bridge: Shell) -> None:
    right = bridge.inside("show", NEGOTIATION, "--as-of", "2025-04-01").out
    change(bridge.url, "UPDATE editions SET rules = 99 WHERE edition = 1")
    assert "make it anew with `parley db rebuild`" in " ".join(
        bridge.inside("db", "check", "--table").out.split()
    )
    assert bridge.inside("show", NEGOTIATION, "--as-of", "2025-04-01").out == right
    assert bridge.inside("db", "rebuild").json["differing"] is None
    assert bridge.inside("db", "check").json["read_model"]["is_current"] is True
