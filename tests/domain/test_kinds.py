"""Every kind is what the wire contract says, is shown by an example, and comes back as it went."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from audit.leaf import format_canonical, parse_canonical
from domain.bounds import Span
from domain.event import ENVELOPE, Event, LogEvent, Registration, WorldEvent, needs_occurred
from domain.registry import KINDS, THINGS, read_data, read_event, schema_of
from exchange.cases import read_case, write_case
from exchange.mapping import CaseEntry, resolve, to_case_entries
from tests.domain.samples import every_kind
from tests.domain.samples.make_samples import LOG_BODIES, leaf_of, read_leaf

# What wire.md says, kind by kind: required | optional attributes of `data`. These are
# facts that stored bytes depend on; none is ever changed without a new schema number.
CONTRACT = """
actor.registered | name type | names iso wikidata cardinality_reported members_known
actor.renamed | name |
actor.merged | into | reason
actor.office_taken actor.office_left | office of |
actor.member_joined actor.member_left | member |
source.registered | title published | publisher authors url language reliability
source.archived | sha256 media_type size |
negotiation.opened | title | parties
negotiation.closed | outcome |
element.defined element.redefined | title element_type | description
issue.raised | question | elements owners parent
issue.narrowed | text |
issue.settled | answer |
issue.lapsed issue.reopened | | reason
condition.stated | text condition_type | any_of all_of met_by
condition.met condition.failed condition.waived | | note
statement.made | statement_type speakers summary \
    | audience about issues elements topics stance strength rationale flags
pledge.made | level pledgors beneficiaries summary \
    | elements components cardinality_reported obligation_type formality due testable dated_by
pledge.strengthened | level |
pledge.amended | set |
pledge.allocated | components |
pledge.delivered | components complete |
pledge.stalled pledge.resumed pledge.withdrawn pledge.expired | | summary reason note
threat.issued | issuer targets mode summary \
    | threatened_action conditional trigger scope against
threat.repeated threat.withdrawn | | summary reason note
threat.carried_out | by | summary reason note
attack.carried_out | perpetrator target_country modes summary \
    | munitions places targets casualties superlatives
attack.reassessed | | munitions places targets casualties superlatives
consultation.scheduled consultation.held consultation.started consultation.ended \
    consultation.cancelled | participants summary | place topics mode
measure.considered measure.proposed measure.threatened measure.adopted measure.lifted \
    measure.rejected | instrument by summary | on purpose any_of
agreement.reached agreement.entered_into_force agreement.breached agreement.ended \
    | title parties | instrument_type
entry.corrected | entry schema reason | set unset
entry.retracted | entry reason | replaced_by
entry.endorsed | entry | note
entry.linked | entry relation to | hedges note
log.opened | origin leaf rules parley |
log.key_rotated | key retires |
log.reopened | origin predecessor lost reason approvers |
"""
PARTS = """
ActorRegistered.names: text lang |
ConditionStated.met_by: thing | status
StatementMade.speakers: actor | on_behalf_of office
PledgeMade.components: key | element text quantity unit currency gates
ThreatIssued.against: | elements pledges
AttackCarriedOut.munitions: model | launched intercepted not_reached launched_from note
AttackCarriedOut.places: name | precision lat lon
AttackCarriedOut.targets: name | civilian
AttackCarriedOut.casualties: | killed injured
Casualties.killed: | best low high
AttackCarriedOut.superlatives: claim | unit scope as_of
EntryLinked.hedges: hedge cue |
Event.cite: source | row supports locator chain
Citation.locator: | exact prefix suffix start end sha256
Citation.chain: actor role mode | hedges
"""
OF_EVERY_WORLD_EVENT = {"after", "before", "contradicts", "occurred_phrase", "occurred_anchor"}
NO_DATE = r"actor\.(registered|renamed|merged)|(source|element|entry|log)\..*"
WIRE = Path(__file__).parents[3] / "shared" / "design" / "wire.md"


def contract() -> dict[str, tuple[set[str], set[str]]]:
    """The required and the optional attributes of each kind."""
    found = {}
    for line in CONTRACT.replace("\\\n", "").strip().splitlines():
        kinds, required, optional = line.split("|")
        for kind in kinds.split():
            found[kind] = set(required.split()), set(optional.split())
    return found


def fields_of(model: type[BaseModel]) -> tuple[set[str], set[str]]:
    """The required and the optional fields of a model, as the wire calls them."""
    named = {field.alias or name: field for name, field in model.model_fields.items()}
    required = {name for name, field in named.items() if field.is_required()}
    return required, set(named) - required


def parts_in(hint: object) -> Iterator[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for inner in get_args(hint):
        yield from parts_in(inner)


def models(root: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every part within it."""
    yield root
    for field in root.model_fields.values():
        for part in parts_in(field.annotation):
            yield from models(part)


