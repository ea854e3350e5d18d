"""The `parley` command as people run it: a process of its own on a database of its own."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from app.imports import import_case
from app.parley import open_parley
from app.settings import read_settings
from cli.main import run
from ledger.database import connect
from ledger.reading import Reader
from ledger.schema import upgrade

SAMPLE = "ukraine-security-guarantees"
PROGRAM = Path(sys.executable).with_name("parley")
LONGEST_RUN = 60
"""Seconds; a command that takes longer hangs."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed.
        """What it printed, as JSON."""
        return json.loads(self.out)


class _Stream(io.TextIOWrapper):
    """A standard stream that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.seek(0)
        return self.read()


@dataclass(frozen=True)
class Shell:
    """Runs `parley` with an environment of its own, on the database at `url`."""

    url: str
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *args: str | Path, stdin: str = "") -> Done:
        run = subprocess.run(
            [PROGRAM, *args],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env=self.variables(),
            cwd=self.home,
            timeout=LONGEST_RUN,
            check=False,
        )
        return Done(run.returncode, run.stdout, run.stderr)

    def inside(self, *args: str | Path, stdin: str | bytes = "", **variables: str) -> Done:
        """The same in this process, which is quicker; for what needs no process of its own."""
        streams = {name: _Stream() for name in ("stdout", "stderr")}
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        given = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("PARLEY_")]:
                patch.delenv(name)
            environment = {**self.variables(), "COLUMNS": "80", **variables}
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", given)
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            code = run([str(arg) for arg in args])
        out, err = (stream.text() for stream in streams.values())
        return Done(code, out, err)

    def variables(self) -> dict[str, str]:
        """The environment: nothing of the caller's that could change an answer."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "PARLEY_DATABASE_URL": self.url,
            # A warning in the product is as much of an error here as in the other tests.
            "PYTHONWARNINGS": "error",
            **self.environment,
        }

    def with_environment(self, **variables: str) -> Shell:
        return replace(self, environment={**self.environment, **variables})

    def on(self, url: str) -> Shell:
        return replace(self, url=url)

    def size(self) -> int:
        """How many entries the log holds, asked of the database itself."""
        engine = connect(self.url)
        try:
            return Reader(engine).head().size
        finally:
            engine.dispose()


def load_sample(url: str) -> None:
    with open_parley(read_settings(database_url=url)) as parley:
        import_case(parley, SAMPLE)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite log with the sample case in it, to be copied."""
    path = tmp_path_factory.mktemp("sample") / "parley.db"
    upgrade(f"sqlite:///{path}")
    load_sample(f"sqlite:///{path}")
    return path


@pytest.fixture
def shell(tmp_path: Path, sample: Path) -> Shell:
    """A shell on a SQLite log that holds the sample case."""
    path = shutil.copy(sample, tmp_path / "parley.db")
    return Shell(f"sqlite:///{path}", tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Shell:
    """A shell on a SQLite log that has its tables and nothing in them."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    upgrade(url)
    return Shell(url, tmp_path)
