"""The image and the compose file keep their word, as far as it can be tried without an engine.

Nothing here builds or runs a container. What they say is read and held against the
project, and their own commands are run, in their order, on a server of PostgreSQL.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from httpx2 import Client

from api.limits import GRACE
from app.settings import PREFIX, Settings
from cli.main import app
from tests.api.conftest import bearer
from tests.cli.servers import READY
from tests.databases import Server, start_server, stop_server

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "parley"]
PATIENCE = 60
PROGRAMS = Path(sys.executable).parent


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile and what they are given, comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    split = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name, given.strip()) for name, _, given in split]


def last_stage() -> dict[str, list[str]]:
    """The instructions of what runs."""
    found: dict[str, list[str]] = {}
    for name, given in instructions():
        if name == "FROM":
            found = {}
        found.setdefault(name, []).append(given)
    return found


def image_settings() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in " ".join(last_stage()["ENV"]).split())


def is_command(words: list[str]) -> bool:
    """Whether the command line knows a command of this name."""
    command: Any = typer.main.get_command(app)
    for word in words:
        command = getattr(command, "commands", {}).get(word)
    return command is not None and not hasattr(command, "commands")


# --- the image ------------------------------------------------------------------------


def test_what_runs_is_not_root_and_is_asked_whether_it_is_ready() -> None:
    stage = last_stage()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", stage["USER"][-1])
    check = stage["HEALTHCHECK"][0]
    command = json.loads(check.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert "/readyz" in command[2]
    compile(command[2], "the health check", "exec")


def test_what_it_starts_is_there_and_listens_where_it_says() -> None:
    stage = last_stage()
    assert json.loads(stage["ENTRYPOINT"][0]) == ["parley"]
    assert is_command(json.loads(stage["CMD"][0]))
    settings = image_settings()
    assert stage["EXPOSE"] == [settings["PARLEY_PORT"]]
    assert Settings.model_fields["port"].default == int(settings["PARLEY_PORT"])
    # Whoever reaches a container comes from elsewhere, so that keys are asked for.
    assert settings["PARLEY_HOST"] == "0.0.0.0"  # noqa: S104


def test_every_setting_of_the_image_is_one_and_is_taken() -> None:
    given = {n: v for n, v in image_settings().items() if n.startswith(PREFIX)}
    names = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
    assert set(names) <= set(Settings.model_fields)
    Settings(**names)  # type: ignore[arg-type]


def test_everything_that_is_installed_has_its_hash_and_no_other_host_is_named() -> None:
    installs = [given for name, given in instructions() if name == "RUN" and "pip install" in given]
    assert ["--require-hashes" in each or "--no-deps" in each for each in installs] == [True] * 2
    for lock in ("main", "telemetry"):
        assert (ROOT / "requirements" / f"{lock}.lock").exists()
    hosts = re.findall(r"https?://([^:/'\s]+)", DOCKERFILE + (DOCKER / "compose.yaml").read_text())
    assert set(hosts) <= {"127.0.0.1"}
    images = [given for name, given in instructions() if name == "FROM"]
    assert all("/" not in image.split()[0] for image in images)


def test_the_builder_is_given_what_the_wheel_is_made_of_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    rooms = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    listed = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    kept = {line[1:] for line in listed if line.startswith("!")}
    assert "*" in listed
    assert kept == {*rooms, "pyproject.toml", "README.md", "LICENSE", "requirements"}


# --- compose --------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_a_command_there_is_with_as_little_as_can_be(name: str) -> None:
    service = SERVICES[name]
    assert is_command(service["command"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (DOCKER / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).exists()
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert {n for n in service["environment"] if n.startswith(PREFIX)} <= known


def test_each_step_waits_for_the_one_before() -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in SERVICES.items()
    }
    assert waits == {
        "database": {},
        "upgrade": {"database": "service_healthy"},
        "rights": {"upgrade": "service_completed_successfully"},
        "app": {"rights": "service_completed_successfully"},
    }
    assert SERVICES["database"]["healthcheck"]["test"][0] == "CMD"
    once = ("upgrade", "rights")
    assert {SERVICES[name]["restart"] for name in once} == {"no"}


def test_the_port_is_published_to_this_machine_alone() -> None:
    (published,) = SERVICES["app"]["ports"]
    assert published.startswith("127.0.0.1:")
    assert published.endswith(f":{image_settings()['PARLEY_PORT']}")
    assert "ports" not in SERVICES["database"]


def test_what_is_kept_has_a_volume_and_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            there = (DOCKER / source).exists() if source.startswith(".") else False
            assert there or source in COMPOSE["volumes"], volume


def test_no_password_stands_in_the_file_and_the_server_stops_before_it_is_killed() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            assert "PASSWORD" not in name or value.startswith("${")
    assert int(SERVICES["app"]["stop_grace_period"].removesuffix("s")) > GRACE


# --- the commands, run by hand ---------------------------------------------------------


@dataclass
class Hand:
    """Runs what a service would run, on a server of PostgreSQL that stands for its own."""

    server: Server
    home: Path
    volume: Path

    def environment(self, name: str) -> dict[str, str]:
        """The variables of a service, with this server in the place of the other container."""
        given = {**(image_settings() if name in OURS else {}), **SERVICES[name]["environment"]}
        given = {n: v for n, v in given.items() if v is not None and n not in {"PATH", "PGHOST"}}
        said = {n: re.sub(r"\$\{[^}]*\}", "secret", v) for n, v in given.items()}
        said = {n: v.replace("@database/", "@/") for n, v in said.items()}
        # What the service has on its volume.
        said = {n: v.replace("/var/lib/parley/", f"{self.volume}/") for n, v in said.items()}
        postgres = Path(str(self.server.process.args[0])).parent  # type: ignore[index]
        path = os.pathsep.join(map(str, (PROGRAMS, postgres, "/usr/bin", "/bin")))
        return {**said, "PATH": path, "PGHOST": str(self.server.socket), "HOME": str(self.home)}

    def run(self, name: str, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={**self.environment(name), **more},
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    # A path of pytest's may be too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    try:
        server = start_server(folder)
        try:
            with server.connect() as admin:
                admin.execute("CREATE ROLE parley_owner SUPERUSER LOGIN")
                admin.execute("CREATE DATABASE parley OWNER parley_owner")
            home = tmp_path / "home"
            home.mkdir()
            yield Hand(server, home, tmp_path / "volume")
        finally:
            stop_server(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
def test_the_commands_of_compose_come_to_a_server_that_answers(hand: Hand) -> None:
    made = hand.run("database", "sh", str(DOCKER / "roles.sh"))
    assert (made.returncode, made.stderr) == (0, "")
    upgraded = hand.run("upgrade", "parley", *SERVICES["upgrade"]["command"])
    assert upgraded.returncode == 0, upgraded.stderr
    rights = [*SERVICES["rights"]["entrypoint"], *SERVICES["rights"]["command"]]
    mounted = str(ROOT / "migrations" / "application_role.sql")
    given = hand.run("rights", *(word.replace("/rights.sql", mounted) for word in rights))
    assert (given.returncode, given.stderr) == (0, "")

    serve = ["parley", *SERVICES["app"]["command"]]
    keyless = hand.run("app", *serve, PARLEY_PORT="0")
    assert keyless.returncode == 2
    assert "parley keys add" in keyless.stderr
    added = hand.run("app", "parley", "keys", "add", "ada")
    assert added.returncode == 0, added.stderr
    check_served(hand, serve, json.loads(added.stdout)["secret"])
    # A root file system that takes no writes is missed by nobody.
    assert list(hand.home.iterdir()) == []


def check_served(hand: Hand, serve: list[str], secret: str) -> None:
    """Start the server as the image does, ask it, and stop it as an engine does."""
    with subprocess.Popen(
        serve,
        env={**hand.environment("app"), "PARLEY_PORT": "0"},
        cwd=hand.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            said = READY.search(process.stdout.readline())
            assert said is not None
            port = said[0].rpartition(":")[2]
            check = json.loads(last_stage()["HEALTHCHECK"][0].partition("CMD ")[2])
            assert hand.run("app", *check, PARLEY_PORT=port).returncode == 0
            with Client(base_url=f"http://127.0.0.1:{port}") as client:
                assert client.get("/v1/version").status_code == 401
                assert client.get("/v1/version", headers=bearer(secret)).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    dead = hand.run("app", *check, PARLEY_PORT=port)
    assert dead.returncode != 0
