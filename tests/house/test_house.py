"""The house keeps its rules: rooms, arrows, sizes, names and locks."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ROOMS: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
CONTRACTS: list[str] = [each["id"] for each in PROJECT["tool"]["importlinter"]["contracts"]]

# The limits of house.md: usually 200 lines a file and 25 a function, these at the end.
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "manager"}

# For each contract, imports that break it and nothing else: (room or file, line).
OFFENCES: dict[str, list[tuple[str, str]]] = {
    "arrows": [
        ("app", "import cli"),
        ("api", "import cli"),
        ("app", "import api"),
        ("projections", "import app"),
        ("exchange", "import app"),
        ("projections", "import exchange"),
        ("exchange", "import projections"),
        ("feed", "import app"),
        ("feed", "import exchange"),
        ("projections", "import feed"),
        ("ledger", "import feed"),
        ("ledger", "import projections"),
        ("ledger", "import exchange"),
        ("domain", "import ledger"),
        ("audit", "import ledger"),
        ("domain", "import audit"),
        ("audit", "import domain"),
    ],
    "domain-knows-no-framework": [("domain", "import sqlalchemy"), ("domain", "import typer")],
    "audit-knows-no-framework": [("audit", "import pydantic"), ("audit", "import eventsourcing")],
    "only-api-and-web-speak-http": [
        ("cli", "import fastapi"),
        ("ledger", "import http.client"),
        ("feed", "import http.client"),
    ],
    "migrations-touch-no-event": [("migrations", "import domain.event")],
    "only-ledger-app-and-cli-migrate": [("projections", "import migrations")],
    "a-witness-needs-no-database": [
        ("app/witness.py", "import app.parley"),
        ("app/witness_folder.py", "import ledger"),
        ("app/witness_look.py", "import sqlalchemy"),
    ],
    "no-room-knows-the-tests": [("app", "import tests.conftest")],
}


def python_files() -> list[Path]:
    return [path for room in (*ROOMS, "tests") for path in sorted((ROOT / room).rglob("*.py"))]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rooms and their contracts, in a place where an offence does no harm."""
    house = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    (house / "tests/house").mkdir(parents=True)
    for file in ("pyproject.toml", "tests/__init__.py", "tests/house/allowlist.py"):
        shutil.copy(ROOT / file, house / file)
    return house


def verdicts(house: Path) -> dict[str, str]:
    """What lint-imports says of each contract by its name, in a house: KEPT or BROKEN."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    run = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    lines = re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.+\))?$", run.stdout, re.MULTILINE)
    by_name = {each["name"]: each["id"] for each in PROJECT["tool"]["importlinter"]["contracts"]}
    return {by_name[name]: verdict for name, verdict in lines}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_imported_from_the_repository(room: str) -> None:
    imported = importlib.import_module(room).__file__
    assert imported == str(ROOT / room / "__init__.py")


@pytest.mark.parametrize("room", ROOMS)
def test_the_init_of_a_room_is_one_docstring(room: str) -> None:
    tree = ast.parse((ROOT / room / "__init__.py").read_text("utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_every_tool_is_told_of_the_same_rooms() -> None:
    tool = PROJECT["tool"]
    assert tool["importlinter"]["root_packages"] == ROOMS
    assert tool["deptry"]["known_first_party"] == ROOMS
    assert tool["mypy"]["files"] == [*ROOMS, "tests"]
    assert tool["ruff"]["lint"]["isort"]["known-first-party"] == [*ROOMS, "tests"]


def test_every_contract_is_kept(copied_house: Path) -> None:
    assert verdicts(copied_house) == dict.fromkeys(CONTRACTS, "KEPT")


def test_every_contract_has_an_offence() -> None:
    assert sorted(OFFENCES) == sorted(CONTRACTS)


@pytest.mark.parametrize(
    ("contract", "place", "line"),
    [
        pytest.param(contract, place, line, id=f"{contract}: {place}: {line}")
        for contract, offences in OFFENCES.items()
        for place, line in offences
    ],
)
def test_a_planted_offence_breaks_its_contract(
    copied_house: Path, contract: str, place: str, line: str
) -> None:
    before = verdicts(copied_house)
    planted = copied_house / place
    if planted.is_dir():
        planted /= "planted.py"
    kept = planted.read_text("utf-8") if planted.exists() else ""
    planted.write_text(f"{kept}{line}\n", "utf-8")
    after = verdicts(copied_house)
    if kept:
        planted.write_text(kept, "utf-8")
    else:
        planted.unlink()
    assert after == before | {contract: "BROKEN"}
    assert after != before


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_to_the_sizes_and_names_of_the_house(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    long = [each.name for each in functions(path) if _length(each) > MAX_FUNCTION_LINES]
    assert len(lines) <= MAX_FILE_LINES
    assert long == []
    assert not NAMES_THAT_SAY_NOTHING & set(path.stem.split("_"))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_the_development_lock_holds_the_others() -> None:
    main, telemetry, dev = map(pinned, ("main.lock", "telemetry.lock", "dev.lock"))
    assert main.items() <= telemetry.items() <= dev.items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    groups = PROJECT["dependency-groups"]
    for_main = [*PROJECT["project"]["dependencies"], *groups["build"]]
    for_telemetry = [*for_main, *PROJECT["project"]["optional-dependencies"]["telemetry"]]
    for_dev = [*for_telemetry, *groups["test"], *groups["lint"], *groups["bench"]]
    assert {_name(each) for each in for_main} <= pinned("main.lock").keys()
    assert {_name(each) for each in for_telemetry} <= pinned("telemetry.lock").keys()
    assert {_name(each) for each in for_dev} <= pinned("dev.lock").keys()


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found.group().lower()


@pytest.mark.parametrize("lock", ["main.lock", "telemetry.lock", "dev.lock"])
def test_a_lock_is_hashed_and_names_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?://|file:|--index|--find-links", text)


def test_the_wheel_holds_every_file_of_the_rooms(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", str(tmp_path)], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
