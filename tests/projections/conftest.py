"""Fresh logs, as many as a test asks for: a drawn history needs one of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.databases import BOTH, TEMPLATE, Server, other_database

__all__ = ["other_database"]

NewLog: TypeAlias = Callable[[], AbstractContextManager[str]]
"""The URL of a fresh log, which goes when the block ends."""


@pytest.fixture
def new_file(migrated_file: Path, tmp_path: Path) -> NewLog:
    """Fresh SQLite logs."""
    numbers = count(1)

    @contextmanager
    def make() -> Iterator[str]:
        path = tmp_path / f"drawn-{next(numbers)}.db"
        shutil.copy(migrated_file, path)
        yield f"sqlite:///{path}"
        for left in tmp_path.glob(f"{path.name}*"):
            left.unlink()

    return make


@pytest.fixture
def new_base(server: Server) -> NewLog:
    """Fresh PostgreSQL logs."""

    @contextmanager
    def make() -> Iterator[str]:
        url = server.make(TEMPLATE)
        yield url
        server.drop(url)

    return make


@pytest.fixture(params=BOTH)
def new_log(request: pytest.FixtureRequest) -> NewLog:
    """Fresh logs, once on each database."""
    name = "new_file" if request.param == "sqlite" else "new_base"
    made: NewLog = request.getfixturevalue(name)
    return made
