"""The tests themselves stay on this machine."""

from __future__ import annotations

import socket

import pytest

# RFC 5737 sets this address aside for examples, so nothing would answer anyway.
ELSEWHERE = ("192.0.2.1", 80)


def test_a_test_cannot_connect_to_another_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outgoing,
        pytest.raises(RuntimeError, match="tests use loopback only"),
    ):
        outgoing.connect(ELSEWHERE)


def test_a_test_cannot_look_up_a_name() -> None:
    with pytest.raises(RuntimeError, match="tests use loopback only"):
        socket.create_connection(("parley.invalid", 80))


def test_a_test_can_talk_to_its_own_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()
