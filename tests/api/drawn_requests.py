"""Requests as nobody in their right mind sends them: bodies, headers, dates, cursors, encodings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.api.conftest import CASE
from tests.domain.samples import every_kind

Json: TypeAlias = Any
Headers: TypeAlias = dict[str, bytes]

ODD_TEXTS = (
    *("", " ", "\x00", "a\x00b", "\ud800", "\ufdd0", "e\u0301", "\u202e", "\x1b[2J", "٢٠٢٥"),
    *("'; DROP TABLE events; --", "$sealed", "${jndi:x}", "../../etc/passwd", "%00", "x" * 9_000),
    *("true", "null", "NaN", "1e999", "-1", "0", "2025", "log", "commons", "@1"),
)
ODD_NUMBERS = (0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**40, -(10**40), 0.1, 1e308, -0.0)
ODD_DATES = (
    *("2025", "2025-02-30", "2025-13", "2025-00-00", "0000", "0000-01-01", "9999-12-31"),
    *("-0001", "10000-01-01", "Y170000002", "2025-W01", "2025-001", "20250101", "2025-21"),
    *("2025-01-01T24:00Z", "2025-01-01T00:00", "2025-01-01T00:00:60Z", "2025-01-01T00:00+99:99"),
    *("2025-01-01T00:00:00.9999999999Z", "9999-12-31T23:59-23:59", "0001-01-01T00:00+23:59"),
    *("2025-01-01/2024-01-01", "../..", "[..2025]", "[2025,2024]", "{2025,2026}", "2025?~%"),
    *("@0", "@1", "@9999999999999999", "1", "87", "00000001", "+1", "1.0", "1e3", " 1 ", "0x1"),
    *("Thu, 04 Sep 2025 12:00:00 GMT", "now", "today", "Infinity", "٢٠٢٥-٠١-٠١", "2025\u201301"),
)
ODD_HEADERS = (
    *(b"", b"*", b'"1"', b"1", b'W/"1"', b'"1", "2"', b'"99999999999999999999"', b"\xff"),
    *(b"*/*", b"text/html", b"application/json;q=0", b"application/*;q=1.5,;;,q=", b"a" * 4_000),
    *(b"gzip", b"br", b"identity", b"identity, gzip", b"deflate;q=0", b"Bearer", b"Bearer x"),
    *(b"application/json; charset=utf-16", b"application/json; charset=utf-8; boundary=x"),
    *(b"multipart/form-data; boundary=x", b"Thu, 04 Sep 2025 12:00:00 GMT", b"bytes=0-1", b"'--"),
)
HEADERS = (
    *("Accept", "Accept-Encoding", "Accept-Datetime", "Authorization", "Content-Encoding"),
    *("Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "If-Modified-Since"),
    *("Origin", "Range", "X-Request-ID", "X-HTTP-Method-Override", "Forwarded", "Expect-CT"),
)
SECTIONS = ("pledges", "attacks", "statements", "positions", "actors", "sources", "nothing")
CLOCKS = ("as_of", "known_at", "published_by")
LIMITED = ("after", "limit")
READS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/v1/negotiations", CLOCKS),
    (f"/v1/negotiations/{CASE}/framework", (*CLOCKS, "certainty", "rules")),
    (f"/v1/negotiations/{CASE}/totals", CLOCKS),
    (f"/v1/negotiations/{CASE}/timemap", ("known_at", "published_by", "rules")),
    (f"/v1/negotiations/{CASE}/diff", ("from", "to", "known_from", "known_to", "published_by")),
    ("/v1/events", ("from", "to", "since", "known_at", "before", "order", *LIMITED)),
    ("/v1/events.jsonl", ("from", "to", "since", "known_at", "kind", "thing", "slug", "actor")),
    ("/v1/search", ("q", *CLOCKS, *LIMITED)),
    ("/v1/version", ("wait_for",)),
)

texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=12)
dates = (
    st.sampled_from(ODD_DATES)
    | st.from_regex(r"[0-9]{1,5}(-[0-9]{2}){0,2}(T[0-9]{2}:[0-9]{2}Z?)?[?~%]?", fullmatch=True)
    | st.text("0123456789-:TZ/.[]{}?~%@+ ", max_size=24)
)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS) | st.integers() | texts | dates,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
header_values = st.sampled_from(ODD_HEADERS) | st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20
).map(lambda text: text.strip().encode("latin-1"))
headers = st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=3)


@cache
def recorded_bodies() -> tuple[Json, ...]:
    """The bodies of the case in which every kind occurs, as its import recorded them."""
    bodies = (entry.event.body() for entry in every_kind.recorded())
    return tuple({n: v for n, v in body.items() if n != "id"} for body in bodies)


def _paths(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(each for key, member in inner for each in _paths(member, (*path, key)))]


def _set(new: Json, holder: Json, key: Json) -> None:
    holder[key] = new


def _drop(holder: Json, key: Json) -> None:
    del holder[key]


def _put(value: Json, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> None:
    for key in path[:-1]:
        value = value[key]
    change(value, path[-1])


@st.composite
def bodies(draw: st.DrawFn) -> Json:
    """A body that was once taken, with something of it changed, or none at all."""
    body = json.loads(json.dumps(draw(st.sampled_from(recorded_bodies()))))
    if "slug" in body and draw(st.booleans()):
        body["slug"] = draw(st.from_regex(r"x-[a-z0-9]{1,8}", fullmatch=True))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(_paths(body)))
        if not path:
            return draw(values)
        new = draw(dates if path[-1] in {"occurred", "due", "published"} else values)
        if draw(st.integers(0, 4)):
            _put(body, path, partial(_set, new))
        else:
            _put(body, path, _drop)
    if draw(st.booleans()):
        body[draw(texts)] = draw(values)
    return draw(st.sampled_from((body, body, body, [body], [body, draw(values)], {"x": body})))


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """The bytes of a body, most of them JSON in UTF-8."""
    text = json.dumps(draw(bodies()), ensure_ascii=draw(st.booleans()))
    plain = text.encode("utf-8", "surrogatepass")
    ways: tuple[Callable[[], bytes], ...] = (
        *[lambda: plain] * 6,
        lambda: b"\xef\xbb\xbf" + plain,
        lambda: text.encode("utf-16", "surrogatepass"),
        lambda: text.encode("latin-1", "replace"),
        lambda: gzip.compress(plain, mtime=0),
        lambda: plain[: draw(st.integers(0, len(plain)))],
        lambda: plain.replace(b'"', draw(st.sampled_from((b"'", b'"\\u0000', b'""'))), 1),
        lambda: plain + draw(st.binary(min_size=1, max_size=4)),
        lambda: draw(st.binary(max_size=40)),
    )
    return draw(st.sampled_from(ways))()


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """An address that is read, and parameters for it."""
    address, names = draw(st.sampled_from(READS))
    if draw(st.integers(0, 3)) == 0:
        section, slug = draw(st.sampled_from(SECTIONS)), draw(st.sampled_from(("", "/force-26")))
        address, names = f"/v1/negotiations/{CASE}/{section}{slug}", CLOCKS
    chosen = draw(st.lists(st.sampled_from((*names, "unknown")), max_size=4))
    # What no URL can be made of is left to the test of bytes.
    spelled = dates | texts.map(lambda text: text.encode("utf-8", "replace").decode())
    return address, [(name, draw(spelled)) for name in chosen]
