"""The closed lists of the record; part of every kind's schema number.

Each name stands for a list of lower-case words that is never changed in
place: a word more or less is a new schema number with an upcaster. The terms
are those of the field: PA-X (actor types), ATOP (obligations), PLOVER (threat
and attack modes), the Kiel Ukraine Support Tracker (the pledge ladder).
"""

from __future__ import annotations

from typing import Literal

ActorType = Literal[
    "state",
    "entity",
    "military",
    "igo",
    "ngo",
    "armed_organization",
    "political_party",
    "state_coalition",
    "person",
    "umbrella",
    "unspecified_officials",
    "other",
]
StatementType = Literal[
    "utterance",
    "position",
    "request",
    "refusal",
    "assessment",
    "normative_claim",
    "non_decision",
]
Stance = Literal[
    "supports",
    "satisfied_with",
    "prioritises",
    "requires",
    "demands",
    "hopes",
    "offers",
    "reluctant",
    "opposes",
    "rules_out",
    "undecided",
]
PledgeLevel = Literal["floated", "offered", "pledged", "committed"]
Formality = Literal[
    "treaty", "agreement", "joint_declaration", "public_statement", "reported_privately"
]
ObligationType = Literal[
    "defense",
    "offense",
    "neutrality",
    "consultation",
    "nonaggression",
    "force_deployment",
    "military_aid",
    "funding",
    "enabling_support",
]
ConditionType = Literal[
    "precondition",
    "trigger",
    "reciprocity",
    "resource",
    "consent",
    "consensus",
    "termination",
    "temporal",
]
ThreatMode = Literal["restrict", "arrest", "relations", "expel", "territory", "violence"]
AttackMode = Literal[
    "aerial", "drone", "missile", "heavy_weapons", "ground", "cyber", "sabotage", "other"
]
Instrument = Literal[
    "sanctions",
    "asset_freeze",
    "asset_confiscation",
    "trade",
    "arms_supply",
    "force_posture",
]
Relation = Literal["same_event_as", "restates", "contradicts", "duplicate_of"]
ChainRole = Literal["publisher", "author", "interviewer", "reporter", "speaker"]
ChainMode = Literal[
    "direct_quote",
    "partial_quote",
    "paraphrase",
    "reports_that",
    "question_presupposition",
    "analyst_inference",
    "common_knowledge",
]
ElementType = Literal[
    "force",
    "backstop",
    "beneficiary_forces",
    "arms",
    "funding",
    "legal_guarantee",
    "monitoring",
    "leverage",
    "other",
]
DatedBy = Literal["event", "announcement", "publication"]
ConsultationMode = Literal["in_person", "remote", "hybrid"]
PlacePrecision = Literal["point", "settlement", "region", "country"]
HedgeWord = Literal[
    "reportedly",
    "apparently",
    "seems",
    "presumably",
    "suggested",
    "would",
    "could",
    "might",
    "potential",
    "hope",
    "possible",
    "said_to_be",
]
StatementFlag = Literal["historical", "future", "hypothetical", "negated"]
