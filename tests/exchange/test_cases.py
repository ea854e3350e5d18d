"""YAML cases: text stays text, every mistake has a file and a line, and nothing gets lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput, NotFound, ParleyError, TooLarge
from domain.registry import KINDS, read_event
from exchange import text_files
from exchange.cases import case_named, case_names, read_case, write_case
from exchange.mapping import (
    CaseEntry,
    canonical,
    digest_of,
    import_id,
    resolve,
    scope_of,
)
from exchange.yaml_text import format_yaml, parse_yaml

HEAD = "format: parley-case\nnegotiation: talks\nentries:\n"


def read(tmp_path: Path, text: str) -> Any:  # noqa: ANN401 - a case, or what it is refused with.
    path = tmp_path / "case.yaml"
    path.write_text(text, "utf-8")
    return read_case(path)


def refusal(tmp_path: Path, text: str) -> ParleyError:
    with pytest.raises(ParleyError) as refused:
        read(tmp_path, text)
    return refused.value


# --- text stays text ----------------------------------------------------------------


@pytest.mark.parametrize(
    "bare",
    ["2025-09-04", "2025", "2.50", "007", "1e3", "0x10", "NO", "yes", "on", "12:30", "1_000", "="],
)
def test_a_bare_word_number_or_date_is_the_text_it_is_written_as(bare: str) -> None:
    assert parse_yaml(f"value: {bare}", "f").value == {"value": bare}


def test_only_true_false_and_null_are_no_texts() -> None:
    text = "[true, false, null, ~, 'true', \"null\"]"
    assert parse_yaml(text, "f").value == [True, False, None, None, "true", "null"]


def test_a_field_that_was_left_empty_is_null() -> None:
    assert parse_yaml("value:", "f").value == {"value": None}


def test_a_number_becomes_the_number_its_field_wants() -> None:
    body = parse_yaml(
        "{kind: actor.registered, slug: nato, name: 32, type: igo, cardinality_reported: 32}", "f"
    ).value
    assert read_event(body).body()["cardinality_reported"] == 32
    assert read_event(body).body()["name"] == "32"


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"),
    min_size=1,
)
values = st.recursive(
    texts | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    assert parse_yaml(format_yaml({"value": value}), "f").value == {"value": value}


# --- what is refused, and where -----------------------------------------------------

REFUSED = {
    "a field twice": (HEAD + "  - key: a\n    kind: x\n    kind: y\n", 6),
    "no YAML": (HEAD + "  - {key: a\n", 5),
    "a tab": (HEAD + "  - key: a\n\tkind: x\n", 5),
    "a control character": (HEAD + "  - key: a\n    kind: \x07\n", 5),
    "a control character after others": (HEAD + "  - key: Київ\n    kind: \x07\n", 5),
    "an anchor": (HEAD + "  - &one {key: a}\n", 4),
    "an alias": (HEAD + "  - key: a\n    slug: *one\n", 5),
    "a tag": (HEAD + "  - key: a\n    slug: !!int 3\n", 5),
    "a tag of Python": (HEAD + "  - !!python/object:os.system {key: a}\n", 4),
    "endless nesting": (HEAD + "  - key: a\n    slug: " + "[" * 40 + "]" * 40 + "\n", 5),
    "two documents": (HEAD + "  - key: a\n---\nformat: parley-case\n", 5),
    "a field that is no word": (HEAD + "  - key: a\n    [a, b]: c\n", 5),
    "no case at all": ("- a\n", 1),
    "an empty file": ("", 1),
    "no format": ("negotiation: talks\nentries: []\n", 1),
    "another format": ("format: other\nnegotiation: talks\nentries: []\n", 1),
    "an unknown field": ("format: parley-case\nnegotiation: talks\ntitle: x\nentries: []\n", 3),
    "a negotiation that is none": ("format: parley-case\nnegotiation: The Talks\nentries:\n", 2),
    "a reserved negotiation": ("format: parley-case\nnegotiation: commons\nentries:\n", 2),
    "entries that are no list": ("format: parley-case\nnegotiation: talks\nentries: {a: b}\n", 3),
    "an entry that is none": (HEAD + "  - key: a\n  - b\n", 5),
    "an entry without a key": (HEAD + "  - kind: x\n    slug: a\n", 4),
    "an entry with an id": (HEAD + "  - key: a\n    kind: x\n    id: b\n", 6),
    "a key that is none": (HEAD + "  - kind: x\n    key: a~2\n", 5),
    "a key twice": (HEAD + "  - key: a\n  - key: b\n  - key: a\n", 6),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_refused_with_file_and_line(tmp_path: Path, name: str) -> None:
    text, line = REFUSED[name]
    (problem,) = refusal(tmp_path, text).problems
    assert problem.field.split(": ")[0] == f"case.yaml:{line}"
    assert problem.rule
    assert problem.way_out


def test_nesting_without_end_does_not_end_the_program(tmp_path: Path) -> None:
    error = refusal(tmp_path, HEAD + "  - key: a\n    slug: " + "[" * 200_000 + "\n")
    assert isinstance(error, InvalidInput)


def test_every_bad_entry_of_a_file_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, HEAD + "  - a\n  - kind: x\n  - key: a\n    id: b\n")
    assert [p.field for p in error.problems] == [
        "case.yaml:4: entries",
        "case.yaml:5: key",
        "case.yaml:7: id",
    ]


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(HEAD.encode() + b"  - key: caf\xe9\n")
    with pytest.raises(InvalidInput) as refused:
        read_case(path)
    assert refused.value.problems[0].field == "case.yaml:4"


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "MAX_BYTES", 10)
    assert isinstance(refusal(tmp_path, HEAD), TooLarge)


@pytest.mark.parametrize("path", ["nowhere.yaml", "nowhere"])
def test_a_file_that_is_not_there_is_not_found(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotFound):
        read_case(tmp_path / path)
    with pytest.raises(NotFound, match=r"holds no \*\.yaml"):
        read_case(tmp_path)


# --- a folder is one case -----------------------------------------------------------


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, key in (("20-b.yaml", "b"), ("10-a.yaml", "a"), ("30-c.yaml", "c")):
        (tmp_path / name).write_text(HEAD + f"  - key: {key}\n    kind: x\n", "utf-8")
    (tmp_path / "notes.txt").write_text("no case", "utf-8")
    case = read_case(tmp_path)
    assert [(e.key, e.file, e.line) for e in case.entries] == [
        ("a", "10-a.yaml", 4),
        ("b", "20-b.yaml", 4),
        ("c", "30-c.yaml", 4),
    ]


def test_a_folder_of_two_negotiations_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text(HEAD, "utf-8")
    (tmp_path / "2.yaml").write_text(HEAD.replace("talks", "others"), "utf-8")
    with pytest.raises(InvalidInput, match=r"2\.yaml:2: negotiation"):
        read_case(tmp_path)


def test_a_key_is_unique_across_the_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("1.yaml", "2.yaml"):
        (tmp_path / name).write_text(HEAD + "  - key: a\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"is the key of 1\.yaml:4 already"):
        read_case(tmp_path)


def test_the_cases_that_come_with_parley_are_known_by_name() -> None:
    assert "ukraine-security-guarantees" in case_names()
    assert case_named("ukraine-security-guarantees").negotiation == "ukraine-security-guarantees"
    with pytest.raises(NotFound, match="ukraine-security-guarantees"):
        case_named("../cases")


# --- keys and ids -------------------------------------------------------------------

FILE = """format: parley-case
negotiation: talks
entries:
  - {key: north, kind: actor.registered, slug: north, name: North, type: state}
  - {key: p, kind: pledge.made, slug: p}
  - {key: t, kind: threat.carried_out, slug: t, by: p, after: [p, p], contradicts: [p]}
  - {key: m, kind: measure.adopted, slug: m, by: [p]}
  - {key: l, kind: entry.linked, entry: p, to: t, relation: restates}
  - {key: c, kind: entry.corrected, entry: t, set: {by: p, after: [p], note: p}}
  - {key: n, kind: entry.endorsed, entry: north}
  - {key: r, kind: entry.retracted, entry: n, replaced_by: l}
