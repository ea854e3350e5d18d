"""Record, correct, retract, endorse, link, import: what is said, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.bodies import NEGOTIATION as BRIDGE
from tests.app.bodies import NORTH, SETTING, pledge, statement
from tests.cli.conftest import SAMPLE, Shell


@pytest.fixture
def bridge(empty: Shell) -> Shell:
    """A shell on a log with a small negotiation about a bridge; its last position is 6."""
    assert empty.inside("record", "-", stdin=json.dumps(SETTING)).code == 0
    return empty


def as_lines(bodies: list[Any]) -> str:
    return "".join(json.dumps(body) + "\n" for body in bodies)


def as_yaml(body: dict[str, Any]) -> str:
    """A body as somebody would type it, which for JSON values in flow style is YAML too."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in body.items())


def test_a_file_that_opens_a_negotiation_needs_no_name_for_it(bridge: Shell) -> None:
    assert bridge.size() == 6
    assert bridge.inside("show").json["question"]["negotiation"] == BRIDGE


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one.json", json.dumps(pledge())),
        ("one.yaml", as_yaml(pledge())),
        ("one.yml", as_yaml(pledge())),
        ("array.json", json.dumps([pledge()])),
        ("lines.jsonl", as_lines([pledge()])),
        ("lines.ndjson", as_lines([pledge(), statement()])),
        ("plain.txt", as_yaml(pledge())),
        ("plain", as_lines([pledge(), statement()])),
        ("array", json.dumps([pledge(), statement()], indent=2)),
    ],
)
def test_events_are_read_as_yaml_json_or_json_lines(
    bridge: Shell, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    done = bridge.inside("record", BRIDGE, tmp_path / name)
    assert done.code == 0
    kinds = [entry["kind"] for entry in done.json["recorded"]]
    assert kinds in (["pledge.made"], ["pledge.made", "statement.made"])
    assert bridge.size() == 6 + len(kinds)


def test_a_receipt_says_where_the_entry_stands_and_what_it_hashes_to(bridge: Shell) -> None:
    done = bridge.inside("record", "-", stdin=json.dumps(pledge()))
    (receipt,) = done.json["recorded"]
    assert receipt["position"] == 7
    assert receipt["stream"] == f"{BRIDGE}/pledge/steel"
    assert receipt["recorded_at"].endswith("Z")
    assert len(receipt["leaf_hash"]) == 64


def test_a_table_says_what_was_recorded(bridge: Shell) -> None:
    done = bridge.inside("record", "-", "--table", stdin=json.dumps(pledge()))
    assert "RECORDED 1 ENTRY" in done.out
    assert "position 7" in done.out


def test_a_dry_run_records_nothing_and_says_what_would_be_different(bridge: Shell) -> None:
    done = bridge.inside("record", "-", "--dry-run", stdin=json.dumps(pledge(elements=["toll"])))
    assert done.json["dry_run"]
    assert {c["key"] for c in done.json["changes"]} >= {f"{BRIDGE}/pledge/steel"}
    assert done.json["recorded"][0]["leaf_hash"] is None
    assert bridge.size() == 6
    table = bridge.inside("record", "-", "--dry-run", "--table", stdin=json.dumps(pledge())).out
    assert "NOTHING RECORDED, AS ASKED" in table
    assert "What would be different now" in table


def test_a_dry_run_of_what_opens_a_negotiation_works_too(empty: Shell) -> None:
    done = empty.inside("record", "-", "--dry-run", stdin=json.dumps(SETTING))
    assert done.code == 0
    assert len(done.json["recorded"]) == 5


def test_a_dry_run_in_the_commons_says_where_something_would_be_different(shell: Shell) -> None:
    actors = shell.inside("log", "--thing", "actor", "--kind", "actor.registered").json["entries"]
    retracted = [
        shell.inside("retract", str(actor["position"]), "--reason", "x", "--dry-run")
        for actor in actors[:12]
    ]
    told = [there for done in retracted for there in done.json["negotiations"]]
    assert {there["negotiation"] for there in told} == {SAMPLE}
    quiet = json.dumps({**NORTH, "slug": "far-away"})
    table = shell.inside("record", "commons", "-", "--dry-run", "--table", stdin=quiet).out
    assert "Nothing would be different now in any negotiation." in table


def test_a_dry_run_with_a_key_that_was_used_says_so(bridge: Shell) -> None:
    args = ("record", "-", "--key", "k1")
    bridge.inside(*args, stdin=json.dumps(pledge()))
    table = bridge.inside(*args, "--dry-run", "--table", stdin=json.dumps(pledge())).out
    assert "RECORDED BEFORE WITH THIS KEY" in table
    assert bridge.inside(*args, "--dry-run", stdin=json.dumps(pledge("other"))).code == 4


def test_an_actor_is_not_sent_to_a_negotiation_that_nobody_opened(bridge: Shell) -> None:
    east = json.dumps({**NORTH, "slug": "east"})
    done = bridge.inside("record", "never-opened", "-", stdin=east)
    assert done.code == 3
    assert "'never-opened'" in done.err
    assert bridge.inside("record", "commons", "-", stdin=east).code == 0


def test_a_key_counts_once(bridge: Shell) -> None:
    args = ("record", "-", "--key", "k1")
    first, second = (bridge.inside(*args, stdin=json.dumps(pledge())) for _ in range(2))
    assert first.json["recorded"] == second.json["recorded"]
    assert bridge.size() == 7


def test_an_entry_is_corrected_field_by_field_and_the_old_answer_stays(bridge: Shell) -> None:
    bridge.inside("record", "-", stdin=json.dumps(pledge(elements=["toll"])))
    done = bridge.inside(
        "correct",
        "7",
        "--set",
        "occurred=2025-03-05",
        "--set",
        "cardinality_reported=2",
        "--set",
        "testable=true",
        "--set",
        "pledgors=north,south",
        "--unset",
        "elements",
        "--reason",
        "The courier was misread.",
        "--subject",
        "ann",
    )
    assert done.code == 0
    event = bridge.inside("log", "--after", "7").json["entries"][0]["event"]
    assert event["set"] == {
        "occurred": "2025-03-05",
        "cardinality_reported": 2,
        "testable": True,
        "pledgors": ["north", "south"],
    }
    now = bridge.inside("show", "pledge/steel").json["item"]
    then = bridge.inside("show", "pledge/steel", "--known-at", "7").json["item"]
    assert (now["since"], then["since"]) == ("2025-03-05", "2025-03-01")
    table = bridge.inside("show", "pledge/steel", "--table").out
    assert "corrected at position 8: The courier was misread." in " ".join(table.split())


def test_a_retraction_can_be_retracted(bridge: Shell) -> None:
    bridge.inside("record", "-", stdin=json.dumps(pledge()))
    assert bridge.inside("retract", "7", "--reason", "It was another bridge.").code == 0
    assert bridge.inside("show", "pledges").json["pledges"] == []
    assert "retracted" in bridge.inside("show", "pledge/steel", "--table").out
    assert bridge.inside("retract", "8", "--reason", "It was this one.").code == 0
    assert len(bridge.inside("show", "pledges").json["pledges"]) == 1


def test_a_retraction_names_what_stands_in_its_place(bridge: Shell) -> None:
    bridge.inside("record", "-", stdin=as_lines([pledge(), pledge("stone")]))
    args = ("--reason", "It was stone.", "--replaced-by", "8")
    done = bridge.inside("retract", "@7", *args)
    assert done.code == 0
    (entry,) = bridge.inside("log", "--after", "8").json["entries"]
    other = bridge.inside("log", "--after", "7", "--limit", "1").json["entries"][0]
    assert entry["event"]["replaced_by"] == other["id"]


def test_a_second_person_endorses_and_the_first_cannot(bridge: Shell) -> None:
    bridge.inside("record", "-", stdin=json.dumps(pledge()))
    alone = bridge.inside("endorse", "7")
    assert alone.code == 2
    assert "cannot endorse it" in alone.err
    assert bridge.inside("endorse", "7", "--note", "Read it.", "--subject", "eve").code == 0
    as_eve = bridge.with_environment(PARLEY_SUBJECT="eve")
    assert as_eve.inside("endorse", "5").code == 0


def test_a_link_with_a_hedge_is_shown_as_perhaps(bridge: Shell) -> None:
    bridge.inside("record", "-", stdin=as_lines([pledge(), pledge("stone")]))
    args = ("--relation", "restates", "--to", "7", "--hedge", "seems=seems to be")
    assert bridge.inside("link", "8", *args).code == 0
    assert "perhaps restates pledge/steel" in bridge.inside("show", "pledge/stone", "--table").out


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (("correct", "7", "--set", "summary", "--reason", "r"), "--set"),
        (("correct", "7", "--set", "summary=a", "--set", "summary=b", "--reason", "r"), "--set"),
        (("correct", "7", "--set", "components={", "--reason", "r"), "--set components"),
        (("correct", "7", "--set", "colour=red", "--reason", "r"), "set.colour"),
        (("correct", "7", "--reason", "r"), "body"),
        (("link", "7", "--relation", "restates", "--to", "6", "--hedge", "seems"), "--hedge"),
        (("correct", "seven", "--set", "summary=a", "--reason", "r"), "entry"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(
    bridge: Shell, args: tuple[str, ...], field: str
) -> None:
    bridge.inside("record", "-", stdin=json.dumps(pledge()))
    done = bridge.inside(*args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"parley: {field}")
    assert bridge.size() == 7


def test_a_case_is_imported_once(empty: Shell) -> None:
    args = ("import", "case", SAMPLE)
    first, second = empty.inside(*args), empty.inside(*args, "--table")
    assert len(first.json["recorded"]) == 86
    assert "86  as they were" in second.out
    assert empty.size() == 87


def test_a_dry_import_records_nothing(empty: Shell) -> None:
    done = empty.inside("import", "case", SAMPLE, "--dry-run", "--table")
    assert "86  would be recorded" in done.out
    assert empty.size() == 1


def test_json_lines_are_imported_once_and_a_changed_line_is_a_correction(
    bridge: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text(as_lines([{"key": "p1", **pledge()}]))
    assert bridge.inside("import", "jsonl", file).json["recorded"] == ["p1"]
    assert bridge.inside("import", "jsonl", file).json["unchanged"] == ["p1"]
    file.write_text(as_lines([{"key": "p1", **pledge(summary="North pays.")}]))
    changed = bridge.inside("import", "jsonl", file, "--negotiation", BRIDGE)
    assert changed.json["corrected"] == ["p1"]
    assert bridge.size() == 8


def test_an_import_refuses_a_bad_row_by_line_and_keeps_the_good_only_if_told_to(
    bridge: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "half.jsonl"
    file.write_text(as_lines([{"key": "p1", **pledge()}, {"key": "p2", **pledge("b", "2025-13")}]))
    refused = bridge.inside("import", "jsonl", file)
    assert (refused.code, refused.out) == (2, "")
    assert "half.jsonl:2" in refused.err
    assert bridge.size() == 6
    kept = bridge.inside("import", "jsonl", file, "--keep-good")
    assert kept.code == 2
    assert kept.json["recorded"] == ["p1"]
    assert "half.jsonl:2" in kept.err
    assert bridge.size() == 7
