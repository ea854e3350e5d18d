"""Bad input, end to end on each database: a message, an exit code, and a log as it was before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.schema import upgrade
from tests.app.bodies import NEGOTIATION as BRIDGE
from tests.app.bodies import NORTH, SETTING, cited, pledge, statement
from tests.cli.conftest import Done, Shell
from tests.databases import BOTH, TEMPLATE, Server

USED = "used"
"""An idempotency key that was used for the pledge."""
PLEDGE = "7"
"""The position of the pledge."""
RECORD = ("record", BRIDGE, "-")
CORRECT = ("correct", PLEDGE, "--reason", "r")


@dataclass(frozen=True)
class Case:
    """What is handed in, and what has to come of it."""

    args: tuple[str, ...]
    body: Any
    code: int
    field: str
    rule: str
    way_out: str


def recording(body: object, code: int, field: str, rule: str, way_out: str) -> Case:
    return Case(RECORD, body, code, field, rule, way_out)


CASES: dict[str, Case] = {
    "a date outside the subset": recording(
        pledge("b", "2025-21"), 2, "occurred", "season", "2025-03"
    ),
    "a date that does not exist": recording(
        pledge("b", "2025-02-30"), 2, "occurred", "has no day 30", "2025-02-28"
    ),
    "a time without an offset": recording(
        pledge("b", "2025-03-01T12:00"), 2, "occurred", "offset", "Z for UTC"
    ),
    "prose for a date": recording(
        pledge("b", "September 4, 2025"), 2, "occurred", "", "2025-09-04"
    ),
    "an unknown kind": recording(
        {**pledge("b"), "kind": "pledge.dreamt"}, 2, "kind", "not a kind", "the list of kinds"
    ),
    "no kind": recording({"slug": "b"}, 2, "kind", "missing", "name the kind"),
    "a slug that is none": recording(pledge("A Bridge"), 2, "slug", "does not match", "rewrite it"),
    "a slug that nothing opened": recording(
        cited(kind="pledge.stalled", slug="nothing", occurred="2025"),
        4,
        "kind",
        "comes before anything that opens",
        "record the event that opens it first",
    ),
    "an unknown actor": recording(
        pledge("b", pledgors=["nobody"]),
        3,
        "pledgors.0",
        "no actor is known by the name 'nobody'",
        "record actor.registered",
    ),
    "an unknown source": recording(
        {**pledge("b"), "cite": [{"source": "nowhere"}]},
        3,
        "cite.0.source",
        "no source is known",
        "record source.registered",
    ),
    "an unknown negotiation": Case(
        ("record", "nowhere", "-"), pledge("b"), 3, "negotiation", "no negotiation", "negotiation."
    ),
    "a missing citation": recording(
        {**pledge("b"), "cite": []}, 2, "cite", "at least one citation", "add who says so"
    ),
    "a date where none belongs": recording(
        {**NORTH, "slug": "east", "occurred": "2025"},
        2,
        "occurred",
        "has no date of its own",
        "remove `occurred`",
    ),
    "no date where one belongs": recording(
        {k: v for k, v in pledge("b").items() if k != "occurred"},
        2,
        "occurred",
        "must say when",
        "add `occurred`",
    ),
    "a field of no kind": recording(
        pledge("b", colour="red"), 2, "colour", "is not a field", "remove `colour`"
    ),
    "a correction that would move an entry": Case(
        (*CORRECT, "--set", "slug=other"), None, 2, "set.slug", "would move", "retract it"
    ),
    "a correction of the kind": Case(
        (*CORRECT, "--set", "kind=threat.issued"), None, 2, "set.kind", "would move", "retract it"
    ),
    "a correction that leaves no event": Case(
        (*CORRECT, "--unset", "summary"), None, 2, "unset.summary", "missing", "add `summary`"
    ),
    "a correction of what is not there": Case(
        ("correct", "700", "--set", "summary=x", "--reason", "r"),
        None,
        3,
        "entry",
        "not 700",
        "correct the position",
    ),
    "a record the story cannot hold": recording(
        cited(kind="pledge.resumed", slug="steel", occurred="2025-04"),
        4,
        "kind",
        "is not stalled",
        "contradicts",
    ),
    "a wrong expected version": Case(
        (*RECORD, "--expected-version", "7"),
        cited(kind="pledge.stalled", slug="steel", occurred="2025-04"),
        4,
        "expected_version",
        "stands at version 1, not 7",
        "read it again",
    ),
    "a used key with another body": Case(
        (*RECORD, "--key", USED),
        statement(),
        4,
        "idempotency_key",
        "used before with another body",
        "use a new key",
    ),
    "a body over the limit": recording(
        pledge(
            "b",
            occurred_phrase="ї" * 8_000,
            components=[{"key": f"part-{n}", "text": "ї" * 8_000} for n in range(4)],
        ),
        2,
        "body",
        "at most 60000",
        "short",
    ),
    "a text over the limit": recording(
        pledge("b", summary="x" * 8_001), 2, "summary", "longer than 8000", "shorten it"
    ),
    "a NUL": recording(
        pledge("b", summary="a\0b"), 2, "summary", "control character U+0000", "remove it"
    ),
    "a control character": recording(
        pledge("b", summary="a\x1b[2Jb"), 2, "summary", "control character U+001B", "remove it"
    ),
    "a line break": recording(
        pledge("b", summary="a\nb"), 2, "summary", "control character U+000A", "as spaces"
    ),
    "text that is not in form C": recording(
        pledge("b", summary="cafe\u0301"), 2, "summary", "NFC", "normalise it"
    ),
    "half a character": recording(
        pledge("b", summary="\ud800"), 2, "summary", "U+D800", "remove it"
    ),
    "an event id that is taken": recording(
        [{**pledge("b"), "id": i} for i in ("5b6b7c3e-0000-4000-8000-000000000001",) * 2],
        4,
        "[1].id",
        "",
        "",
    ),
    "an empty array": recording([], 2, "stdin", "holds no event", "write one body"),
    "an endorsement of one's own": Case(
        ("endorse", PLEDGE), None, 2, "entry", "cannot endorse", "second person"
    ),
}


@pytest.fixture(scope="module", params=BOTH)
def bridge(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """A shell on one log for all cases, since none of them changes it."""
    home = tmp_path_factory.mktemp("bad input")
    if request.param == "sqlite":
        url = f"sqlite:///{home / 'log.db'}"
        upgrade(url)
    else:
        server: Server = request.getfixturevalue("server")
        url = server.make(TEMPLATE)
    shell = Shell(url, home)
    assert shell.inside("record", "-", stdin=json.dumps(SETTING)).code == 0
    done = shell.inside("record", "-", "--key", USED, stdin=json.dumps(pledge()))
    assert done.json["recorded"][0]["position"] == int(PLEDGE)
    yield shell
    if request.param != "sqlite":
        server.drop(url)


def check(done: Done, code: int, field: str, rule: str, way_out: str) -> None:
    """The message names field, rule and way out; nothing else is said."""
    assert (done.code, done.out) == (code, "")
    lines = done.err.splitlines()
    said = [line for line in lines if line.startswith(f"parley: {field}: ")]
    assert any(rule in line for line in said), done.err
    assert any(line.startswith("        → ") and way_out in line for line in lines), done.err
    assert len(lines) % 2 == 0
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_and_leaves_the_log_as_it_was(bridge: Shell, name: str) -> None:
    case = CASES[name]
    size = bridge.size()
    # A process of its own for each on one database, and the same in this one on the other.
    call = bridge if bridge.url.startswith("sqlite") else bridge.inside
    done = call(*case.args, stdin="" if case.body is None else json.dumps(case.body))
    check(done, case.code, case.field, case.rule, case.way_out)
    assert bridge.size() == size


def test_every_bad_member_of_an_array_is_named_and_no_good_one_recorded(bridge: Shell) -> None:
    size = bridge.size()
    members = [
        pledge("good"),
        pledge("Bad Slug"),
        pledge("also-good"),
        pledge("late", "2025-13-01"),
        pledge("unknown", pledgors=["nobody"]),
        "no object",
    ]
    done = bridge(*RECORD, stdin=json.dumps(members))
    assert done.code == 2
    for field in ("[1].slug", "[3].occurred", "[4].pledgors.0", "[5].body"):
        assert f"parley: {field}: " in done.err
    assert "[0]" not in done.err
    assert "[2]" not in done.err
    assert bridge.size() == size


FILES = {
    "broken.json": (b'{"kind": ', 2, "broken.json:1", "is no JSON", "correct it"),
    "twice.json": (b'{"kind": "a", "kind": "b"}', 2, "twice.json:1", "stands twice", "correct it"),
    "nan.json": (b'{"kind": NaN}', 2, "nan.json:1", "NaN is no number", "correct it"),
    "lines.jsonl": (b'{"kind": "a"}\n{oops\n', 2, "lines.jsonl:2", "is no JSON", "correct it"),
    "tabs.yaml": (b"kind: a\n\tslug: b\n", 2, "tabs.yaml:2", "is no YAML", "correct it"),
    "nul.yaml": (b"kind: a\0b\n", 2, "nul.yaml:1", "U+0000", "remove it"),
    "latin.yaml": (b"kind: caf\xe9\n", 2, "latin.yaml:1", "is not UTF-8", "save the file as UTF-8"),
    "empty.yaml": (b"", 2, "empty.yaml", "holds no event", "write one body"),
    "case.yaml": (
        b"format: parley-case\nnegotiation: x\nentries: []\n",
        2,
        "case.yaml",
        "is a case",
        "parley import case",
    ),
}
"""What is in a file, and what has to be said of it."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    bridge: Shell, tmp_path: Path, name: str
) -> None:
    content, code, field, rule, way_out = FILES[name]
    (tmp_path / name).write_bytes(content)
    size = bridge.size()
    check(bridge.inside("record", BRIDGE, tmp_path / name), code, field, rule, way_out)
    assert bridge.size() == size


def test_a_file_that_is_not_there_is_not_found(bridge: Shell, tmp_path: Path) -> None:
    done = bridge.inside("record", BRIDGE, tmp_path / "none.yaml")
    check(done, 3, str(tmp_path / "none.yaml"), "cannot be read", "check the path")


def test_standard_input_that_is_not_utf_8_is_refused(bridge: Shell) -> None:
    done = bridge.inside(*RECORD, stdin=b"kind: caf\xe9\n")
    check(done, 2, "stdin:1", "is not UTF-8", "send it as UTF-8")
