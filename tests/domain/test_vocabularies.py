"""The closed lists are those of the wire contract, word for word, and stand where it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from domain import vocabularies
from domain.dates import parse_occurred
from domain.errors import InvalidInput
from domain.event import Event
from domain.registry import KINDS, read_event
from tests.domain.samples.bad_bodies import PLEDGE

# Facts of wire.md: a word more or less is a new schema number of every kind that uses the list.
WORDS = {
    "ActorType": "state entity military igo ngo armed_organization political_party "
    "state_coalition person umbrella unspecified_officials other",
    "StatementType": "utterance position request refusal assessment normative_claim non_decision",
    "Stance": "supports satisfied_with prioritises requires demands hopes offers reluctant "
    "opposes rules_out undecided",
    "PledgeLevel": "floated offered pledged committed",
    "Formality": "treaty agreement joint_declaration public_statement reported_privately",
    "ObligationType": "defense offense neutrality consultation nonaggression force_deployment "
    "military_aid funding enabling_support",
    "ConditionType": "precondition trigger reciprocity resource consent consensus termination "
    "temporal",
    "ThreatMode": "restrict arrest relations expel territory violence",
    "AttackMode": "aerial drone missile heavy_weapons ground cyber sabotage other",
    "Instrument": "sanctions asset_freeze asset_confiscation trade arms_supply force_posture",
    "Relation": "same_event_as restates contradicts duplicate_of",
    "ChainRole": "publisher author interviewer reporter speaker",
    "ChainMode": "direct_quote partial_quote paraphrase reports_that question_presupposition "
    "analyst_inference common_knowledge",
    "ElementType": "force backstop beneficiary_forces arms funding legal_guarantee monitoring "
    "leverage other",
    "DatedBy": "event announcement publication",
    "ConsultationMode": "in_person remote hybrid",
    "PlacePrecision": "point settlement region country",
    "HedgeWord": "reportedly apparently seems presumably suggested would could might potential "
    "hope possible said_to_be",
    "StatementFlag": "historical future hypothetical negated",
}
# Where each list is used: the kind or part, and its field.
USED = {
    "ActorRegistered.type": "ActorType",
    "StatementMade.statement_type": "StatementType",
    "StatementMade.stance": "Stance",
    "StatementMade.flags": "StatementFlag",
    "PledgeMade.level": "PledgeLevel",
    "PledgeStrengthened.level": "PledgeLevel",
    "PledgeMade.formality": "Formality",
    "PledgeChanges.formality": "Formality",
    "PledgeMade.obligation_type": "ObligationType",
    "PledgeChanges.obligation_type": "ObligationType",
    "PledgeMade.dated_by": "DatedBy",
    "ConditionStated.condition_type": "ConditionType",
    "ThreatIssued.mode": "ThreatMode",
    "AttackCarriedOut.modes": "AttackMode",
    "Place.precision": "PlacePrecision",
    "EntryLinked.relation": "Relation",
    "ChainLink.role": "ChainRole",
    "ChainLink.mode": "ChainMode",
    "Hedge.hedge": "HedgeWord",
    **{f"Element{step}.element_type": "ElementType" for step in ("Defined", "Redefined")},
    **{
        f"Consultation{step}.mode": "ConsultationMode"
        for step in ("Scheduled", "Held", "Started", "Ended", "Cancelled")
    },
    **{
        f"Measure{step}.instrument": "Instrument"
        for step in ("Considered", "Proposed", "Threatened", "Adopted", "Lifted", "Rejected")
    },
}
# What the design page calls each list.
ON_THE_PAGE = {
    "actor type": "ActorType",
    "statement type": "StatementType",
    "stance": "Stance",
    "pledge level": "PledgeLevel",
    "formality": "Formality",
    "obligation": "ObligationType",
    "condition type": "ConditionType",
    "threat mode": "ThreatMode",
    "attack mode": "AttackMode",
    "measure instrument": "Instrument",
    "relation": "Relation",
    "chain mode": "ChainMode",
    "element type": "ElementType",
    "dated_by": "DatedBy",
    "consultation mode": "ConsultationMode",
    "place precision": "PlacePrecision",
    "hedge": "HedgeWord",
    "flags": "StatementFlag",
    "Roles": "ChainRole",
}
WIRE = Path(__file__).parents[3] / "shared" / "design" / "wire.md"


def lists() -> dict[str, tuple[str, ...]]:
    """The closed lists of the domain by name."""
    members = vars(vocabularies).items()
    return {name: get_args(hint) for name, hint in members if get_origin(hint) is Literal}


def words_in(hint: object) -> Iterator[tuple[str, ...]]:
    """The lists of words in a type."""
    if get_origin(hint) is Literal:
        yield get_args(hint)
    else:
        for inner in get_args(hint):
            yield from words_in(inner)


def models_in(hint: object) -> Iterator[type[BaseModel]]:
    """A kind or part, and the parts within it."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
        for field in hint.model_fields.values():
            yield from models_in(field.annotation)
    for inner in get_args(hint):
        yield from models_in(inner)


