"""A database or a clock that cannot be used: exit code 5, the way out, and nothing recorded."""

from __future__ import annotations

import json
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from ledger import schema
from ledger.database import connect
from tests.app.bodies import NEGOTIATION as BRIDGE
from tests.app.bodies import NORTH, SETTING, pledge
from tests.cli.conftest import PROGRAM, Done, Shell
from tests.databases import start_server, stop_server

DAY = 86_400 * 1_000_000
"""Microseconds."""
EAST = json.dumps({**NORTH, "slug": "east"})
MANY = [{**NORTH, "slug": f"north-{n}", "name": "N" * 4_000} for n in range(400)]
"""More than fits where the disk is small."""


@pytest.fixture
def bridge(database: str, tmp_path: Path) -> Shell:
    """A shell on a log with six entries, once on each database."""
    shell = Shell(database, tmp_path)
    assert shell.inside("record", "-", stdin=json.dumps(SETTING)).code == 0
    return shell


def check(done: Done, rule: str, way_out: str, code: int = 5, field: str = "database_url") -> None:
    assert (done.code, done.out) == (code, "")
    first, second = done.err.splitlines()
    assert first.startswith(f"parley: {field}: ")
    assert rule in first
    assert second.startswith("        → ")
    assert way_out in second


def change(url: str, statement: str) -> None:
    """Change the database past Parley."""
    engine = connect(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_database_without_tables_says_how_to_make_them(
    empty_database: str, tmp_path: Path
) -> None:
    shell = Shell(empty_database, tmp_path)
    for args in (("show",), ("db", "check"), ("import", "case", "every-kind")):
        check(shell.inside(*args), "is behind this program", "run `parley db upgrade`")
    assert shell("db", "upgrade").json == {"revision": schema.HEAD}
    assert shell("db", "upgrade", "--table").out.startswith("The database is up to date")
    assert shell("db", "check").json == {
        "revision": schema.HEAD,
        "entries": 0,
        "read_model": {"edition": 1, "position": 0, "behind": 0, "is_current": True},
    }


def test_a_database_of_a_newer_program_is_left_alone(bridge: Shell) -> None:
    change(bridge.url, "UPDATE alembic_version SET version_num = '9999'")
    for args in (("show",), ("record", "-"), ("db", "check"), ("db", "upgrade")):
        done = bridge.inside(*args, stdin=EAST)
        check(done, "stands at revision 9999", "install the version of Parley")
    change(bridge.url, "UPDATE alembic_version SET version_num = '0001'")
    assert bridge.size() == 6


def test_a_database_that_refuses_writes_is_read_and_not_written(bridge: Shell) -> None:
    shell = bridge.on(_for_reading(bridge.url))
    assert shell.inside("show").code == 0
    check(shell("record", "-", stdin=EAST), "refuses writes", "give this user the right to write")
    assert bridge.size() == 6


def _for_reading(url: str) -> str:
    """The same database, for somebody who may only read it."""
    if url.startswith("sqlite"):
        return f"{url}?mode=ro"
    # Roles belong to the server, which other tests use as well.
    create = "CREATE ROLE bystander LOGIN; EXCEPTION WHEN duplicate_object THEN NULL;"
    change(url, f"DO $$ BEGIN {create} END $$")
    change(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO bystander")
    return url.replace("postgres@", "bystander@")


def test_a_log_that_another_process_holds_is_not_waited_for_for_ever(
    bridge: Shell, holder: object
) -> None:
    del holder
    check(bridge("record", "-", stdin=EAST), "another process holds the log", "end that process")
    assert bridge.size() == 6


@pytest.fixture
def holder(bridge: Shell) -> Iterator[object]:
    """Another writer that has taken the head of the log and does not let go."""
    if bridge.url.startswith("sqlite"):
        path = bridge.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other
    else:
        with psycopg.connect(bridge.url) as other:
            other.execute("SELECT * FROM log_head FOR UPDATE")
            yield other


def test_a_clock_that_was_set_back_records_nothing(bridge: Shell) -> None:
    tomorrow = time.time_ns() // 1_000 + DAY
    with open_parley(read_settings(database_url=bridge.url), clock=lambda: tomorrow) as parley:
        record(parley, BRIDGE, pledge())
    done = bridge("record", "-", stdin=EAST)
    check(done, "before the last recorded time", "", field="clock")
    assert bridge.size() == 7


def test_a_disk_that_is_full_keeps_what_it_has(tmp_path: Path) -> None:
    tiny, script = tmp_path / "tiny", tmp_path / "many.json"
    tiny.mkdir()
    script.write_text(json.dumps(MANY))
    mount = f"mount -t tmpfs -o size=1200k none {shlex.quote(str(tiny))}"
    if shutil.which("unshare") is None or _run(f"unshare -rm sh -c {shlex.quote(mount)}", {}).code:
        pytest.skip("a small disk needs the right to mount one")
    shell = Shell(f"sqlite:///{tiny / 'log.db'}", tmp_path)
    program = shlex.quote(str(PROGRAM))
    lines = (
        mount,
        f"{program} db upgrade --table",
        f"{program} record - < {shlex.quote(str(_setting(tmp_path)))} > /dev/null",
        f"{program} record {BRIDGE} {shlex.quote(str(script))} || echo code $?",
        f"{program} db check --table",
    )
    done = _run(f"unshare -rm sh -ec {shlex.quote(chr(10).join(lines))}", shell.variables())
    assert "code 5" in done.out
    assert "there is no room left" in done.err
    assert "→ make room" in done.err
    assert "the log holds 6 entries" in done.out


def _setting(folder: Path) -> Path:
    file = folder / "setting.json"
    file.write_text(json.dumps(SETTING))
    return file


def _run(command: str, environment: dict[str, str]) -> Done:
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=environment or None, check=False
    )
    return Done(run.returncode, run.stdout, run.stderr)


@pytest.mark.postgres
def test_a_server_that_may_forget_is_refused(tmp_path: Path) -> None:
    # The path of a socket has to be short, and pytest's folders are not.
    with tempfile.TemporaryDirectory(prefix="parley-pg-") as folder:
        Path(folder).chmod(0o755)
        server = start_server(Path(folder), fsync="off")
        try:
            shell = Shell(server.url("postgres"), tmp_path)
            for args in (("show",), ("db", "upgrade")):
                check(shell(*args), "has fsync off", "set fsync to on")
        finally:
            stop_server(server)


@pytest.mark.postgres
def test_a_session_that_may_forget_is_refused(postgres_database: str, tmp_path: Path) -> None:
    url = f"{postgres_database}&options=-c%20synchronous_commit%3Doff"
    check(Shell(url, tmp_path).inside("show"), "synchronous_commit off", "to on")


@pytest.mark.parametrize(
    ("url", "code", "rule", "way_out"),
    [
        ("mysql://localhost/x", 2, "neither a SQLite file nor", "write sqlite:////absolute"),
        ("sqlite://", 2, "neither a SQLite file nor", "write sqlite:////absolute"),
        ("postgresql:///x?host=/nowhere", 5, "cannot be reached", "PARLEY_DATABASE_URL"),
        ("sqlite:////dev/null/log.db", 5, "", "parley db upgrade"),
    ],
)
def test_a_database_that_is_none_is_refused(
    tmp_path: Path, url: str, code: int, rule: str, way_out: str
) -> None:
    check(Shell(url, tmp_path).inside("show"), rule, way_out, code)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_text("Dear diary, " * 1_000)
    shell = Shell(f"sqlite:///{tmp_path / 'log.db'}", tmp_path)
    for args in (("show",), ("db", "upgrade")):
        check(shell.inside(*args), "not a database of Parley", "check that")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am in the way.")
    shell = Shell(f"sqlite:///{tmp_path / 'file' / 'log.db'}", tmp_path)
    check(shell.inside("db", "upgrade"), "cannot be made", "name a folder", code=2)


def test_a_setting_that_is_none_is_named_as_it_is_set(empty: Shell) -> None:
    shell = empty.with_environment(PARLEY_SUBJECT="a\nb")
    done = shell.inside("show")
    check(done, "control character U+000A", "unset it", code=2, field="PARLEY_SUBJECT")


def test_a_password_in_the_url_never_comes_back(tmp_path: Path) -> None:
    url = "postgresql://ann:hunter2@/x?host=/nowhere"
    for shell in (Shell(url, tmp_path), Shell(f"x{url}", tmp_path)):
        assert "hunter2" not in shell.inside("show").err
