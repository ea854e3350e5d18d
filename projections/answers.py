"""What an answer looks like: the shapes that every projection fills and every surface shows.

An answer is plain data in a fixed order, so that equal answers are equal bytes.
Each item names the events that decided it, so that it can be followed to its
sources and recomputed from an export. `status` is what may be so by then;
`certain_status` is what follows from the events that have begun for certain, and
differs where a date is open.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.things.attack import Casualties, Munition, Superlative
from domain.things.condition import MetBy
from domain.things.statement import Speaker

Certainty = Literal["possible", "certain"]
NOT_YET_RATED = "not_yet_rated"
"""No evidence is no rating: it never reads as "not done"."""


class Answer(BaseModel):
    """A part of an answer: frozen, closed, and dumped in the order of its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Cause(Answer):
    """An event behind an item: its place in the log, its id, and when it was, as EDTF.

    `corrected_by` are the positions of the last corrections that made it what it is.
    """

    position: int
    id: UUID
    occurred: str | None = None
    corrected_by: tuple[int, ...] = ()


class HedgeItem(Answer):
    """A softening word, and the words that stand in the source."""

    hedge: str
    cue: str


class VoiceItem(Answer):
    """One voice of the chain: who hands the claim on, how, and with which reservations."""

    actor: str
    role: str
    mode: str
    hedges: tuple[HedgeItem, ...]


class Attribution(Answer):
    """Who says so: the source, what it supports, the quoted words, and the chain of voices."""

    source: str
    supports: tuple[str, ...]
    quote: str | None
    chain: tuple[VoiceItem, ...]


class Relation(Answer):
    """A link to another thing; `perhaps` where the link itself is hedged."""

    relation: str
    to: str
    perhaps: bool
    note: str | None = None


class Report(Answer):
    """Another report of what is, or perhaps is, the same event; it is not counted again."""

    stream: str
    status: str
    summary: str
    perhaps: bool
    deciding: tuple[Cause, ...]
    according_to: tuple[Attribution, ...] = ()


class Item(Answer):
    """One thing as it stands."""

    slug: str = Field(description="The name within its sort.")
    stream: str = Field(description="Where its entries stand: negotiation, sort and name.")
    status: str = Field(description="What may be so by then.")
    certain_status: str | None = Field(description="What is so for certain, whatever the dates.")
    summary: str = Field(description="What it is, in words.")
    since: str | None = Field(description="When its status began, in the words of the record.")
    deciding: tuple[Cause, ...] = Field(description="What opened it, and its last events.")
    more_events: bool = Field(description="Whether there were others between those.")
    according_to: tuple[Attribution, ...] = Field(
        default=(), description="Whose words describe the thing."
    )
    since_according_to: tuple[Attribution, ...] = Field(
        default=(), description="Who tells of its status, where these are others."
    )
    reports: tuple[Report, ...] = Field(
        default=(), description="Other reports of what is, or perhaps is, the same event."
    )
    related: tuple[Relation, ...] = Field(default=(), description="Links to other things.")
    disputed_by: tuple[Cause, ...] = Field(default=(), description="Events that contradict it.")
    order_unknown: tuple[Cause, ...] = Field(default=(), description="Events in no known order.")


class Behind(Answer):
    """An actor behind an element or a pledge; a group stands once, for its members.

    `reported` is how many members a source says it has (1 for a single actor),
    `known` how many are known by name, and `members` those of whom it is known that
    they are in it: what the group pledges is theirs through the group only.
    """

    actor: str
    name: str
    reported: int
    known: int
    members: tuple[str, ...] = ()


class ElementItem(Item):
    """A part of the framework: `status` is the highest rung of a live pledge that names it.

    Where every such pledge has ended it is how they ended, and `not_yet_rated` where there is none.
    """

    element_type: str
    description: str | None
    operative: bool
    certainly_operative: bool
    pledges: tuple[str, ...]
    behind: tuple[Behind, ...]
    actors_reported: int
    actors_known: int
    issues: tuple[str, ...]
    threats: tuple[str, ...]


class Amount(Answer):
    """A quantity in its own unit and currency; a decimal as text."""

    quantity: str
    unit: str | None
    currency: str | None


class ComponentItem(Answer):
    """A part of a pledge, what was last said to be allocated and delivered of it, and its gates."""

    key: str
    element: str | None
    text: str | None
    quantity: str | None
    unit: str | None
    currency: str | None
    allocated: Amount | None
    delivered: Amount | None
    gates: tuple[str, ...]
    gates_met: bool
    operative: bool


class PledgeItem(Item):
    """A pledge: its rung stays beside a side state such as stalled."""

    rung: str
    certain_rung: str | None
    pledgors: tuple[Behind, ...]
    beneficiaries: tuple[str, ...]
    elements: tuple[str, ...]
    components: tuple[ComponentItem, ...]
    cardinality_reported: int | None
    obligation_type: str | None
    formality: str | None
    dated_by: str | None
    due: str | None
    overdue: bool
    conditional_pending: bool
    operative: bool
    certainly_operative: bool
    threatened_by: tuple[str, ...]


