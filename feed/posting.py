"""One POST to an address that somebody else chose: nowhere private, nowhere else, not for ever.

The name is resolved here, each address is looked at, and the connection goes to the
address that was looked at: a name that points elsewhere a moment later (DNS
rebinding) gains nothing. Redirects are not followed; they are failures.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTP_PORT, HTTPS_PORT, HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from feed.limits import ANSWER_TIME, LONGEST_WAIT

Outcome: TypeAlias = Literal[
    "taken", "refused", "redirected", "gone", "unreachable", "silent", "forbidden", "untrusted"
]
TAKEN: Final = "taken"
REFUSED: Final = "refused"
REDIRECTED: Final = "redirected"
GONE: Final = "gone"
UNREACHABLE: Final = "unreachable"
SILENT: Final = "silent"
FORBIDDEN: Final = "forbidden"
UNTRUSTED: Final = "untrusted"
OUTCOMES: dict[Outcome, str] = {
    TAKEN: "the receiver answered 2xx",
    REFUSED: "it answered with another status",
    REDIRECTED: "it answered 3xx, which is not followed",
    GONE: "it answered 410: it wants no more",
    UNREACHABLE: "its name is not known, or nobody answers there",
    SILENT: "it did not answer in its time, or not as HTTP has it",
    FORBIDDEN: "its name leads to a private address",
    UNTRUSTED: "its certificate is not trusted",
}
"""What can become of an attempt."""
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_RESERVED = tuple(
    map(
        ipaddress.ip_network,
        # Of protocols, the relays to version 6 (RFC 7526), examples (RFC 9637), and the host of
        # every machine at one provider. Not every Python that there is refuses all of these.
        ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""Of version 6, all that was ever given out (RFC 4291, 2.4); the rest is of some place or none."""
_SUCCESS, _REDIRECTION, _ERROR = 200, 300, 400


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of it; `retry_after` is in seconds, as the receiver said."""

    outcome: Outcome
    status: int | None = None
    retry_after: float = 0.0


class _ForbiddenError(OSError):
    """A name leads only to where nothing is to be sent."""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private: bool = False,
    patience: float = ANSWER_TIME,
) -> Posted:
    """Send it, and wait at most so many seconds for the answer; what it says is not read.

    With `private` it may go to this machine and its network as well.
    """
    try:
        connection = _Connection(url, patience, private=private)
    except HTTPException:
        # No name has such a host.
        return Posted(UNREACHABLE)
    # Each step has its time, and all together: one may send its answer byte by byte.
    end = Timer(patience, connection.cut)
    end.daemon = True
    end.start()
    try:
        where = urlsplit(url)
        path = where.path or "/"
        target = f"{path}?{where.query}" if where.query else path
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        if connection.was_cut:
            # What had come by then looks like an answer that ends early.
            return Posted(SILENT)
        return _told(answer.status, answer.headers.get("Retry-After", ""))
    except _ForbiddenError:
        return Posted(FORBIDDEN)
    except ssl.SSLCertVerificationError:
        return Posted(UNTRUSTED)
    except (TimeoutError, HTTPException):
        return Posted(SILENT)
    except (OSError, ValueError):
        # A name may also be one that cannot be encoded.
        return Posted(SILENT if connection.was_cut else UNREACHABLE)
    finally:
        end.cancel()
        connection.close()


def is_public(address: Address) -> bool:
    """Whether it belongs to nobody in particular: not private, loopback, link-local or reserved."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if any(address in each for each in _RESERVED):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address in _UNICAST and address.is_global
    return address.is_global and not address.is_multicast


class _Answer(HTTPResponse):
    """An answer: what only says that it will come is passed over (RFC 9110, 15.2)."""

    def begin(self) -> None:
        """Read the head of it."""
        super().begin()
        while self.status < _SUCCESS:
            # By this the library knows that there is a head to be read.
            self.headers = None  # type: ignore[assignment]
            super().begin()


class _Connection(HTTPConnection):
    """A connection to an address that was looked at, which can be cut from another thread."""

    response_class = _Answer

    def __init__(self, url: str, patience: float, *, private: bool) -> None:
        where = urlsplit(url)
        self._is_secure = where.scheme == "https"
        # Whoever hosts several names looks for the name alone, where the port goes without saying.
        self.default_port = HTTPS_PORT if self._is_secure else HTTP_PORT
        port = where.port or self.default_port
        super().__init__(where.hostname or "", port, timeout=patience)
        self._private = private
        self._raw: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        """Connect to the first address of the name that may be connected to."""
        self.sock = self._reach()
        if self._is_secure:
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)
            self._raw = self.sock
        # While TLS took the socket over, there was none that could be cut.
        self._check()

    def cut(self) -> None:
        """End it, whatever it is doing, or before it begins to."""
        self.was_cut = True
        if self._raw is not None:
            try:
                # Below TLS, whose own forgets first that anything was to be encrypted.
                socket.socket.shutdown(self._raw, socket.SHUT_RDWR)
            except OSError:
                # It has ended by itself, or is not connected yet.
                return

    def _check(self) -> None:
        if self.was_cut:
            raise TimeoutError

    def _reach(self) -> socket.socket:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        allowed = [each for each in found if self._private or _is_allowed(str(each[4][0]))]
        if not allowed:
            raise _ForbiddenError
        failed: OSError | None = None
        for family, kind, protocol, _, address in allowed:
            raw = socket.socket(family, kind, protocol)
            raw.settimeout(self.timeout)
            self._raw = raw
            try:
                # A name may have any number of addresses, and its look-up takes what it takes.
                self._check()
                raw.connect(address)
            except OSError as error:
                raw.close()
                self._check()
                failed = error
            else:
                return raw
        raise failed or _ForbiddenError()


def _is_allowed(address: str) -> bool:
    return is_public(ipaddress.ip_address(address.partition("%")[0]))


def _inner(address: Address) -> Address | None:
    """The address of version 4 that one of version 6 stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


@cache
def _tls() -> ssl.SSLContext:
    """What the system trusts."""
    return ssl.create_default_context()


def _told(status: int, retry_after: str) -> Posted:
    if _SUCCESS <= status < _REDIRECTION:
        return Posted(TAKEN, status)
    if status == HTTPStatus.GONE:
        return Posted(GONE, status)
    if _REDIRECTION <= status < _ERROR:
        return Posted(REDIRECTED, status)
    wait = float(retry_after) if retry_after.isdecimal() and retry_after.isascii() else 0.0
    return Posted(REFUSED, status, min(wait, LONGEST_WAIT))
