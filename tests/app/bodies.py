"""A small negotiation about a bridge, and what can be said in it."""

from __future__ import annotations

from typing import Any

NEGOTIATION = "bridge-talks"
Body = dict[str, Any]


def cited(**body: object) -> Body:
    """A body with the one citation that every test is content with."""
    return {"cite": [{"source": "courier"}], **body}


SOURCE: Body = {
    "kind": "source.registered",
    "slug": "courier",
    "title": "Courier",
    "published": "2025-03-01",
}
NORTH: Body = {"kind": "actor.registered", "slug": "north", "name": "North", "type": "state"}
SOUTH: Body = {"kind": "actor.registered", "slug": "south", "name": "South", "type": "state"}
OPENED: Body = {"kind": "negotiation.opened", "slug": NEGOTIATION, "title": "Talks on a bridge"}
ELEMENT: Body = {
    "kind": "element.defined",
    "slug": "toll",
    "title": "Toll",
    "element_type": "funding",
}
SETTING: list[Body] = [NORTH, SOUTH, SOURCE, OPENED, ELEMENT]
"""What has to be known before anything can be said; six entries with the log's own."""


def pledge(slug: str = "steel", occurred: str = "2025-03-01", **more: object) -> Body:
    body = cited(
        kind="pledge.made",
        slug=slug,
        occurred=occurred,
        level="pledged",
        pledgors=["north"],
        beneficiaries=["south"],
        summary="North will pay for the steel.",
    )
    return {**body, **more}


def stalled(slug: str = "steel", occurred: str = "2025-04-01", **more: object) -> Body:
    return cited(kind="pledge.stalled", slug=slug, occurred=occurred, **more)


def withdrawn(slug: str = "steel", occurred: str = "2025-05-01", **more: object) -> Body:
    return cited(kind="pledge.withdrawn", slug=slug, occurred=occurred, **more)


def statement(slug: str = "no-toll", occurred: str = "2025-03-02", **more: object) -> Body:
    body = cited(
        kind="statement.made",
        slug=slug,
        occurred=occurred,
        statement_type="position",
        speakers=[{"actor": "south"}],
        summary="South wants no toll.",
    )
    return {**body, **more}


def attack(slug: str, note: str, count: int) -> Body:
    """An attack whose size in bytes grows with its munitions."""
    return cited(
        kind="attack.carried_out",
        slug=slug,
        occurred="2025-03-03",
        perpetrator="north",
        target_country="south",
        modes=["cyber"],
        summary="The toll gates stand open.",
        munitions=[{"model": f"worm {number}", "note": note} for number in range(count)],
    )
