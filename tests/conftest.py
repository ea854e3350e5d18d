"""What every test lives with: no network but this machine's, and Hypothesis profiles."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import (
    database,
    empty_database,
    ledger,
    migrated_file,
    postgres_database,
    server,
    sqlite_database,
)

__all__ = (
    "database",
    "empty_database",
    "ledger",
    "migrated_file",
    "postgres_database",
    "server",
    "sqlite_database",
)

BENCH = Path(__file__).parent / "bench"

Address: TypeAlias = tuple[Any, ...] | str | bytes
Host: TypeAlias = str | bytes | None
P = ParamSpec("P")
R = TypeVar("R")

# Two shared cores make any deadline a matter of luck, and CI has to give the
# same answer twice; the long form goes on drawing where the short one stops.
settings.register_profile(
    "short", deadline=None, derandomize=bool({"CI", "DERANDOMIZE"} & os.environ.keys())
)
settings.register_profile(
    "long",
    deadline=None,
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("short")


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in tests/bench, so that a test run leaves it out."""
    for item in items:
        if item.path.is_relative_to(BENCH):
            item.add_marker(pytest.mark.bench)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Let sockets reach this machine (loopback, Unix sockets) and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


@pytest.fixture(scope="session", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep signing keys and guards of servers' logs out of the data of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


def _guarded(connect: Callable[[socket.socket, Address], R]) -> Callable[..., R]:
    def guarded(self: socket.socket, address: Address) -> R:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_unless_local(address[0])
        return connect(self, address)

    return guarded


def _guarded_lookup(
    lookup: Callable[Concatenate[Host, P], R],
) -> Callable[Concatenate[Host, P], R]:
    def guarded(host: Host, /, *args: P.args, **kwargs: P.kwargs) -> R:
        _refuse_unless_local(host)
        return lookup(host, *args, **kwargs)

    return guarded


def _refuse_unless_local(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return
    try:
        local = ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NetworkForbidden(f"{name} is not this machine; tests use loopback only")
