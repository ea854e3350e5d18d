"""The sample case says what its source says, once, in words of its own.

The files are read here without the importer, so that a fault of the importer
cannot hide a fault of the case.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
import yaml

from domain.entry import stream_of
from domain.event import Event, ThingEvent
from domain.references import references
from domain.registry import read_event

NEGOTIATION = "ukraine-security-guarantees"
CASE = files("exchange").joinpath("cases", NEGOTIATION)
# The source is copyrighted and so no part of the repository; some of us have it beside it.
SOURCE = Path(__file__).parents[3] / "shared" / "seed" / "source.txt"
needs_source = pytest.mark.skipif(not SOURCE.exists(), reason="the source text is not at hand")

ROWS = [*(f"S{number:02}" for number in range(1, 52)), "S05a-c"]
INTERVIEWERS_ROWS = {"S01", "S02", "S03", "S04", "S13", "S20", "S27", "S51"}
UNTIL_PUBLISHED = "S09 S10 S11 S18 S19 S21 S22 S26 S27 S28 S29 S33 S50"
DATES = {
    "2024": "S23",
    "[2024..2025-09-11]": "S32",
    "2025-08": "S37 S38",
    "[..2025-08]": "S34 S35",
    "[2025-08..2025-09-11]": "S39 S40 S41",
    "[2025-09-01..2025-09-07]": "S03 S04 S14",
    "[2025-09-01..2025-09-11]": "S15 S16",
    "2025-09-04": "S01 S02 S05 S05a-c S06 S07",
    "2025-09-06/2025-09-07": "S43 S44 S45",
    "2025-09-11": "S08 S12 S13 S17 S20 S24 S25 S30 S31 S42 S46 S47 S48 S49 S51",
    "[..2025-09-11]": UNTIL_PUBLISHED,
    None: "S36",
}
HEDGES = {
    "S08": [("would", "would")],
    "S17": [("could", "could")],
    "S20": [("potential", "potential")],
    "S22": [("could", "could")],
    "S23": [("possible", "possible"), ("might", "might")],
    "S25": [("would", "would be able")],
    "S28": [("seems", "seem to have")],
    "S29": [("seems", "seem to have"), ("might", "might")],
    "S31": [("presumably", "Presumably"), ("might", "might")],
    "S38": [("suggested", "suggested")],
    "S39": [("reportedly", "reportedly")],
    "S40": [("reportedly", "reportedly")],
    "S41": [("hope", "hope")],
    "S42": [("apparently", "it appears")],
    "S46": [("seems", "seems")],
}
QUOTED_BY_THE_SOURCE = {
    "backstop",
    "central element of security guarantees",
    "coalition of the willing",
    "especially during the ongoing hostilities",
    "legitimate targets",
    "reassurance",
}
LONGEST_SUMMARY = 170
LONGEST_RUN = 5

Entry = dict[str, Any]


def read_files() -> list[tuple[str, Any]]:
    paths = sorted((p for p in CASE.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name)
    return [(path.name, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths]


def read_entries() -> list[Entry]:
    return [entry for _, content in read_files() for entry in content["entries"]]


def citations() -> list[tuple[Entry, Any]]:
    return [(entry, cited) for entry in read_entries() for cited in entry.get("cite", ())]


def typed(entry: Entry) -> Event:
    """The entry as the domain reads it, with import keys turned into ids."""
    body = {name: value for name, value in entry.items() if name != "key"}
    for name in ("entry", "to"):
        if name in body:
            body[name] = str(uuid5(NAMESPACE_URL, body[name]))
    for name in ("after", "before", "contradicts"):
        if name in body:
            body[name] = [str(uuid5(NAMESPACE_URL, key)) for key in body[name]]
    return read_event(body)


def texts_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            # A quotation is meant to be the source's; every other text is ours.
            if name != "locator":
                yield from texts_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts_of(member)
    elif isinstance(value, str):
        yield value


def shared_runs(ours: str, theirs: str) -> set[str]:
    """The runs of more than LONGEST_RUN words that two texts share."""
    length = LONGEST_RUN + 1

    def runs(text: str) -> set[str]:
        words = re.findall(r"[\w']+", text.lower().replace("’", "'"))
        return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}

    return runs(ours) & runs(theirs)


def test_every_row_of_the_table_is_the_row_of_exactly_one_citation() -> None:
    found = Counter(cited["row"] for _, cited in citations() if "row" in cited)
    assert found == Counter(ROWS)
    assert len(ROWS) == 52


def test_every_row_stands_at_the_date_the_table_gives_it() -> None:
    expected = {row: date for date, rows in DATES.items() for row in rows.split()}
    found = {c["row"]: entry.get("occurred") for entry, c in citations() if "row" in c}
    assert found == expected


def test_every_hedge_of_the_table_is_kept_with_the_word_that_makes_it() -> None:
    found: dict[str, list[tuple[str, str]]] = {}
    for _, cited in citations():
        hedges = [hedge for voice in cited["chain"] for hedge in voice.get("hedges", ())]
        if "row" in cited and hedges:
            found[cited["row"]] = [(hedge["hedge"], hedge["cue"]) for hedge in hedges]
    assert found == HEDGES


def test_the_interviewer_and_the_author_never_speak_in_one_chain() -> None:
    for _, cited in citations():
        voices = [voice["actor"] for voice in cited["chain"]]
        assert voices[0] == "brookings"
        second = "interviewer" if cited.get("row") in INTERVIEWERS_ROWS else "pifer"
        assert voices[1] == second or "row" not in cited
        assert len({"interviewer", "pifer"} & set(voices)) == 1


def test_every_file_says_what_it_is() -> None:
    for name, content in read_files():
        assert set(content) == {"format", "negotiation", "entries"}, name
        assert (content["format"], content["negotiation"]) == ("parley-case", NEGOTIATION), name


def test_yaml_has_not_read_a_field_name_as_a_truth_value() -> None:
    assert all(isinstance(name, str) for entry in read_entries() for name in entry)


def test_every_import_key_is_used_once() -> None:
    keys = Counter(entry["key"] for entry in read_entries())
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_thing_is_opened_once_and_every_reference_names_an_earlier_entry() -> None:
    # Alternatives name each other, so that one of them has to name a later one.
    known = {f"{NEGOTIATION}/measure/{name}" for name in alternatives()}
    opened: set[str] = set()
    for entry in read_entries():
        event = typed(entry)
        for reference in references(event):
            is_event = reference.to == "event"
            name = str(reference.name) if is_event else reference.stream(NEGOTIATION)
            assert name in known, f"{entry['key']}: {reference.field} names {reference.name}"
        if isinstance(event, ThingEvent):
            stream = stream_of(event, NEGOTIATION)
            assert (stream not in opened) == event.OPENS, entry["key"]
            opened.add(stream)
            known.add(stream)
        known.add(str(uuid5(NAMESPACE_URL, entry["key"])))


def alternatives() -> dict[str, list[str]]:
    return {e["slug"]: e["any_of"] for e in read_entries() if e["kind"].startswith("measure.")}


def test_alternative_measures_name_each_other() -> None:
    assert alternatives() == {
        "more-sanctions": ["reserves-confiscation"],
        "reserves-confiscation": ["more-sanctions"],
    }


def test_only_words_that_the_source_itself_quotes_are_quoted() -> None:
    locators = [cited["locator"] for _, cited in citations() if "locator" in cited]
    assert {locator["exact"] for locator in locators} == QUOTED_BY_THE_SOURCE
    assert all(set(locator) == {"exact", "start", "end", "sha256"} for locator in locators)


def test_every_summary_is_one_short_sentence() -> None:
    summaries = [entry["summary"] for entry in read_entries() if "summary" in entry]
    for summary in summaries:
        assert len(summary) <= LONGEST_SUMMARY, summary
        assert summary.endswith("."), summary
        assert not re.search(r"[.?!] [A-Z]", summary.replace("U.S. ", "US ")), summary
    assert len(set(summaries)) == len(summaries)


def test_a_borrowed_run_of_six_words_is_found_and_one_of_five_is_not() -> None:
    theirs = "The cat's bowl stood empty, and nobody came."
    assert shared_runs("He said the cat’s bowl stood empty and went.", theirs) == {
        "the cat's bowl stood empty and"
    }
    assert shared_runs("The cat's bowl stood empty or full.", theirs) == set()


@needs_source
def test_no_text_of_the_case_borrows_a_run_of_words_from_the_source() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    for entry in read_entries():
        for text in texts_of(entry):
            assert shared_runs(text, source) == set(), entry["key"]


@needs_source
def test_every_quotation_stands_in_the_source_where_its_locator_says() -> None:
    raw = SOURCE.read_bytes()
    text = raw.decode("utf-8")
    for entry, cited in citations():
        if locator := cited.get("locator"):
            assert text[locator["start"] : locator["end"]] == locator["exact"], entry["key"]
            assert locator["sha256"] == hashlib.sha256(raw).hexdigest()
