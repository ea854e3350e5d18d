"""A log as it is served, under the paths of an export and below one URL (tlog-tiles).

The only file of this room that knows a network: it asks for what it is told to read,
and believes nothing. A redirect is refused, since whoever may redirect could lead to
another log, or take the key that is shown; so is http, but to this machine itself.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import SplitResult, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from audit.deadline import within
from audit.source import PAST_CHECKPOINTS, Folder, Source, SourceError

API_KEY = "PARLEY_API_KEY"
"""The variable with a key for a server that asks for one; an argument could be seen by all."""
TIMEOUT = 30.0  # Seconds without a byte, after which nobody is believed to be there.
LONGEST = 300.0  # Seconds for one file, headers and all: a bundle has at most 16 MB.
AT_ONCE = 4  # Files asked for at a time: enough to hide the way there, and no burden.
TRIES = 8  # Of a file that a server puts off; each time as long as it asks for.
LONGEST_WAIT = 60  # Seconds that a server may ask us to wait.
LISTED_AT_ONCE = 1_000
MOST_LISTED = 1_000_000  # Past checkpoints: one every fifteen seconds for half a year.
MAX_LIST = 10_000_000  # Bytes of a page of past checkpoints, notes and all.

_PIECE = 65_536
_AT_MOST = 2_000  # Bytes of a refusal that are read for its reason.
_GONE = frozenset({404, 410})
_LATER = frozenset({429, 503})
_HEADER = re.compile(r"[\x20-\x7e]+")


class UrlError(ValueError):
    """An address, or a header, that nothing is asked for at."""


class _RedirectedError(SourceError):
    """What is asked for is said to be elsewhere."""


class Served:
    """A log below a URL, such as `https://parley.example.org/v1/log`; close it after use."""

    is_export = False

    def __init__(self, url: str, *, authorization: str | None = None) -> None:
        """Read below this URL, with this `Authorization` header; raises UrlError."""
        where = _checked(url)
        self._base = f"{where.geturl().rstrip('/')}/"
        # A cache on the way may hold what a log held before it was opened anew.
        self._headers = {"User-Agent": "parley-verify", "Cache-Control": "no-cache"}
        if authorization is not None:
            if not _HEADER.fullmatch(authorization):
                raise UrlError("an Authorization header is one line of ASCII")
            self._headers["Authorization"] = authorization
        self._opener = _opener(direct=_is_here(where))
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="parley-verify")
        self._next: Iterator[tuple[str, int]] = iter(())
        self._asked: dict[str, Future[bytes | None]] = {}

    def __enter__(self) -> Self:
        """Read until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ask for nothing any more."""
        self._next = iter(())
        self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes below a path, at most one more than `limit`; None where it is not found."""
        asked = self._asked.pop(path, None)
        self._ask_ahead()
        return self._get(path, limit) if asked is None else asked.result()

    def list(self, folder: str = "") -> Iterator[str]:
        """The paths of past checkpoints; a server lists nothing else."""
        if folder != PAST_CHECKPOINTS:
            return
        after, listed = 0, 0
        while listed <= MOST_LISTED:
            query = f"{PAST_CHECKPOINTS}?after={after}&limit={LISTED_AT_ONCE}"
            try:
                page = self._get(query, MAX_LIST)
            except _RedirectedError:
                # A server of files has a folder there, of which it knows no pages.
                return
            sizes = [size for size in _sizes_in(page) if size > after]
            if not sizes:
                return
            yield from (f"{PAST_CHECKPOINTS}/{size}" for size in sorted(set(sizes)))
            after, listed = max(sizes), listed + len(sizes)
        raise SourceError(PAST_CHECKPOINTS, f"more than {MOST_LISTED} are listed")

    def expect(self, files: Iterable[tuple[str, int]]) -> None:
        """Ask for a few of these files before they are read."""
        self._next = iter(files)
        self._ask_ahead()

    def _ask_ahead(self) -> None:
        while len(self._asked) < AT_ONCE and (file := next(self._next, None)) is not None:
            self._asked[file[0]] = self._pool.submit(self._get, *file)

    def _get(self, path: str, limit: int) -> bytes | None:
        url = self._base + path
        request = Request(url, headers=self._headers)  # noqa: S310 - the scheme was looked at.
        for _ in range(TRIES):
            try:
                # Headers and refusals can be drawn out as well as the file itself.
                found = within(LONGEST, lambda: self._try(request, path, limit))
            except SourceError:
                raise
            except TimeoutError:
                raise SourceError(path, _late()) from None
            except Exception as fault:
                # The library has errors of many families for what a server can do wrong.
                reason = getattr(fault, "reason", None) or fault
                raise SourceError(path, f"it cannot be had: {reason!s:.160}") from fault
            if not isinstance(found, int):
                return found
            time.sleep(found)
        raise SourceError(path, "the server puts it off again and again")

    def _try(self, request: Request, path: str, limit: int) -> bytes | int | None:
        """The file, None where it is not found, or after how many seconds to ask again."""
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return _read(answer, path, limit)
        except HTTPError as refusal:
            with refusal:
                if refusal.code in _GONE:
                    return None
                wait = _wait_of(refusal)
                if wait is None:
                    raise _refused(path, refusal) from None
                return wait


