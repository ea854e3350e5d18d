"""The demo answers over HTTP, and what it prints to ask it with works as printed."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from httpx2 import Client

from app import keys
from app.parley import open_parley
from app.settings import read_settings
from cli.demo_server import KEY_NOTE
from tests.cli.conftest import LONGEST_RUN, PROGRAM, Shell

CURL = re.compile(r"^  (curl .*)$", re.MULTILINE)
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
LAST = "It answers until"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    home = tmp_path_factory.mktemp("demo")
    return Shell(f"sqlite:///{home / 'my own.db'}", home)


def database(shell: Shell) -> str:
    return f"sqlite:///{shell.home / 'data' / 'parley' / 'demo' / 'parley.db'}"


@contextmanager
def running(shell: Shell) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo whose input stays open, and all that it printed."""
    with subprocess.Popen(
        [PROGRAM, "demo"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=shell.variables(),
        cwd=shell.home,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, said_by(process.stdout)
        finally:
            process.kill()


def said_by(stream: IO[str]) -> str:
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if line.startswith(LAST):
            break
    return "".join(lines)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_curl_lines_it_prints_work_as_printed(shell: Shell) -> None:
    with running(shell) as (process, said):
        lines = CURL.findall(said)
        assert len(lines) == 2
        answers = [
            json.loads(
                subprocess.run(
                    ["bash", "-c", line], capture_output=True, check=True, timeout=LONGEST_RUN
                ).stdout
            )
            for line in lines
        ]
        process.communicate(timeout=LONGEST_RUN)
        assert process.returncode == 0
    assert answers[0]["question"]["as_of"].startswith("2025-09-11")
    assert answers[1]["dry_run"] is True
    assert answers[1]["changes"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_told_to_stop_and_its_key_ends_with_it(
    shell: Shell, stop: signal.Signals
) -> None:
    with running(shell) as (process, said):
        address = ADDRESS.search(said)
        assert address is not None
        with Client(base_url=address[0]) as client:
            assert client.get("/readyz").status_code == 200
        process.send_signal(stop)
        _, remarks = process.communicate(timeout=LONGEST_RUN)
        assert (process.returncode, remarks) == (0, "")
    with open_parley(read_settings(database_url=database(shell))) as parley:
        made = [key for key in keys.keys(parley) if key.note == KEY_NOTE]
    assert made
    assert all(key.revoked_at is not None for key in made)


def test_it_takes_another_port_where_its_own_is_taken(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = shell.with_environment(PARLEY_PORT=str(port))("demo")
    address = ADDRESS.search(done.out)
    assert done.code == 0
    assert address is not None
    assert not address[0].endswith(f":{port}")


def test_it_ends_by_itself_where_there_is_no_input(shell: Shell, tmp_path: Path) -> None:
    for redirected in ("< /dev/null", "<&-"):
        done = subprocess.run(
            ["bash", "-c", f'exec "$0" demo {redirected}', PROGRAM],
            capture_output=True,
            encoding="utf-8",
            env=shell.variables(),
            cwd=tmp_path,
            timeout=LONGEST_RUN,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert LAST in done.stdout