ALL_MODELS: list[type[BaseModel]] = [Event, *(m for cls in KINDS.values() for m in models(cls))]
PERSONS_KINDS = sorted(kind for kind, cls in KINDS.items() if not issubclass(cls, LogEvent))


# --- the contract -------------------------------------------------------------------


def test_there_are_the_kinds_of_the_contract_and_no_others() -> None:
    assert sorted(KINDS) == sorted(contract())
    assert len(KINDS) == 60


@pytest.mark.parametrize(("kind", "required", "optional"), [(k, *v) for k, v in contract().items()])
def test_a_kind_requires_and_allows_what_the_contract_says(
    kind: str, required: set[str], optional: set[str]
) -> None:
    found_required, found_optional = fields_of(KINDS[kind])
    world = issubclass(KINDS[kind], WorldEvent)
    assert found_required - ENVELOPE == required
    assert found_optional - ENVELOPE == optional | (OF_EVERY_WORLD_EVENT if world else set())


@pytest.mark.parametrize("line", PARTS.strip().splitlines())
def test_a_part_requires_and_allows_what_the_contract_says(line: str) -> None:
    where, _, fields = line.partition(":")
    owner, _, name = where.partition(".")
    model = next(m for m in ALL_MODELS if m.__name__ == owner)
    (part,) = parts_in(model.model_fields[name].annotation)
    required, optional = (set(each.split()) for each in fields.split("|"))
    assert fields_of(part) == (required, optional)


