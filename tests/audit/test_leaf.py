"""A leaf has one spelling: RFC 8785, in the subset of wire.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from audit.leaf import (
    LEAF_VERSION,
    MAX_DEPTH,
    MAX_INTEGER,
    MAX_LEAF,
    LeafDraft,
    LeafError,
    LeafTooLarge,
    draft_leaf,
    format_canonical,
    format_recorded_at,
    parse_canonical,
    parse_recorded_at,
)

KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
NONCHARACTERS = [chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)]
TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=NONCHARACTERS), max_size=30
).map(lambda text: normalize("NFC", "".join(c for c in text if not "\ufdd0" <= c <= "\ufdef")))
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXTS, INTEGERS, st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)

ENVELOPE: dict[str, Any] = {
    "id": "0198f0c2-0000-7000-8000-000000000001",
    "stream": "ukraine/statement/z-1",
    "kind": "statement.made",
    "schema": 1,
    "recorded_by": "user:1",
}
KNOWN: dict[str, Any] = {
    "position": 12,
    "version": 3,
    "recorded_at": 1_757_030_399_000_001,
    "nonce": bytes(range(16)),
}


# --- the canonical form -------------------------------------------------------------


@given(VALUES)
@example({"b": 1, "a": [True, False, {}], "\u007e": '"\\/é\u2028😀\u00a0', "": -0})
def test_the_canonical_form_is_that_of_rfc8785(
    value: Any,  # noqa: ANN401 — rfc8785 has a recursive type of its own
) -> None:
    assert format_canonical(value) == rfc8785.dumps(value)


@given(OBJECTS)
def test_what_is_formatted_parses_back_to_itself(value: dict[str, Any]) -> None:
    data = format_canonical(value)
    assert parse_canonical(data) == value
    assert format_canonical(parse_canonical(data)) == data


def test_a_tuple_is_written_as_an_array() -> None:
    assert format_canonical({"a": (1, (2,))}) == b'{"a":[1,[2]]}'


@given(st.binary())
@example(b"")
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'{"a":' + b"9" * 10_000 + b"}")
@example(b"\xef\xbb\xbf{}")
@example(b"\xff")
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except LeafError:
        return
    assert format_canonical(value) == data


@given(OBJECTS, st.data())
def test_no_byte_of_a_leaf_can_be_changed_into_another_spelling(
    value: dict[str, Any], data: st.DataObject
) -> None:
    canonical = format_canonical(value)
    spaced = json.dumps(value, ensure_ascii=False).encode()
    escaped = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    cut = data.draw(st.integers(0, len(canonical) - 1))
    for other in (spaced, escaped, canonical[:cut], canonical[:cut] + b" " + canonical[cut:]):
        try:
            read = parse_canonical(other)
        except LeafError:
            continue
        # Only a space inside text reads at all, and then as another object.
        assert other == canonical or read != value


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":"\\u0061"}',
        b'{"a":"\\/"}',
        b'{"a":-0}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":null}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\n"}',
        b'{"a":"\x7f"}',
        b'{"a":"\\ud800"}',
        '{"a":"e\u0301"}'.encode(),
        '{"é":1}'.encode(),
        b'{"a":"\xed\xa0\x80"}',
        b"[]",
        b"1",
        b'"a"',
        b"null",
        b"{}{}",
    ],
)
def test_other_spellings_and_other_values_are_refused(data: bytes) -> None:
    with pytest.raises(LeafError):
        parse_canonical(data)


# --- what cannot stand in a leaf -----------------------------------------------------


class Name(str):
    """Text that could encode as something else."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "path", "rule"),
    [
        ({"a": None}, "$.a", "NoneType"),
        ({"a": 1.5}, "$.a", "float"),
        ({"a": {"b": [1, float("nan")]}}, "$.a.b[1]", "float"),
        ({"a": b"bytes"}, "$.a", "bytes"),
        ({"a": {1, 2}}, "$.a", "set"),
        ({"a": Name("text")}, "$.a", "Name"),
        ({"a": [{"b": MAX_INTEGER + 1}]}, "$.a[0].b", "2^53"),
        ({"a": -MAX_INTEGER - 1}, "$.a", "2^53"),
        ({"cite": [{}, {"chain": ["\x00"]}]}, "$.cite[1].chain[0]", "U+0000"),
        ({"a": "line\nline"}, "$.a", "U+000A"),
        ({"a": "\x7f"}, "$.a", "U+007F"),
        ({"a": "\u0085"}, "$.a", "U+0085"),
        ({"a": "\ud83d"}, "$.a", "U+D83D"),
        ({"a": "\ufdd0"}, "$.a", "U+FDD0"),
        ({"a": "\U0010ffff"}, "$.a", "U+10FFFF"),
        ({"a": "e\u0301"}, "$.a", "NFC"),
        ({"a": {"é": 1}}, "$.a", "keys are printable ASCII"),
        ({"a": {"b\n": 1}}, "$.a", "keys are printable ASCII"),
        ({"a": {1: 1}}, "$.a", "keys are printable ASCII"),
        (None, "$", "NoneType"),
    ],
)
def test_what_cannot_stand_in_a_leaf_is_refused_by_its_path(
    value: object, path: str, rule: str
) -> None:
    with pytest.raises(LeafError) as caught:
        format_canonical(value)
    assert str(caught.value).startswith(f"{path}: ")
    assert rule in caught.value.rule


