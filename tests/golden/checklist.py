"""What a reader must get on six dates, written from the table of the source's claims.

A leading "?" means that it may be so and need not be; everything else must be
so. A section that is not named is empty, and nothing may be there beside what is named.
"""

from __future__ import annotations

Sections = dict[str, dict[str, str]]

UNDATED_ALWAYS = {
    "statement/backstop-required-again",
    "threat/putin-legitimate-targets",
    "threat/putin-retaliation",
    "issue/deployment-location",
    "issue/force-missions",
    "issue/us-backstop-support",
    "issue/arms-supply",
    "issue/military-funding",
    "statement/reluctance-during-hostilities",
    "statement/europeans-need-for-guarantees",
    "statement/full-scale-invasion",
}
"""Claims dated "by 11 September 2025" and no further."""
UNDATED_UNTIL_AUGUST_ENDS = {"statement/hegseth-no-us-troops", "statement/hegseth-no-article-5"}

ELEMENTS = (
    "aid",
    "arms",
    "funding",
    "leverage",
    "nato-article-5",
    "reassurance-force",
    "security-guarantees",
    "ukrainian-armed-forces",
    "us-backstop",
)

IN_2024: Sections = {
    "consultations": {"uk-france-force-talks": "?started"},
    "statements": {"backstop-required": "?made"},
    "positions": {
        "france/element/us-backstop": "?requires",
        "united-kingdom/element/us-backstop": "?requires",
    },
}
AT_NEW_YEAR: Sections = {**IN_2024, "consultations": {"uk-france-force-talks": "started"}}
IN_AUGUST: Sections = {
    "elements": {"us-backstop": "?offered"},
    "pledges": {"us-help": "?offered", "us-air-power": "?floated"},
    "consultations": {
        "uk-france-force-talks": "started",
        "us-european-support-talks": "?started",
    },
    "statements": {"backstop-required": "?made", "air-power-wanted": "?made"},
    "positions": {
        **IN_2024["positions"],
        "france/topic/air-power": "?hopes",
        "united-kingdom/topic/air-power": "?hopes",
    },
}
AT_THE_END_OF_AUGUST: Sections = {
    "elements": {"us-backstop": "offered"},
    "pledges": {"us-help": "offered", "us-air-power": "floated"},
    "consultations": IN_AUGUST["consultations"],
    "statements": {
        "backstop-required": "made",
        "air-power-wanted": "?made",
        "hegseth-no-us-troops": "made",
        "hegseth-no-article-5": "made",
    },
    "positions": {
        "france/element/us-backstop": "requires",
        "united-kingdom/element/us-backstop": "requires",
        "france/topic/air-power": "?hopes",
        "united-kingdom/topic/air-power": "?hopes",
        "united-states/topic/us-troops": "rules_out",
        "united-states/element/nato-article-5": "rules_out",
    },
}
IN_SEPTEMBER: Sections = {
    "elements": {
        "us-backstop": "offered",
        "security-guarantees": "pledged",
        "reassurance-force": "pledged",
        "aid": "?pledged",
    },
    "pledges": {
        **AT_THE_END_OF_AUGUST["pledges"],
        "guarantees-26": "pledged",
        "force-26": "pledged",
        "coalition-aid": "?pledged",
    },
    "conditions": {
        "ceasefire": "not_reported_met",
        "peace-agreement": "not_reported_met",
        "ceasefire-or-peace": "not_reported_met",
    },
    "consultations": {**IN_AUGUST["consultations"], "paris-meeting": "?held"},
    "statements": {
        **AT_THE_END_OF_AUGUST["statements"],
        "macron-announcement": "made",
        "zelenskyy-satisfied": "?made",
        "zelenskyy-central-element": "?made",
    },
    "positions": {
        **AT_THE_END_OF_AUGUST["positions"],
        "ukraine/element/security-guarantees": "?satisfied_with",
        "ukraine/element/ukrainian-armed-forces": "?prioritises",
    },
    "attacks": {"weekend-air-attack": "carried_out"},
}
AT_PUBLICATION: Sections = {
    "elements": {**IN_SEPTEMBER["elements"], "aid": "pledged"},
    "pledges": {**IN_SEPTEMBER["pledges"], "coalition-aid": "pledged"},
    "conditions": IN_SEPTEMBER["conditions"],
    "consultations": {
        "uk-france-force-talks": "started",
        "us-european-support-talks": "started",
        "paris-meeting": "held",
    },
    "issues": dict.fromkeys(
        (
            "deployment-location",
            "force-missions",
            "us-backstop-support",
            "reassure-and-deter",
            "arms-supply",
            "military-funding",
            "costs-for-russia",
            "dependence-on-us",
        ),
        "open",
    ),
    "statements": dict.fromkeys(
        (
            "macron-announcement",
            "force-as-signal",
            "details-open",
            "zelenskyy-satisfied",
            "zelenskyy-central-element",
            "own-forces-as-best-guarantee",
            "break-with-past-agreements",
            "reluctance-during-hostilities",
            "why-a-coalition",
            "no-consensus-in-nato-or-eu",
            "europeans-need-for-guarantees",
            "no-negotiation-with-russia",
            "when-russia-might-accept",
            "backstop-required",
            "backstop-required-again",
            "hegseth-no-us-troops",
            "hegseth-no-article-5",
            "air-power-wanted",
            "us-support-undecided",
            "ceasefire-farther-off",
            "full-scale-invasion",
        ),
        "made",
    ),
    "positions": {
        "france/element/us-backstop": "requires",
        "united-kingdom/element/us-backstop": "requires",
        "france/topic/air-power": "hopes",
        "united-kingdom/topic/air-power": "hopes",
        "united-states/topic/us-troops": "rules_out",
        "united-states/element/nato-article-5": "rules_out",
        "united-states/topic/deployment-during-hostilities": "reluctant",
        "european-nato-members/topic/deployment-during-hostilities": "reluctant",
        "ukraine/element/security-guarantees": "satisfied_with",
        "ukraine/element/ukrainian-armed-forces": "prioritises",
    },
    "threats": {"putin-legitimate-targets": "standing"},
    "attacks": {"weekend-air-attack": "carried_out"},
    "measures": {"more-sanctions": "considered", "reserves-confiscation": "considered"},
}

EXPECTED: dict[str, tuple[Sections, set[str]]] = {
    "2024-06-01": (IN_2024, UNDATED_ALWAYS | UNDATED_UNTIL_AUGUST_ENDS),
    "2025-01-01": (AT_NEW_YEAR, UNDATED_ALWAYS | UNDATED_UNTIL_AUGUST_ENDS),
    "2025-08-15": (IN_AUGUST, UNDATED_ALWAYS | UNDATED_UNTIL_AUGUST_ENDS),
    "2025-08-31": (AT_THE_END_OF_AUGUST, UNDATED_ALWAYS),
    "2025-09-06": (IN_SEPTEMBER, UNDATED_ALWAYS),
    "2025-09-11": (AT_PUBLICATION, set()),
}
"""For each date, the sections and the undated claims."""