def uses() -> dict[str, str]:
    """Each field that takes words of a list, and the name of the list."""
    names = {words: name for name, words in lists().items()}
    models: set[type[BaseModel]] = {model for kind in KINDS.values() for model in models_in(kind)}
    return {
        f"{model.__name__}.{field}": names[words]
        for model in models
        for field, hint in get_type_hints(model).items()
        if field in model.model_fields and field != "kind"
        for words in words_in(hint)
    }


def test_the_lists_are_those_of_the_contract_word_for_word() -> None:
    assert lists() == {name: tuple(words.split()) for name, words in WORDS.items()}


def test_every_list_stands_where_the_contract_says_and_nowhere_else() -> None:
    assert uses() == USED
    assert set(USED.values()) == set(WORDS)


def test_every_word_is_lower_case_and_stands_once_in_its_list() -> None:
    for words in lists().values():
        assert len(set(words)) == len(words)
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", word) for word in words)


@pytest.mark.parametrize("level", WORDS["PledgeLevel"].split())
def test_a_word_of_the_list_is_taken_and_any_other_spelling_is_not(level: str) -> None:
    event = read_event(PLEDGE | {"level": level})
    assert event.data()["level"] == level
    for other in (level.upper(), f"{level} ", level[:-1], ""):
        with pytest.raises(InvalidInput, match="none of the allowed words"):
            read_event(PLEDGE | {"level": other})


@pytest.mark.parametrize("mark", "?~%")
def test_a_date_carries_one_of_three_marks(mark: str) -> None:
    assert parse_occurred(f"2025{mark}").marked
    assert not parse_occurred("2025").marked


@pytest.mark.parametrize("mark", "*!#^")
def test_a_date_carries_no_other_mark(mark: str) -> None:
    with pytest.raises(InvalidInput):
        parse_occurred(f"2025{mark}")


def test_the_texts_of_the_contract_that_no_list_closes_are_free() -> None:
    free: dict[str, Any] = {"kind": "statement.made", "slug": "s", "statement_type": "utterance"}
    spoken = {"speakers": [{"actor": "a", "office": "Anything"}], "summary": "Anything."}
    world = {"occurred": "2025", "cite": [{"source": "s"}]}
    event: Event = read_event(
        {**free, **spoken, **world, "topics": ["any-slug"], "strength": "Any"}
    )
    assert event.data()["topics"] == ["any-slug"]


@pytest.mark.skipif(not WIRE.exists(), reason="the design pages are not at hand")
def test_the_lists_are_those_of_the_design_page() -> None:
    text = WIRE.read_text("utf-8")
    section = text.split("## Vocabularies")[1]
    roles = re.search(r"(?s)Roles:(.+?);", text)
    assert roles is not None
    found = {"Roles": roles[1]}
    for line in re.findall(r"(?m)^- (.+)$", section):
        for part in line.split(" · "):
            name, colon, words = part.partition(":")
            if colon:
                found[re.sub(r" \(.+\)", "", name)] = words
    del found["date carries"]
    assert {
        ON_THE_PAGE[name]: " ".join(re.sub(r"\(.+?\)", "", words).replace(",", " ").split())
        for name, words in found.items()
    } == WORDS
