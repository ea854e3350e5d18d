"""Mistakes planted in the story rule, each of which the property has to find."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

from domain import story
from tests.story.checks import differences, told_by
from tests.story.histories import History, histories
from tests.story.mutants import Mutant, by_name, module_of, source_of

MOST = 1_000
"""How many histories may go by before a mistake counts as not found; the rarest needs some 100."""

_KEY = "return self.folds_at, self.hi, self.entry.position"
NAMED = (
    Mutant("record order", _KEY, "return self.entry.position, 0, 0"),
    Mutant("start_hi ignored", _KEY, "return self.folds_at, 0, self.entry.position"),
    Mutant(
        "off by one at a bound",
        "_fold((p for p in story.placed if p.folds_at <= minute), evolve)",
        "_fold((p for p in story.placed if p.folds_at < minute), evolve)",
    ),
    Mutant("known bound off by one", "if e.position <= position", "if e.position < position"),
    # Every retraction stands, also one that is itself retracted.
    Mutant(
        "retraction one level deep",
        "        if entry.id not in retracted:\n",
        "        if entry.id not in retracted or isinstance(entry.event, EntryRetracted):\n",
    ),
    # Corrections are collected before retractions had their say, so retracted ones apply.
    Mutant(
        "correction after retraction",
        "    for entry in survivors:\n        if isinstance(entry.event, EntryCorrected):\n",
        "    for entry in entries:\n        if isinstance(entry.event, EntryCorrected):\n",
    ),
    Mutant(
        "undated sorted first",
        _KEY,
        "return (ALWAYS if self.lo is None else self.lo), self.hi, self.entry.position",
    ),
    Mutant("certain from lo", "if p.hi <= minute and", "if p.folds_at <= minute and"),
    Mutant(
        "constraint ignored",
        "before = predecessors(folded)",
        "before = {entry.id: set[UUID]() for entry in folded}",
    ),
    Mutant("tie by id", _KEY, "return self.folds_at, self.hi, self.entry.id.int"),
    # An entry that is linked to another gives way to it, as if the two were one.
    Mutant(
        "link merged",
        "            if isinstance(entry.event, EntryRetracted):\n",
        '            if entry.kind in {"entry.retracted", "entry.linked"}:\n',
    ),
    Mutant(
        "anomaly swallowed",
        "        anomalies += found\n        if state.status != status:\n",
        "        if state.status != status:\n",
    ),
)
"""The twelve that the contract of the story rule names."""

FURTHER = (
    Mutant("certain off by one at a bound", "if p.hi <= minute and", "if p.hi < minute and"),
    Mutant("marks ignored", " and not p.marked", ""),
    Mutant("bounds not raised", "raised[other] = _raise(raised[other], here)", "pass"),
    Mutant("first minute alone raised", "hi=max(placed.hi, predecessor.hi)", "hi=placed.hi"),
    Mutant("undated forgotten", "if p.lo is None and p.hi > minute", "if False"),
    Mutant("dispute folded", "if not _disputes(e, ids)]", "]"),
    Mutant("dispute across things", " and other.stream == entry.stream", ""),
    Mutant("correction that does not fit is not told", "            anomalies += found\n", ""),
)
"""Others that were easily made."""


def finds(rule: ModuleType) -> bool:
    """Whether the property finds a history that this rule tells otherwise than the oracle."""
    drawn = settings(
        max_examples=MOST, derandomize=True, database=None, phases=[Phase.generate], deadline=None
    )

    def is_told_wrong(history: History) -> bool:
        return bool(differences(told_by(rule), history))

    try:
        find(histories(), is_told_wrong, settings=drawn)
    except NoSuchExample:
        return False
    return True


def test_the_contract_names_twelve_mistakes() -> None:
    assert len(set(by_name(NAMED))) == 12


def test_a_copy_of_the_rule_without_a_mistake_survives() -> None:
    assert not finds(module_of(source_of(story)))


@pytest.mark.parametrize("mutant", [*NAMED, *FURTHER], ids=by_name([*NAMED, *FURTHER]))
def test_the_property_finds_every_mistake(mutant: Mutant) -> None:
    assert finds(module_of(mutant.planted_in(source_of(story))))


def test_a_mistake_whose_place_is_gone_is_reported() -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        Mutant("lost", "no such line", "").planted_in(source_of(story))