def test_an_amendment_may_change_all_terms_but_the_level_and_how_it_is_dated() -> None:
    (changes,) = parts_in(KINDS["pledge.amended"].model_fields["set"].annotation)
    required, optional = contract()["pledge.made"]
    assert fields_of(changes) == (set(), (required | optional) - {"level", "dated_by"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_wire_name_is_the_topic_and_begins_with_the_thing(kind: str) -> None:
    cls = KINDS[kind]
    assert kind == cls.TOPIC
    assert kind.partition(".")[0] == cls.THING
    assert cls.THING in {*THINGS, "entry", "log"}
    assert cls.class_version == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_date_where_the_contract_wants_one(kind: str) -> None:
    cls = KINDS[kind]
    assert (not issubclass(cls, WorldEvent)) == bool(re.fullmatch(NO_DATE, kind))
    assert issubclass(cls, Registration) == bool(
        re.fullmatch(NO_DATE, kind) and cls.THING not in {"entry", "log"}
    )
    assert needs_occurred(cls) == (issubclass(cls, WorldEvent) and cls.THING != "negotiation")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_json_schema_closed_to_other_fields(kind: str) -> None:
    schema = schema_of(kind)
    required, optional = fields_of(KINDS[kind])
    assert set(schema["properties"]) == required | optional
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"]["const"] == kind
    assert schema["description"]


@pytest.mark.skipif(not WIRE.exists(), reason="the design pages are not at hand")
def test_the_contract_is_that_of_the_design_page() -> None:
    table = WIRE.read_text("utf-8").split("| kind | data |\n|---|---|\n")[1].split("\n\n")[0]
    seen: set[str] = set()
    for row in table.splitlines():
        first, _, cell = row.strip("| ").partition(" | ")
        thing = first.partition(".")[0]
        kinds = [k if "." in k else f"{thing}.{k}" for k in first.split(" · ")]
        required = {name for kind in kinds for name in contract()[kind][0]}
        optional = {name for kind in kinds for name in contract()[kind][1]}
        marked = ", ".join(re.findall(r"\*\*(.+?)\*\*", cell))
        bold = set(re.sub(r"\[\{.*?\}\]", "", marked).split(", "))
        assert bold - {"key"} == required - {"key"}, row
        if "the figures" not in cell:
            assert optional <= set(re.findall(r"[a-z_]+", cell)), row
        seen |= set(kinds)
    assert seen == set(KINDS)


# --- the case in which every kind occurs ---------------------------------------------


def test_the_case_shows_every_kind_a_person_may_record() -> None:
    assert sorted(every_kind.examples()) == PERSONS_KINDS


def test_the_story_rule_accepts_every_entry_of_the_case_in_its_order() -> None:
    log = every_kind.recorded()
    assert len(log) == len(every_kind.read_case().entries)
    assert [entry.position for entry in log] == list(range(1, len(log) + 1))


def shown_by(model: BaseModel) -> Iterator[tuple[type[BaseModel], str]]:
    """The fields that a body gave, with the kind or part they are fields of."""
    for name in model.model_fields_set:
        yield type(model), name
        value = getattr(model, name)
        for member in value if isinstance(value, tuple) else (value,):
            if isinstance(member, BaseModel):
                yield from shown_by(member)


SHOWN = {
    found
    for entry in every_kind.read_case().entries
    for found in shown_by(every_kind.event_of(entry))
}


@pytest.mark.parametrize("model", dict.fromkeys(m for k in PERSONS_KINDS for m in models(KINDS[k])))
def test_the_case_shows_every_field_of_every_kind_and_part(model: type[BaseModel]) -> None:
    of_any_kind = {"id", "occurred", "cite", *OF_EVERY_WORLD_EVENT}
    left_out = of_any_kind if issubclass(model, Event) else set()
    assert set(model.model_fields) - left_out <= {name for cls, name in SHOWN if cls is model}


def test_the_case_shows_what_every_world_event_may_carry() -> None:
    shown = {name for cls, name in SHOWN if issubclass(cls, WorldEvent)}
    assert shown >= {"occurred", "cite", *OF_EVERY_WORLD_EVENT}


def test_every_locator_of_the_case_stands_in_the_text_that_lies_here() -> None:
    text = Path(every_kind.__file__).with_name("courier-2024-06-12.txt").read_text("utf-8")
    archived = every_kind.examples()["source.archived"].body
    found = 0
    for entry in every_kind.read_case().entries:
        for cited in every_kind.event_of(entry).cite:
            if (at := cited.locator) is not None:
                assert at.start is not None
                assert at.exact == text[at.start : at.end]
                assert text[: at.start].endswith(at.prefix or "")
                assert text[at.end :].startswith(at.suffix or "")
                assert at.sha256 == archived["sha256"]
                found += 1
    assert found >= 5
    assert len(text.encode()) == int(archived["size"])


# --- round trips ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [pytest.param(n, id=e.key) for n, e in enumerate(every_kind.read_case().entries)]
)
def test_an_entry_goes_from_yaml_to_the_leaf_and_back_to_the_same_yaml(number: int) -> None:
    case = every_kind.read_case()
    written, entry = case.entries[number], every_kind.recorded()[number]
    leaf = leaf_of(entry)
    event = read_leaf(leaf).event
    assert event.model_copy(update={"id": None}) == entry.event
    assert format_canonical(parse_canonical(leaf)) == leaf

    body = {name: value for name, value in event.body().items() if name != "id"}
    asked = resolve(written, every_kind.ids(), case.by_key())
    assert typeless(body) == typeless(asked)
    assert read_event(body) == entry.event


def test_the_whole_case_comes_back_from_the_log_as_it_was_written(tmp_path: Path) -> None:
    case = every_kind.read_case()
    back = to_case_entries(every_kind.recorded())
    path = tmp_path / "back.yaml"
    path.write_text(write_case(case.negotiation, back), "utf-8")
    read = read_case(path)
    assert [typeless(as_yaml(e)) for e in read.entries] == [
        typeless(as_yaml(e)) for e in case.entries
    ]


@pytest.mark.parametrize("kind", LOG_BODIES)
def test_what_the_log_says_about_itself_comes_back_from_its_body(kind: str) -> None:
    event = read_event({"kind": kind, **LOG_BODIES[kind]})
    assert event.body() == {"kind": kind, **LOG_BODIES[kind]}
    assert read_data(kind, 1, {}, event.data()) == event


def test_the_bounds_of_an_entry_come_back_from_the_leaf() -> None:
    spans = [entry.span for entry in every_kind.recorded() if entry.span is not None]
    assert all(Span.from_leaf(span.to_leaf()) == span for span in spans)
    assert any(span.narrowed_lo is not None for span in spans)


def as_yaml(entry: CaseEntry) -> dict[str, Any]:
    return {"key": entry.key, **entry.body}


def typeless(value: object) -> object:
    """The value as YAML texts: a bare number is the text it is written as."""
    if isinstance(value, dict):
        return {name: typeless(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [typeless(inner) for inner in value]
    return value if isinstance(value, bool) else str(value)