class Gated(Answer):
    """What a condition gates."""

    pledge: str
    component: str


class ConditionItem(Item):
    """A condition; `decided_by` says where its status comes from, and `since` only of its own."""

    condition_type: str
    decided_by: Literal["itself", "any_of", "all_of", "met_by"]
    any_of: tuple[str, ...]
    all_of: tuple[str, ...]
    met_by: MetBy | None
    gates: tuple[Gated, ...]


class IssueItem(Item):
    """An open or closed question."""

    text: str | None
    answer: str | None
    elements: tuple[str, ...]
    owners: tuple[str, ...]
    parent: str | None


class StanceItem(Answer):
    """One stance that somebody took: which statement, who spoke, and the word for it."""

    statement: str
    speaker: str
    stance: str


class PositionItem(Item):
    """Where an actor stands on an issue, an element or a topic."""

    actor: str
    on: Literal["issue", "element", "topic"]
    about: str
    speaker: str
    statement: str
    statement_type: str
    strength: str | None
    rationale: str | None
    flags: tuple[str, ...]
    dated: bool
    replaced: StanceItem | None
    at_odds: tuple[StanceItem, ...]


class StatementItem(Item):
    """Something said or held."""

    statement_type: str
    speakers: tuple[Speaker, ...]
    audience: tuple[str, ...]
    stance: str | None
    strength: str | None
    about: str | None
    issues: tuple[str, ...]
    elements: tuple[str, ...]
    topics: tuple[str, ...]
    rationale: str | None
    flags: tuple[str, ...]


class ThreatItem(Item):
    """A threat; it stands until it is withdrawn, and again when it is repeated."""

    issuer: str
    targets: tuple[str, ...]
    mode: str
    threatened_action: str | None
    conditional: bool | None
    trigger: str | None
    scope: str | None
    against_elements: tuple[str, ...]
    against_pledges: tuple[str, ...]


class AttackItem(Item):
    """One attack."""

    perpetrator: str
    target_country: str
    modes: tuple[str, ...]
    launched: int | None
    intercepted: int | None
    munitions: tuple[Munition, ...]
    casualties: Casualties | None
    targets: tuple[str, ...]
    places: tuple[str, ...]
    superlatives: tuple[Superlative, ...]


class WindowCount(Answer):
    """Attacks in a window up to the date: those certainly in it, and those that may be as well."""

    days: int | None
    certain: int
    possible: int


class Attacks(Answer):
    """Attacks so far: counts by window, the largest by munitions launched, and the last to begin.

    One of which nobody says since when is the last only where no other is known.
    """

    windows: tuple[WindowCount, ...]
    largest: AttackItem | None
    last: AttackItem | None


class MeasureItem(Item):
    """A measure such as sanctions, from considered to lifted."""

    instrument: str
    by: tuple[str, ...]
    on: tuple[str, ...]
    purpose: str | None
    any_of: tuple[str, ...]


class AgreementItem(Item):
    """An agreement."""

    parties: tuple[str, ...]
    instrument_type: str | None


class ConsultationItem(Item):
    """A meeting, or talks that last."""

    participants: tuple[str, ...]
    topics: tuple[str, ...]
    place: str | None
    mode: str | None


class AnomalyItem(Answer):
    """A step that a story cannot take, as it stands in the order of the world."""

    stream: str
    code: str
    rule: str
    entry: Cause
    clashes_with: Cause | None


class UndatedItem(Answer):
    """A claim without a beginning that has not folded yet: it may already have held."""

    stream: str
    kind: str
    summary: str
    event: Cause


class Known(Answer):
    """What was known: the log up to a position.

    `closed` says that nothing can be added to it any more, so that the answer is
    for ever; `recorded_at` is when the last of it was learnt (RFC 3339), None
    for an empty log.
    """

    position: int
    recorded_at: str | None
    closed: bool


class Question(Answer):
    """What was asked: both clocks, the third where it was given, and the rules that answered."""

    negotiation: str
    as_of: str
    known_at: Known
    published_by: str | None
    certainty: Certainty
    rules: int


class Framework(Answer):
    """The guarantee framework of a negotiation as of a date, as known at a position."""

    question: Question
    title: str | None
    status: str | None
    outcome: str | None
    empty_because: str | None
    elements: tuple[ElementItem, ...]
    pledges: tuple[PledgeItem, ...]
    conditions: tuple[ConditionItem, ...]
    issues: tuple[IssueItem, ...]
    positions: tuple[PositionItem, ...]
    statements: tuple[StatementItem, ...]
    threats: tuple[ThreatItem, ...]
    attacks: Attacks
    measures: tuple[MeasureItem, ...]
    agreements: tuple[AgreementItem, ...]
    consultations: tuple[ConsultationItem, ...]
    anomalies: tuple[AnomalyItem, ...]
    undated: tuple[UndatedItem, ...]
