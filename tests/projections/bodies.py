"""Valid bodies in few words: each function gives what its kind requires, and takes the rest."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
CITE = [{"source": "report"}]
"""The citation that says no more than that the report says so."""
ACTORS = {
    "france": "state",
    "united-kingdom": "state",
    "united-states": "state",
    "ukraine": "state",
    "russia": "state",
    "macron": "person",
    "minister": "person",
    "expert": "person",
    "coalition": "state_coalition",
}
"""The actors that every telling begins with, and their types."""


def registered(slug: str, type_: str = "state", **more: object) -> Body:
    """An actor enters the register."""
    return {"kind": "actor.registered", "slug": slug, "name": slug, "type": type_, **more}


def joined(group: str, member: str, occurred: str) -> Body:
    """A group gains a member."""
    return step("actor.member_joined", group, occurred, member=member)


def merged(slug: str, into: str) -> Body:
    """Two actors turn out to be one."""
    return {"kind": "actor.merged", "slug": slug, "into": into}


def source(slug: str, published: str, **more: object) -> Body:
    """A source enters the register."""
    return {
        "kind": "source.registered",
        "slug": slug,
        "title": f"What {slug} says",
        "published": published,
        **more,
    }


def cited(*sources: str, exact: str = "") -> list[Body]:
    """One citation for each source."""
    return [{"source": s, **({"locator": {"exact": exact}} if exact else {})} for s in sources]


def opened(slug: str, **more: object) -> Body:
    """A negotiation enters the record, without a date."""
    return {"kind": "negotiation.opened", "slug": slug, "title": "The talks", **more}


def defined(slug: str, type_: str = "force", **more: object) -> Body:
    """A part of the framework gets a name."""
    return {
        "kind": "element.defined",
        "slug": slug,
        "title": f"The {slug}",
        "element_type": type_,
        **more,
    }


def made(slug: str, occurred: str, **more: object) -> Body:
    """France pledges something to Ukraine."""
    body: Body = {
        "kind": "pledge.made",
        "slug": slug,
        "occurred": occurred,
        "level": "pledged",
        "pledgors": ["france"],
        "beneficiaries": ["ukraine"],
        "summary": f"the pledge {slug}",
    }
    return {**body, **more}


def part(key: str, **more: object) -> Body:
    """A component of a pledge."""
    return {"key": key, **more}


def stated(slug: str, occurred: str, **more: object) -> Body:
    """Somebody says what has to hold."""
    return {
        "kind": "condition.stated",
        "slug": slug,
        "occurred": occurred,
        "text": f"the condition {slug}",
        "condition_type": "precondition",
        **more,
    }


def raised(slug: str, occurred: str, **more: object) -> Body:
    """A question is open."""
    return {
        "kind": "issue.raised",
        "slug": slug,
        "occurred": occurred,
        "question": f"What of {slug}?",
        **more,
    }


def said(slug: str, occurred: str, stance: str | None = None, **more: object) -> Body:
    """The president speaks for France, about what `issues`, `elements` and `topics` name."""
    body: Body = {
        "kind": "statement.made",
        "slug": slug,
        "occurred": occurred,
        "statement_type": "position",
        "speakers": [{"actor": "macron", "on_behalf_of": "france"}],
        "summary": f"the statement {slug}",
        **({"stance": stance} if stance else {}),
    }
    return {**body, **more}


def speaking(actor: str, for_: str | None = None) -> list[Body]:
    """One speaker, and for whom."""
    return [{"actor": actor, **({"on_behalf_of": for_} if for_ else {})}]


def issued(slug: str, occurred: str, **more: object) -> Body:
    """Russia threatens France."""
    return {
        "kind": "threat.issued",
        "slug": slug,
        "occurred": occurred,
        "issuer": "russia",
        "targets": ["france"],
        "mode": "violence",
        "summary": f"the threat {slug}",
        **more,
    }


def struck(slug: str, occurred: str, launched: int | None = None, **more: object) -> Body:
    """Russia strikes Ukraine, with so many drones if a number is given."""
    drones = [] if launched is None else [{"model": "drone", "launched": launched}]
    return {
        "kind": "attack.carried_out",
        "slug": slug,
        "occurred": occurred,
        "perpetrator": "russia",
        "target_country": "ukraine",
        "modes": ["drone"],
        "summary": f"the attack {slug}",
        "munitions": drones,
        **more,
    }


def talks(verb: str, slug: str, occurred: str, **more: object) -> Body:
    """A step of a consultation: `scheduled`, `held`, `started`, `ended`, `cancelled`."""
    return {
        "kind": f"consultation.{verb}",
        "slug": slug,
        "occurred": occurred,
        "participants": ["france", "united-kingdom"],
        "summary": f"the talks {slug}",
        **more,
    }


def measure(verb: str, slug: str, occurred: str, **more: object) -> Body:
    """A step of a measure: `considered`, `proposed`, `threatened`, `adopted`, `lifted`."""
    return {
        "kind": f"measure.{verb}",
        "slug": slug,
        "occurred": occurred,
        "instrument": "sanctions",
        "by": ["united-states"],
        "summary": f"the measure {slug}",
        **more,
    }


def agreement(verb: str, slug: str, occurred: str, **more: object) -> Body:
    """A step of an agreement: `reached`, `entered_into_force`, `breached`, `ended`."""
    return {
        "kind": f"agreement.{verb}",
        "slug": slug,
        "occurred": occurred,
        "title": f"the agreement {slug}",
        "parties": ["ukraine", "russia"],
        **more,
    }


def step(kind: str, slug: str, occurred: str, **more: object) -> Body:
    """A later step of a thing, such as `pledge.withdrawn`."""
    return {"kind": kind, "slug": slug, "occurred": occurred, **more}