"""


NAMED: dict[str, dict[str, Any]] = {
    "t": {"by": "p", "after": ["<p>", "<p>"], "contradicts": ["<p>"]},
    "m": {"by": ["p"]},
    "l": {"entry": "<p>", "to": "<t>"},
    "c": {"entry": "<t>", "set": {"by": "p", "after": ["<p>"], "note": "p"}},
    "n": {"entry": "<north>"},
    "r": {"entry": "<n>", "replaced_by": "<l>"},
}


@pytest.mark.parametrize("key", NAMED)
def test_a_key_stands_for_an_id_where_an_entry_is_named_and_nowhere_else(
    tmp_path: Path, key: str
) -> None:
    case = read(tmp_path, FILE)
    ids = {entry.key: import_id("talks", case.format, entry.key) for entry in case.entries}
    entry = case.by_key()[key]
    text = json.dumps(resolve(entry, ids, case.by_key()))
    for name, event_id in ids.items():
        text = text.replace(str(event_id), f"<{name}>")
    assert json.loads(text) == {**entry.body, **NAMED[key]}


def test_an_entry_of_elsewhere_is_named_by_its_id(tmp_path: Path) -> None:
    elsewhere = str(uuid4())
    case = read(tmp_path, FILE)
    entry = CaseEntry("x", {"kind": "statement.made", "slug": "x", "after": [elsewhere]})
    assert resolve(entry, {}, case.by_key())["after"] == [elsewhere]


def test_every_key_of_no_entry_is_named(tmp_path: Path) -> None:
    case = read(tmp_path, FILE)
    with pytest.raises(InvalidInput) as refused:
        resolve(case.by_key()["t"], {}, case.by_key())
    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"after.0", "after.1", "contradicts.0"}


def test_an_id_follows_from_scope_format_and_key() -> None:
    # Fixed for ever: uuid5(NAMESPACE_URL, "parley:talks:parley-case:s01").
    expected = UUID("bb8eef93-7a65-57be-88e0-0de66799ea19")
    assert import_id("talks", "parley-case", "s01") == expected


def test_an_entry_event_is_owned_as_the_entry_it_names(tmp_path: Path) -> None:
    case = read(tmp_path, FILE)
    scopes = {entry.key: scope_of(entry, case, case.by_key()) for entry in case.entries}
    commons = {key for key, scope in scopes.items() if scope == "commons"}
    assert commons == {"north", "n", "r"}
    assert set(scopes.values()) == {"commons", "talks"}


def test_entry_events_that_name_each_other_in_a_circle_are_owned_too(tmp_path: Path) -> None:
    case = read(
        tmp_path,
        HEAD
        + "".join(
            f"  - {{key: {a}, kind: entry.retracted, entry: {b}}}\n" for a, b in ("ab", "ba")
        ),
    )
    assert {scope_of(e, case, case.by_key()) for e in case.entries} == {"talks"}


# --- digests ------------------------------------------------------------------------


def test_a_digest_is_of_what_the_entry_says_and_not_of_its_id() -> None:
    body = {"kind": "actor.registered", "slug": "north", "name": "North", "type": "state"}
    plain = digest_of(read_event(body))
    assert plain == digest_of(read_event({**body, "id": str(uuid4()), "names": []}))
    assert plain != digest_of(read_event({**body, "name": "The North"}))
    assert len(plain) == 64


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"a": [{"b": 2**53}]}, "a.0.b"),
        ({"summary": "\ufdd0"}, "summary"),
        ({"a": 1.5}, "a"),
        ([None], "0"),
    ],
)
def test_what_no_leaf_can_hold_is_refused_by_field(value: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        canonical(value)
    assert refused.value.problems[0].field == field


# --- round trip ---------------------------------------------------------------------


@pytest.mark.parametrize("name", case_names())
def test_a_case_that_was_written_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    case = case_named(name)
    again = read(tmp_path, write_case(case.negotiation, case.entries))
    assert again.negotiation == case.negotiation
    assert [(e.key, e.body) for e in again.entries] == [(e.key, e.body) for e in case.entries]


def test_every_kind_a_person_records_is_in_a_case() -> None:
    shown = {e.body["kind"] for name in case_names() for e in case_named(name).entries}
    assert shown == {name for name, kind in KINDS.items() if kind.THING != "log"}
