"""What somebody does who has a generated client: `python generated_client_user.py ADDRESS KEY`.

It is run by the Python of the generator, which has what such clients are made of, and
prints what came of it as JSON.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "parley_client"
NEGOTIATION = "bridge-talks"


def part(name: str) -> Any:  # noqa: ANN401 - there is no such package when this is checked.
    """A module of the generated package."""
    return import_module(f"{PACKAGE}.{name}")


def use(client: Any, setting: list[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: ANN401 - as above.
    """Record a pledge, read it and the framework, correct it, and be refused."""
    models = part("models")
    record = part("api.recording.record_events")
    bodies = [getattr(models, body["class"]).from_dict(body["body"]) for body in setting]
    opened = record.sync_detailed(NEGOTIATION, client=client, body=bodies)
    pledge = models.PledgeMade(
        slug="steel",
        occurred="2025-03-01",
        level="pledged",
        pledgors=["north"],
        beneficiaries=["south"],
        summary="North will pay for the steel.",
        components=[models.Component(key="beams", quantity="2.50", unit="kilotonnes")],
        cite=[models.Citation(source="courier")],
    )
    sent = {"client": client, "body": pledge, "idempotency_key": "steel"}
    first = record.sync_detailed(NEGOTIATION, **sent)
    again = record.sync_detailed(NEGOTIATION, **sent)
    entry = first.parsed.recorded[0]
    told = part("api.log.show_event").sync(entry.position, client=client)
    answer = part("api.negotiations.show_framework").sync(
        NEGOTIATION, client=client, as_of="2025-04-01"
    )
    item = answer.pledges[0]
    correct = part("api.recording.correct_event")
    change = models.CorrectionBody(
        reason="A misprint.", set_=models.CorrectedAttributes(occurred="2025-02-01")
    )
    fixed = correct.sync(entry.position, client=client, body=change, if_match=first.headers["ETag"])
    late = correct.sync(entry.position, client=client, body=change, if_match='"1"')
    return {
        "opened": opened.status_code,
        "recorded": [entry.kind, entry.version],
        "replayed": again.headers["Idempotent-Replayed"],
        "shown": [type(told.event).__name__, told.event.components[0].quantity],
        "pledge": [item.slug, item.rung, item.pledgors[0].name],
        "known": answer.question.known_at.position - entry.position,
        "corrected": fixed.recorded[0].version,
        "refused": [type(late).__name__, late.code, late.problems[0].field],
    }


def main(address: str, key: str) -> None:
    """Use the client, whose setting comes on standard input, and print what came of it."""
    with import_module(PACKAGE).AuthenticatedClient(base_url=address, token=key) as client:
        sys.stdout.write(json.dumps(use(client, json.load(sys.stdin))))


if __name__ == "__main__":
    main(*sys.argv[1:])
