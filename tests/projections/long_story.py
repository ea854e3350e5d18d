"""One telling with something of everything: late records, corrections, doubts, links, groups.

The properties of diff and time map are asked of it at every date and position.
"""

from __future__ import annotations

from tests.projections.bodies import (
    agreement,
    defined,
    issued,
    joined,
    made,
    measure,
    part,
    raised,
    said,
    stated,
    step,
    struck,
)
from tests.projections.bodies import (
    talks as meeting,
)
from tests.projections.telling import Telling

DATES = (
    "2025-01-01",
    "2025-03-01",
    "2025-03-15T12:00Z",
    "2025-06-30",
    "2025-08-20",
    "2025-09-04",
    "2025-09-06",
    "2025-09-11",
    "2025-10-01",
    "2025-12-31",
)
"""Dates before, within and after what happens."""


def long_story() -> Telling:
    """The whole telling; some forty entries after the ones that every telling begins with."""
    story = Telling()
    _framework(story)
    _world(story)
    _second_thoughts(story)
    return story


def _framework(story: Telling) -> None:
    story.tell_all(
        defined("force"),
        defined("funding", "funding"),
        joined("coalition", "france", "2025-02-15"),
        stated("ceasefire", "2025-03-01"),
        stated("peace", "2025-03-01"),
        stated("either", "2025-03-01", any_of=["ceasefire", "peace"]),
        stated("truce", "2025-03-01", met_by={"thing": "talks/agreement/truce"}),
        made(
            "force",
            "2025-03",
            level="offered",
            pledgors=["coalition"],
            elements=["force"],
            components=[part("ground", gates=["either"]), part("air", element="force")],
            cardinality_reported=26,
        ),
        made(
            "aid",
            "2025-03-15T10:00Z",
            components=[part("funds", element="funding", quantity="100", currency="EUR")],
            due="2025-09",
        ),
        raised("size", "2025-03-01", elements=["force"]),
    )


def _world(story: Telling) -> None:
    story.tell_all(
        said("yes", "2025-03-10", "supports", issues=["size"], elements=["force"]),
        said("no", "[2025-08..2025-09-11]", "opposes", issues=["size"]),
        said("always", "[..2025-09-11]", "reluctant", elements=["force"]),
        issued("targets", "2025-04-01", against={"elements": ["force"], "pledges": ["force"]}),
        issued("retaliation", "[..2025-09-11]"),
        struck("spring", "2025-04-01", 100),
        struck("weekend", "2025-09-06/2025-09-07", 800),
        struck("somewhen", "[2025-06..2025-09]", 10),
        meeting("scheduled", "paris", "2025-09-01"),
        meeting("held", "paris", "2025-09-04"),
        measure("considered", "sanctions", "2025-09-11"),
        joined("coalition", "united-kingdom", "2025-06-01"),
        step("pledge.strengthened", "force", "2025-09-04", level="committed"),
        step("pledge.allocated", "aid", "2025-06", components=[part("funds", quantity="60")]),
        step("pledge.amended", "aid", "2025-09-20", set={"due": "2025-11"}),
        step("issue.narrowed", "size", "2025-06-15", text="How many, if not 50,000?"),
        agreement("reached", "truce", "2025-10-01?"),
        step("condition.met", "ceasefire", "2025-10-01"),
        step("threat.repeated", "targets", "2025-09-05"),
    )


def _second_thoughts(story: Telling) -> None:
    told = {(entry.kind, entry.slug): entry for entry in story.log}
    aid, force = told["pledge.made", "aid"], told["pledge.made", "force"]
    targets, retaliation = told["threat.issued", "targets"], told["threat.issued", "retaliation"]
    story.link(retaliation, "same_event_as", targets, hedge="seems")
    story.link(aid, "restates", force)
    fix = story.correct(aid, set={"due": "2025-08"})
    story.correct(told["statement.made", "yes"], set={"issues": ["mandate"]})
    story.correct(told["attack.carried_out", "spring"], set={"occurred": "2025-05-01"})
    story.retract(fix)
    story.retract(told["consultation.held", "paris"])
    story.tell(step("pledge.withdrawn", "aid", "2025-08-01", contradicts=[str(aid.id)]))
    story.tell(step("pledge.stalled", "force", "[2025-09-20..2025-10-10]"))
    story.endorse(force)
    figures = {"munitions": [{"model": "drone", "launched": 823}]}
    story.tell(step("attack.reassessed", "weekend", "2025-09-10", **figures))