@pytest.mark.parametrize("text", ["\u00a0", "\u00ad", "\u200d", "\u2028", "\ue000", "«так» – 😀"])
def test_text_that_is_odd_but_legal_stands_as_it_is(text: str) -> None:
    assert parse_canonical(format_canonical({"a": text})) == {"a": text}


def test_nesting_ends_at_a_depth_that_is_named_even_in_a_circle() -> None:
    nested: object = 1
    for _ in range(MAX_DEPTH):
        nested = [nested]
    assert format_canonical(nested) == b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH
    with pytest.raises(LeafError, match="nested more than 32 deep"):
        format_canonical([nested])
    circle: dict[str, object] = {}
    circle["a"] = circle
    with pytest.raises(LeafError, match="nested more than 32 deep"):
        format_canonical(circle)


# --- drafts, completed later ---------------------------------------------------------

OPTIONAL = st.fixed_dictionaries(
    {},
    optional={
        "cite": st.lists(OBJECTS, max_size=3),
        "occurred": TEXTS,
        "bounds": OBJECTS,
        "import_": OBJECTS,
        "request": TEXTS,
        "auth": TEXTS,
    },
)
REQUIRED = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "stream": TEXTS,
        "kind": TEXTS,
        "schema": st.integers(1, 9),
        "recorded_by": TEXTS,
        "data": OBJECTS,
    }
)
COMPLETION = st.fixed_dictionaries(
    {
        "position": st.integers(1, MAX_INTEGER),
        "version": st.integers(1, MAX_INTEGER),
        "recorded_at": st.integers(0, 2**52),
        "nonce": st.binary(min_size=16, max_size=16),
    }
)


@given(REQUIRED, OPTIONAL, COMPLETION)
def test_a_completed_draft_is_the_canonical_form_of_the_whole_leaf(
    required: dict[str, Any], optional: dict[str, Any], known: dict[str, Any]
) -> None:
    draft = draft_leaf(**required, **optional)
    leaf = draft.complete(**known)
    whole = required | optional | known | {"v": LEAF_VERSION}
    if "import_" in whole:
        whole["import"] = whole.pop("import_")
    whole["recorded_at"] = format_recorded_at(known["recorded_at"])
    whole["nonce"] = known["nonce"].hex()
    assert leaf == format_canonical(whole) == rfc8785.dumps(whole)
    assert parse_canonical(leaf) == whole
    assert len(leaf) <= draft.size()


def test_a_leaf_is_written_like_this() -> None:
    leaf = draft_leaf(
        **ENVELOPE, data={"summary": "«Так»"}, occurred="2025-09-04", request="r-1"
    ).complete(**KNOWN)
    assert leaf.decode() == (
        '{"data":{"summary":"«Так»"},"id":"0198f0c2-0000-7000-8000-000000000001",'
        '"kind":"statement.made","nonce":"000102030405060708090a0b0c0d0e0f",'
        '"occurred":"2025-09-04","position":12,"recorded_at":"2025-09-04T23:59:59.000001Z",'
        '"recorded_by":"user:1","request":"r-1","schema":1,"stream":"ukraine/statement/z-1",'
        '"v":1,"version":3}'
    )


