"""Asking: each command answers what it is asked, on the dates and the knowledge it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SAMPLE, Shell

CEASEFIRE = """
- kind: condition.met
  slug: ceasefire
  occurred: 2025-12-01
"""
COMMITTED = """
- kind: pledge.strengthened
  slug: force-26
  occurred: 2025-12-01
  level: committed
"""


def slugs(items: list[dict[str, str]]) -> list[str]:
    return [item["slug"] for item in items]


def test_the_only_negotiation_need_not_be_named(shell: Shell) -> None:
    unnamed = shell.inside("show", "--as-of", "2025-09-11", "--known-at", "87")
    named = shell.inside("show", SAMPLE, "--as-of", "2025-09-11", "--known-at", "87")
    assert unnamed.out == named.out
    assert unnamed.json["question"]["negotiation"] == SAMPLE


def test_a_date_shows_what_was_so_by_its_end(shell: Shell) -> None:
    summer = shell.inside("show", "--as-of", "2025-08-31").json
    assert slugs(summer["pledges"]) == ["us-air-power", "us-help"]
    assert shell.inside("show", "--as-of", "2024-06-01").json["pledges"] == []


def test_what_may_be_so_can_be_left_out(shell: Shell) -> None:
    args = ("show", "consultations", "--as-of", "2025-08-31")
    assert len(shell.inside(*args).json["consultations"]) == 2
    assert len(shell.inside(*args, "--certainty", "certain").json["consultations"]) == 1


def test_an_empty_answer_says_why(shell: Shell) -> None:
    done = shell.inside("show", "--as-of", "2025-09-11", "--published-by", "2025-09-10", "--table")
    assert "as published by 2025-09-10" in " ".join(done.out.split())
    assert "Nothing to tell of" in done.out


def test_what_was_not_known_yet_is_not_told(shell: Shell) -> None:
    done = shell.inside("show", "--as-of", "2025-09-11", "--known-at", "40").json
    assert done["question"]["known_at"] == {
        "position": 40,
        "recorded_at": done["question"]["known_at"]["recorded_at"],
        "closed": True,
    }
    assert done["pledges"] == []


def test_the_log_tells_what_was_endorsed_from_the_rest(shell: Shell) -> None:
    done = shell.inside("endorse", "44", "--subject", "reader-2")
    assert done.code == 0, done.err
    reviewed = shell.inside("log", "--reviewed").json
    assert [entry["position"] for entry in reviewed["entries"]] == [44]
    assert reviewed["scanned_to"] == 88
    rest = shell.inside("log", "--unreviewed", "--limit", "100").json["entries"]
    assert [entry["position"] for entry in rest] == [p for p in range(1, 89) if p != 44]
    newest = shell.inside("log", "--unreviewed", "--newest", "--limit", "2", "--thing", "pledge")
    assert newest.json["entries"][0]["position"] == 88


def test_the_register_says_who_recorded_how_much_and_how_long_after(shell: Shell) -> None:
    assert shell.inside("endorse", "44", "--subject", "reader-2").code == 0
    everybody = shell.inside("recorders").json["recorders"]
    assert [(who["subject"], who["endorsed"]) for who in everybody] == [
        ("local", 0),
        ("reader-2", 1),
    ]
    assert shell.inside("recorders", "--after", "local").json["recorders"] == everybody[1:]
    table = shell.inside("recorders", "--limit", "1", "--table", COLUMNS="120").out
    assert "corrected" in table
    assert "add --after local" in table
    one = shell.inside("recorders", "local", "--after", "40", "--limit", "2").json
    assert [each["entry"]["position"] for each in one["entries"]] == [41, 42]
    assert one["recorder"]["delay"]["least"] > 0
    told = shell.inside("recorders", "local", "--after", "40", "--limit", "2", "--table").out
    assert "after it happened" in " ".join(told.split())
    assert "add --after 42" in told
    assert "endorsed 1" in shell.inside("recorders", "reader-2", "--table").out
    assert shell.inside("recorders", "--known-at", "50").json["recorders"][0]["last"] == 50


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("nobody",), 3),
        (("local", "--after", "then"), 2),
        (("local", "--after", "9" * 5_000), 2),
        (("lo\ncal",), 2),
        (("--after", "\x7f"), 2),
    ],
    ids=["unknown", "no position", "too long", "no name", "no name to go on after"],
)
def test_a_recorder_that_there_cannot_be_is_refused(
    shell: Shell, args: tuple[str, ...], code: int
) -> None:
    done = shell.inside("recorders", *args)
    assert (done.code, done.out) == (code, "")
    assert "→" in done.err


@pytest.mark.parametrize("words", ["pledges", "pledge"])
def test_one_sort_of_thing_is_shown_alone(shell: Shell, words: str) -> None:
    answer = shell.inside("show", SAMPLE, words, "--as-of", "2025-09-11").json
    assert set(answer) == {"question", "empty_because", "pledges"}
    table = shell.inside("show", words, "--as-of", "2025-09-11", "--table").out
    assert "PLEDGES" in table
    assert "ISSUES" not in table


@pytest.mark.parametrize(
    "args",
    [
        ("pledge/force-26",),
        ("pledges/force-26",),
        (SAMPLE, "pledge/force-26"),
        (f"{SAMPLE}/pledge/force-26",),
    ],
)
def test_one_thing_is_shown_with_its_story(shell: Shell, args: tuple[str, ...]) -> None:
    story = shell.inside("show", *args).json
    assert story["stream"] == f"{SAMPLE}/pledge/force-26"
    assert [step["kind"] for step in story["steps"]] == ["pledge.made"]
    assert story["item"]["status"] == "pledged"


@pytest.mark.parametrize("thing", ["actor/macron", "source/brookings-pifer-2025-09-11"])
def test_what_all_negotiations_share_is_shown_too(shell: Shell, thing: str) -> None:
    table = shell.inside("show", thing, "--table").out
    assert "registered" in table


def test_a_thing_is_told_with_its_sources_quotes_and_reasons(shell: Shell) -> None:
    table = shell.inside("show", "pledge/force-26", "--table", COLUMNS="200").out
    assert "row S07" in table
    assert "“reassurance”" in table
    assert "waits for: ceasefire-or-peace" in table


def test_claims_without_a_beginning_are_counted_or_listed(shell: Shell) -> None:
    args = ("show", "--as-of", "2025-08-31", "--table")
    assert "11 claims without a beginning" in shell.inside(*args).out
    listed = shell.inside(*args, "--undated").out
    assert "CLAIMS WITHOUT A BEGINNING" in listed
    assert "threat/putin-retaliation" in listed


def test_a_comparison_tells_the_world_from_what_is_known(shell: Shell) -> None:
    world = shell.inside("diff", "--from", "2025-08-31", "--to", "2025-09-11").json
    assert world["knowledge"] == []
    assert "appeared" in {change["change"] for change in world["world"]}
    known = shell.inside(
        "diff", "--to", "2025-09-11", "--known-from", "40", "--known-to", "87"
    ).json
    assert known["world"] == []
    assert f"{SAMPLE}/pledge/force-26" in {change["key"] for change in known["knowledge"]}


def test_a_comparison_marks_what_only_may_be_so(shell: Shell) -> None:
    table = shell.inside(
        "diff", "--from", "2023-12-31", "--to", "2025-01-01", "--table", COLUMNS="110"
    ).out
    assert "possibly requires" in table
    assert "possibly made" in table


def test_a_comparison_with_nothing_is_refused(shell: Shell) -> None:
    done = shell.inside("diff", "--to", "2025-09-11")
    assert (done.code, done.out) == (2, "")
    assert "--from" in done.err


def test_the_timeline_holds_every_instant_of_change(shell: Shell) -> None:
    ticks = shell.inside("timeline").json["ticks"]
    assert [tick["at"] for tick in ticks] == sorted(tick["at"] for tick in ticks)
    assert {tick["becomes"] for tick in ticks} == {"possible", "certain"}


def test_totals_say_what_could_not_be_summed(shell: Shell) -> None:
    assert shell.inside("totals", "--as-of", "2025-09-11").json["without_quantity"] == 3
    table = shell.inside("totals", "--as-of", "2025-09-11", "--table").out
    assert "3 parts of pledges that stand have no quantity on record." in table


def test_totals_are_kept_apart_by_unit(empty: Shell) -> None:
    empty.inside("import", "case", "every-kind", "--keep-good")
    table = empty.inside("totals", "--as-of", "2026-01-01", "--table", COLUMNS="120").out
    head = ["by", "of", "in", "offered", "pledged", "allocated", "delivered"]
    assert head in [line.split() for line in table.splitlines()]


def test_a_scenario_shows_what_would_be_different_and_records_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    size = shell.size()
    file = tmp_path / "ceasefire.yaml"
    file.write_text(CEASEFIRE)
    answer = shell.inside("scenario", SAMPLE, file, "--as-of", "2025-12-02").json
    (force,) = (p for p in answer["framework"]["pledges"] if p["slug"] == "force-26")
    assert (force["conditional_pending"], force["operative"]) == (False, False)
    file.write_text(CEASEFIRE + COMMITTED)
    both = shell.inside("scenario", file, "--as-of", "2025-12-02", "--table").out
    assert "operative: no → yes" in both
    assert "pledged → committed" in both
    assert shell.size() == size


def test_a_scenario_is_read_from_standard_input(shell: Shell) -> None:
    done = shell.inside("scenario", "-", "--as-of", "2025-12-02", stdin=CEASEFIRE)
    assert done.json["hypothetical"] == ["condition.met ceasefire (2025-12-01)"]


def test_a_search_finds_what_holds_every_word(shell: Shell) -> None:
    streams = {
        hit["stream"] for hit in shell.inside("search", "backstop", "officials").json["hits"]
    }
    assert f"{SAMPLE}/statement/backstop-required" in streams
    none = shell.inside("search", "no-such-word", "--known-at", "60").json
    assert (none["hits"], none["known_at"]["position"]) == ([], 60)
    assert "No entry holds" in shell.inside("search", "no-such-word", "--table").out


def test_hits_are_told_page_by_page(shell: Shell) -> None:
    first = shell.inside("search", "backstop", "--limit", "1").json["hits"]
    after = str(first[0]["event"]["position"])
    rest = shell.inside("search", "backstop", "--after", after).json["hits"]
    assert [*first, *rest] == shell.inside("search", "backstop").json["hits"]
    told = shell.inside("search", "backstop", "--limit", "1", "--table").out
    assert f"add --after {after}" in told


def test_the_log_is_told_page_by_page_and_filtered(shell: Shell) -> None:
    first = shell.inside("log", "--limit", "3").json
    assert [entry["position"] for entry in first["entries"]] == [1, 2, 3]
    rest = shell.inside("log", "--after", str(first["scanned_to"]), "--limit", "1").json
    assert [entry["position"] for entry in rest["entries"]] == [4]
    newest = shell.inside("log", "--newest", "--limit", "2").json
    assert [entry["position"] for entry in newest["entries"]] == [87, 86]


@pytest.mark.parametrize(
    ("args", "count"),
    [
        (("--kind", "pledge.made"), 5),
        (("--thing", "pledge"), 6),
        (("--thing", "pledges"), 6),
        (("--thing", "pledge/force-26"), 2),
        (("--thing", "actor/macron"), None),
        (("--actor", "macron"), None),
        ((SAMPLE, "--limit", "1000"), None),
        (("--from", "2025-09-06", "--to", "2025-09-07", "--kind", "attack.carried_out"), 1),
        (("--kind", "attack.carried_out", "--newest"), 1),
        (("--kind", "pledge.withdrawn"), 0),
    ],
)
def test_the_log_holds_what_is_asked_for(
    shell: Shell, args: tuple[str, ...], count: int | None
) -> None:
    entries = shell.inside("log", *args).json["entries"]
    assert len(entries) == count if count is not None else entries


def test_the_log_gives_an_event_as_it_would_be_recorded_again(shell: Shell) -> None:
    (entry,) = shell.inside("log", "--thing", "actor/macron").json["entries"]
    assert entry["event"]["kind"] == "actor.registered"
    assert entry["event"]["id"] == entry["id"]


def test_the_kinds_are_listed_and_described(shell: Shell) -> None:
    kinds = {kind["kind"]: kind for kind in shell.inside("kinds").json}
    assert kinds["pledge.made"]["required"][-2:] == ["occurred", "cite"]
    assert not kinds["log.opened"]["recorded_by_hand"]
    described = shell.inside("kinds", "pledge.made").json
    assert described["json_schema"]["type"] == "object"
    assert described["example"]["kind"] == "pledge.made"


def test_kinds_need_no_database(shell: Shell, tmp_path: Path) -> None:
    nowhere = shell.on(f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert nowhere.inside("kinds").code == 0


def test_every_kind_that_people_record_has_an_example(shell: Shell) -> None:
    for kind in shell.inside("kinds").json:
        if kind["recorded_by_hand"]:
            assert shell.inside("kinds", kind["kind"]).json["example"] is not None


@pytest.mark.parametrize(
    ("args", "code", "field", "way_out"),
    [
        (("show", "nowhere"), 3, "negotiation", "correct the name"),
        (("show", SAMPLE, "x/y"), 2, "thing", "name negotiation, actor"),
        (("show", SAMPLE, "pledge/nope"), 3, "slug", "asked for a pledge"),
        (("show", SAMPLE, "nonsense"), 2, "THING/SLUG", "write a thing such as"),
        (("show", "--as-of", "2025-13-01"), 2, "as_of", "a month from 01 to 12"),
        (("show", "--as-of", "2025?"), 2, "as_of", "write 2025"),
        (("show", "--known-at", "1000"), 3, "known_at", "name one of them"),
        (("show", "--known-at", "2025-09-11T12:00"), 2, "known_at", "Z"),
        (("show", "--published-by", "soon"), 2, "published_by", "2025-09-04"),
        (("log", "--kind", "pledge.mad"), 2, "kind", "the list of kinds"),
        (("log", "--from", "yesterday"), 2, "from", "write"),
        (("kinds", "pledge.mad"), 2, "kind", "the list of kinds"),
        (("search", " "), 2, "query", "give the words"),
        (("scenario",), 2, "FILE", "name a file"),
        (("scenario", "nowhere.yaml"), 3, "nowhere.yaml", "check the path"),
    ],
)
def test_a_bad_question_names_the_field_the_rule_and_the_way_out(
    shell: Shell, args: tuple[str, ...], code: int, field: str, way_out: str
) -> None:
    done = shell.inside(*args)
    assert (done.code, done.out) == (code, "")
    first, second = done.err.splitlines()[:2]
    assert first.startswith(f"parley: {field}: ")
    assert second.startswith("        → ")
    assert way_out in second
    assert "Traceback" not in done.err


def test_a_log_without_a_negotiation_says_how_to_get_one(empty: Shell) -> None:
    done = empty.inside("show")
    assert done.code == 3
    assert "parley import case" in done.err


def test_a_log_with_several_negotiations_asks_which(empty: Shell) -> None:
    for case in (SAMPLE, "every-kind"):
        empty.inside("import", "case", case, "--keep-good")
    done = empty.inside("show")
    assert done.code == 2
    assert f"every-kind, {SAMPLE}" in done.err