@contextmanager
def opened(where: str, key: str | None = None) -> Iterator[Source]:
    """The export or the log that somebody names: a folder, or a URL; raises UrlError.

    A server is shown `key` as a bearer token (RFC 6750).
    """
    if not is_url(where):
        yield Folder(Path(where))
        return
    with Served(where, authorization=f"Bearer {key}" if key else None) as source:
        yield source


def is_url(where: str) -> bool:
    """Whether somebody means a URL and not a folder."""
    return "://" in where


def _checked(url: str) -> SplitResult:
    try:
        where = urlsplit(url)
        # A port that is no number is refused when it is looked at.
        named = bool(where.hostname) and where.port != 0
    except ValueError as fault:
        raise UrlError(f"{url!a:.160} is no URL: {fault}") from None
    if not named or where.query or where.fragment or where.username is not None:
        raise UrlError("a URL names a host and a path, and neither a user nor a query")
    if where.scheme != "https" and not (where.scheme == "http" and _is_here(where)):
        raise UrlError("a URL begins with https, or names this machine (http://127.0.0.1:8710/…)")
    return where


def _is_here(where: SplitResult) -> bool:
    """Whether it is this machine itself, to which nothing goes over a network."""
    if where.hostname == "localhost":
        return True
    try:
        return ip_address(where.hostname or "").is_loopback
    except ValueError:
        return False


def _opener(*, direct: bool) -> OpenerDirector:
    """What asks: without the handler of redirects, so that one is refused as it is."""
    opener = OpenerDirector()
    proxies = ProxyHandler({}) if direct else ProxyHandler()
    for handler in (
        *(proxies, HTTPHandler(), HTTPSHandler()),
        *(HTTPErrorProcessor(), HTTPDefaultErrorHandler()),
    ):
        opener.add_handler(handler)
    return opener


def _read(answer: Any, path: str, limit: int) -> bytes:  # noqa: ANN401 - the library says no more.
    end = time.monotonic() + LONGEST
    data = bytearray()
    while len(data) <= limit:
        piece = answer.read1(min(_PIECE, limit + 1 - len(data)))
        if not piece:
            break
        data += piece
        if time.monotonic() > end:
            raise SourceError(path, _late())
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and len(data) < min(int(length), limit + 1):
        raise SourceError(path, f"it broke off after {len(data)} of {length} bytes")
    return bytes(data)


def _late() -> str:
    return f"it did not come within {LONGEST:.0f} seconds"


def _wait_of(refusal: HTTPError) -> int | None:
    """Seconds after which to ask again; None where there is no use in it."""
    after = refusal.headers.get("Retry-After", "")
    if refusal.code not in _LATER or not after.isdecimal() or int(after) > LONGEST_WAIT:
        return None
    return int(after)


def _refused(path: str, refusal: HTTPError) -> SourceError:
    """What the server said, as far as it can be shown."""
    if 300 <= refusal.code < 400:  # noqa: PLR2004 — redirection, RFC 9110 §15.4
        told = (
            f"a redirect ({refusal.code}) is not followed; give the URL it leads to, if you know it"
        )
        return _RedirectedError(path, told)
    try:
        told = json.loads(refusal.read(_AT_MOST))["detail"]
    except (OSError, ValueError, LookupError, TypeError):
        told = refusal.reason
    said = str(told).encode("ascii", "replace").decode()
    return SourceError(path, f"the server refuses it ({refusal.code}): {said:.300}")


def _sizes_in(data: bytes | None) -> list[int]:
    """The sizes in a page of past checkpoints; none in what is no such page."""
    try:
        found = json.loads(data or b"{}")
        listed = found["checkpoints"] if isinstance(found, dict) else []
        sizes = [each["size"] for each in listed]
    except (ValueError, LookupError, TypeError, RecursionError):
        return []
    return [size for size in sizes if type(size) is int]