def test_the_size_of_a_draft_is_reached_by_the_largest_numbers() -> None:
    draft = draft_leaf(**ENVELOPE, data={})
    largest = KNOWN | {"position": MAX_INTEGER, "version": MAX_INTEGER}
    assert len(draft.complete(**largest)) == draft.size()


def test_a_draft_that_could_outgrow_a_leaf_is_refused_before_any_lock() -> None:
    room = MAX_LEAF - draft_leaf(**ENVELOPE, data={"a": ""}).size()
    assert draft_leaf(**ENVELOPE, data={"a": "x" * room}).size() == MAX_LEAF
    with pytest.raises(LeafTooLarge, match="at most 65535 bytes, this one may need 65536"):
        draft_leaf(**ENVELOPE, data={"a": "x" * (room + 1)})
    with pytest.raises(LeafTooLarge):
        draft_leaf(**ENVELOPE, data={"a": "ї" * (room // 2 + 1)})


def test_a_draft_names_the_place_of_what_cannot_stand_in_it() -> None:
    with pytest.raises(LeafError, match=r"^\$\.data\.due: a leaf holds no float"):
        draft_leaf(**ENVELOPE, data={"due": 1.0})
    with pytest.raises(LeafError, match=r"^\$\.occurred: .* U\+0000"):
        draft_leaf(**ENVELOPE, data={}, occurred="\x00")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"position": 0}, ".position"),
        ({"position": MAX_INTEGER + 1}, ".position"),
        ({"version": 0}, ".version"),
        ({"version": MAX_INTEGER + 1}, ".version"),
        ({"nonce": bytes(15)}, ".nonce"),
        ({"nonce": bytes(17)}, ".nonce"),
        ({"recorded_at": 2**62}, ".recorded_at"),
        ({"recorded_at": -(2**62)}, ".recorded_at"),
    ],
)
def test_a_leaf_is_not_completed_with_what_no_log_assigns(wrong: dict[str, Any], path: str) -> None:
    draft: LeafDraft = draft_leaf(**ENVELOPE, data={})
    with pytest.raises(LeafError) as caught:
        draft.complete(**KNOWN | wrong)
    assert caught.value.path == path


# --- the recorded time ---------------------------------------------------------------


def test_the_recorded_time_has_six_digits_and_a_z() -> None:
    assert format_recorded_at(0) == "1970-01-01T00:00:00.000000Z"
    assert format_recorded_at(-1) == "1969-12-31T23:59:59.999999Z"
    assert format_recorded_at(1_757_030_399_000_001) == "2025-09-04T23:59:59.000001Z"


@given(st.datetimes())
@example(datetime(1, 1, 1))  # noqa: DTZ001
@example(datetime(9999, 12, 31, 23, 59, 59, 999_999))  # noqa: DTZ001
def test_the_recorded_time_reads_back_exactly(naive: datetime) -> None:
    apart = naive.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (apart.days * 86_400 + apart.seconds) * 1_000_000 + apart.microseconds
    text = format_recorded_at(microseconds)
    assert text == naive.isoformat(timespec="microseconds") + "Z"
    assert parse_recorded_at(text) == microseconds


@given(st.one_of(st.text(), st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")))
@example("2025-09-04T24:00:00.000000Z")
@example("2025-09-04T23:59:60.000000Z")
@example("2025-09-04T23:59:59.000000Z\n")
@example("2025-09-04T23:59:59.000000+00:00")
@example("2025-09-04T23:59:59Z")
@example("2025-09-04 23:59:59.000000Z")
@example("２０２５-09-04T23:59:59.000000Z")
def test_a_recorded_time_has_one_spelling(text: str) -> None:
    try:
        microseconds = parse_recorded_at(text)
    except LeafError as refused:
        path = refused.path
    else:
        path = ".recorded_at" if format_recorded_at(microseconds) == text else "another spelling"
    assert path == ".recorded_at"
