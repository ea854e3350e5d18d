"""A POST goes to the address that was looked at, and to no private one."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest

from feed import posting
from feed.limits import LONGEST_WAIT
from feed.posting import OUTCOMES, Outcome, is_public, post
from tests.feed.receivers import HANG, NAME, PATIENCE, Plain, receiving

PRIVATE = [
    # Nothing is bound to any of these here.
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
    *("192.88.99.1", "192.0.0.8", "192.0.0.192", "168.63.129.16", "3fff::1"),
    *("::1", "::", "fe80::1", "fc00::1", "fec0::2", "ff02::1", "2001:db8::1"),
    # Of version 6, and standing for one of version 4.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1"),
    *("::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::a00:1", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
BODY = b"{}"


@pytest.mark.parametrize("address", PRIVATE)
def test_what_belongs_to_somebody_in_particular_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_belongs_to_nobody_in_particular_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names lead to these addresses, another answer each time; gives what was asked."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nothing_is_sent_to_this_machine_by_default(host: str) -> None:
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", host)
        assert post(url, BODY, {}).outcome == "forbidden"
        assert receiver.count == 0
        assert post(receiver.url, BODY, {}, private=True).outcome == "taken"


def test_a_name_that_leads_to_a_private_address_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        resolving(monkeypatch, ["127.0.0.1"])
        url = receiver.url.replace("127.0.0.1", "innocent.example.org")
        assert post(url, BODY, {}).outcome == "forbidden"
        assert receiver.count == 0


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A public address when it is looked at, a private one a moment later (DNS rebinding)."""
    connected: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the library has it.
        del self
        connected.append(address[0])
        raise ConnectionRefusedError

    asked = resolving(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    monkeypatch.setattr(socket.socket, "connect", connect)
    assert post("http://rebound.example.org/", BODY, {}).outcome == "unreachable"
    assert (asked, connected) == (["rebound.example.org"], ["1.1.1.1"])


def test_of_several_addresses_the_private_ones_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the library has it.
        del self
        connected.append(address[0])
        raise ConnectionRefusedError

    resolving(monkeypatch, ["10.0.0.1", "1.1.1.1", "127.0.0.1"])
    monkeypatch.setattr(socket.socket, "connect", connect)
    assert post("http://both.example.org/", BODY, {}).outcome == "unreachable"
    assert connected == ["1.1.1.1"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "taken"), (204, "taken"), (301, "redirected"), (410, "gone"), (503, "refused")],
)
def test_the_answer_says_what_became_of_it(status: int, outcome: str) -> None:
    with receiving(lambda _: status) as receiver:
        receiver.headers["Location"] = receiver.url
        posted = post(receiver.url, BODY, {}, private=True)
        assert (posted.outcome, posted.status) == (outcome, status)
        assert receiver.count == 1


def test_what_only_says_that_an_answer_will_come_is_none() -> None:
    with receiving(lambda _: 204) as receiver:
        receiver.hints = True
        posted = post(receiver.url, BODY, {}, private=True)
        assert (posted.outcome, posted.status, receiver.count) == ("taken", 204, 1)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("99999", LONGEST_WAIT),
        ("-1", 0.0),
        ("²", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_when_to_come_back_is_what_the_receiver_says_within_reason(
    said: str, seconds: float
) -> None:
    with receiving(lambda _: 503) as receiver:
        receiver.headers["Retry-After"] = said
        assert post(receiver.url, BODY, {}, private=True).retry_after == seconds


def test_one_that_says_nothing_is_left() -> None:
    with receiving(lambda _: HANG) as receiver:
        assert post(receiver.url, BODY, {}, private=True, patience=0.2).outcome == "silent"


@contextmanager
def answering(*parts: bytes, sent: list[bytes] | None = None) -> Iterator[str]:
    """A server that sends these bytes, a few times a second, whatever it is asked.

    `sent` takes what it was rid of before the client had gone.
    """
    with socket.create_server(("127.0.0.1", 0)) as bound:
        over = threading.Event()

        def serve() -> None:
            raw, _ = bound.accept()
            with raw:
                for part in parts:
                    if over.wait(0.05):
                        return
                    try:
                        raw.sendall(part)
                    except OSError:
                        return
                    if sent is not None:
                        sent.append(part)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"
        over.set()
        thread.join()


def test_one_that_answers_byte_by_byte_is_left_after_its_time() -> None:
    with answering(*[b"HTTP/1.1 200 OK\r\n", *[b"X"] * 1_000]) as url:
        assert post(url, BODY, {}, private=True, patience=0.3).outcome == "silent"


def test_one_that_dawdles_before_it_is_encrypted_is_left_after_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow:
        """In the place of TLS, which leaves the socket it is given before it shakes hands."""

        def wrap_socket(self, raw: socket.socket, server_hostname: str) -> socket.socket:
            assert server_hostname == "127.0.0.1"
            patience = raw.gettimeout()
            wrapped = socket.socket(fileno=raw.detach())
            wrapped.settimeout(patience)
            time.sleep(0.5)
            return wrapped

    monkeypatch.setattr(posting, "_tls", Slow)
    parts, sent = [b"HTTP/1.1 200 OK\r\n", *[b"X"] * 1_000], list[bytes]()
    with answering(*parts, sent=sent) as url:
        secure = url.replace("http:", "https:")
        assert post(secure, BODY, {}, private=True, patience=0.2).outcome == "silent"
        assert len(sent) < len(parts)


def test_a_name_with_many_addresses_has_no_more_time_than_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the library has it.
        tried.append(address[0])
        time.sleep(2 * (self.gettimeout() or 0))
        raise TimeoutError

    resolving(monkeypatch, [f"1.1.1.{number}" for number in range(1, 6)])
    monkeypatch.setattr(socket.socket, "connect", connect)
    url = "http://far.example.org/"
    assert post(url, BODY, {}, patience=0.2).outcome == "silent"
    assert len(tried) < 5


def test_whoever_is_cut_while_connecting_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step by itself would wait for longer: the time is that of all of them."""
    woken = threading.Event()

    def connect(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as the library has it.
        del self, address
        if not woken.wait(PATIENCE):
            pytest.fail("nobody has cut it")
        raise ConnectionResetError

    def shutdown(self: socket.socket, how: int) -> None:
        del self, how
        woken.set()

    resolving(monkeypatch, ["1.1.1.1"])
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "shutdown", shutdown)
    assert post("http://far.example.org/", BODY, {}, patience=0.2).outcome == "silent"


def test_what_can_become_of_an_attempt_is_said_of_all_of_it() -> None:
    assert set(OUTCOMES) == set(get_args(Outcome))


def test_one_that_does_not_speak_http_is_no_success() -> None:
    with answering(b"220 mail.example.org ESMTP\r\n") as url:
        assert post(url, BODY, {}, private=True).outcome == "silent"


def test_nobody_there_is_told_from_a_refusal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/", BODY, {}, private=True).outcome == "unreachable"
    assert post("http://no host/", BODY, {}, private=True).outcome == "unreachable"


def test_a_port_that_goes_without_saying_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        where = urlsplit(receiver.url)
        found = (socket.AF_INET, socket.SOCK_STREAM, 0, "", (where.hostname, where.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [found])
        monkeypatch.setattr(posting, "_tls", Plain)
        assert post(f"https://{NAME}/", BODY, {}, private=True).outcome == "taken"
        assert receiver.take(1)[0].headers["host"] == NAME
