"""The tables are Alembic's, and a program only works on those it knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import LiteralString

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import projections.pile_tables
import projections.register_tables  # noqa: F401 - and so do these
from domain.errors import Conflict, DatabaseAhead, DatabaseBehind, DatabaseDamaged
from ledger import schema
from ledger.database import connect, transaction
from ledger.log import Ledger
from ledger.tables import metadata
from projections.tables import metadata as read_models
from tests.ledger.drafts import ask, pledge

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "migrations"
BY_HAND = ("areas_", "words_")


def test_the_migrations_make_the_tables_that_the_code_knows(database: str) -> None:
    engine = connect(database)
    with transaction(engine) as connection:
        command.check(schema.config_for(connection))
        names = set(inspect(connection).get_table_names())
        # An R*Tree and a full-text index keep tables of their own, which only the migrations name.
        assert {name for name in names if not name.startswith(BY_HAND)} == {
            *metadata.tables,
            *read_models.tables,
            "alembic_version",
        }
    engine.dispose()


def test_the_revisions_in_the_code_are_those_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)

    oldest_first = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert tuple(oldest_first) == schema.REVISIONS
    assert scripts.get_current_head() == schema.HEAD


def test_every_new_migration_begins_with_the_law() -> None:
    law = (MIGRATIONS / "script.py.mako").read_text("utf-8")

    assert "An event is never touched" in law
    assert "refuse_loss" in law


def test_an_upgrade_runs_twice_and_makes_the_file_it_needs(empty_database: str) -> None:
    assert schema.upgrade(empty_database) == schema.HEAD
    assert schema.upgrade(empty_database) == schema.HEAD

    with Ledger(empty_database) as ledger:
        assert ledger.head().size == 0


def test_upgrades_at_once_take_turns(empty_database: str) -> None:
    code = "import sys; from ledger.schema import upgrade; print(upgrade(sys.argv[1]))"
    command = [sys.executable, "-c", code, empty_database]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(3)]
    told = [process.communicate()[0].decode().strip() for process in running]

    assert told == [schema.HEAD] * 3
    assert [process.returncode for process in running] == [0, 0, 0]


def test_a_database_without_tables_is_behind_and_says_the_way_out(empty_database: str) -> None:
    with pytest.raises(DatabaseBehind) as caught:
        Ledger(empty_database)

    assert caught.value.problems[0].way_out == "run `parley db upgrade`"


def test_a_missing_file_is_not_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "log.db"
    with pytest.raises(DatabaseBehind, match="no file"):
        Ledger(f"sqlite:///{path}")

    assert not path.parent.exists()


def test_a_database_of_an_older_program_is_behind(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = schema.HEAD
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    monkeypatch.setattr(schema, "HEAD", "9999")

    with pytest.raises(DatabaseBehind, match=f"revision {ours}, this program needs 9999"):
        Ledger(database)


def test_a_database_of_a_newer_program_is_ahead_and_stays_as_it_is(database: str) -> None:
    ask(database, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(DatabaseAhead, match="9999"):
        Ledger(database)
    with pytest.raises(DatabaseAhead):
        schema.upgrade(database)
    assert ask(database, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_downgrade_that_would_lose_events_is_refused(database: str) -> None:
    with Ledger(database) as ledger:
        ledger.append([pledge(), pledge()])

    with pytest.raises(Conflict, match="would lose 2 events"):
        schema.downgrade(database, "base")

    with Ledger(database) as ledger:
        assert ledger.head().size == 2


def test_an_empty_log_can_be_taken_back_and_made_again(database: str) -> None:
    schema.downgrade(database, "base")
    with pytest.raises(DatabaseBehind):
        Ledger(database)

    schema.upgrade(database)
    with Ledger(database) as ledger:
        ledger.append([pledge()])


HALF_MADE: dict[str, tuple[LiteralString, ...]] = {
    "a table of another program": ("CREATE TABLE events (x int)",),
    "another program's revision": (
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('0001')",
    ),
    "another program's table and revision": (
        "CREATE TABLE events (x int)",
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('f00d')",
    ),
}


@pytest.mark.parametrize("made", HALF_MADE.values(), ids=HALF_MADE)
def test_a_database_of_another_program_is_left_alone(
    empty_database: str, made: tuple[LiteralString, ...]
) -> None:
    for statement in made:
        ask(empty_database, statement)

    for act in (Ledger, schema.upgrade):
        with pytest.raises(DatabaseDamaged, match="not Parley's, or lost its revision") as caught:
            act(empty_database)
        assert "name another database or restore a copy" in str(caught.value)


@pytest.mark.parametrize("lost", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_a_database_that_lost_its_revision_is_not_made_again(
    database: str, lost: LiteralString
) -> None:
    ask(database, lost)

    for act in (Ledger, schema.upgrade):
        with pytest.raises(DatabaseDamaged, match="lost its revision"):
            act(database)


def test_what_stands_in_the_way_of_the_tables_is_named(empty_database: str) -> None:
    ask(empty_database, "CREATE VIEW events AS SELECT 1 AS position")

    with pytest.raises(DatabaseDamaged, match="not Parley's"):
        schema.upgrade(empty_database)


def test_tables_of_others_beside_ours_are_no_harm(empty_database: str) -> None:
    ask(empty_database, "CREATE TABLE users (name text)")

    schema.upgrade(empty_database)

    with Ledger(empty_database) as ledger:
        ledger.append([pledge()])


def test_a_start_needs_no_alembic(sqlite_database: str) -> None:
    code = (
        "import sys; from ledger.log import Ledger; Ledger(sys.argv[1]).close();"
        " print('alembic' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, sqlite_database], capture_output=True, cwd=ROOT, check=True
    )

    assert run.stdout.decode().strip() == "False"
