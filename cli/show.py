"""`parley show`: the framework, one sort of thing in it, or one thing with its story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias

import typer

from cli import options
from cli.output import choose_form, write
from cli.session import negotiation_of, open_log
from domain.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from app.clocks import Asked
    from app.parley import Parley
    from projections.answers import Answer, Framework

SECTIONS = {
    "element": "elements",
    "pledge": "pledges",
    "condition": "conditions",
    "issue": "issues",
    "position": "positions",
    "statement": "statements",
    "threat": "threats",
    "attack": "attacks",
    "measure": "measures",
    "agreement": "agreements",
    "consultation": "consultations",
}
"""The section of the framework that holds each sort of thing."""
STREAM_PARTS = 3
Thing: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="THING/SLUG",
        help="One thing with its story, such as pledge/force-26, or one sort of thing, "
        "such as pledges.",
        show_default=False,
    ),
]
Undated: TypeAlias = Annotated[
    bool,
    typer.Option("--undated", help="List the claims without a beginning, not just count them."),
]
WithProof: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--proof",
        help="Print JSON with the newest checkpoint, the question with every clock pinned, and "
        "proofs that the entries behind the answer are in the log; `verify answer` checks it.",
    ),
]


class Target(NamedTuple):
    """What is to be shown: a negotiation, a section of it, or one thing."""

    negotiation: str | None = None
    section: str | None = None
    thing: tuple[str, str] | None = None


def show(
    ctx: typer.Context,
    *,
    negotiation: options.Negotiation = None,
    thing: Thing = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    published_by: options.PublishedBy = None,
    certainty: options.HowCertain = "possible",
    rules: options.Rules = None,
    undated: Undated = False,
    proof: WithProof = False,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Show the framework, one sort of thing, or one thing with its story.

    Each status is computed from the record, with what may be so marked as such.
    """
    from app import read
    from app.clocks import Asked

    if proof and table:
        raise InvalidInput.of("--proof", "excludes --table", "leave one of the two out")
    form = choose_form(json=json or proof, table=table)
    target = read_target(negotiation, thing)
    asked = Asked(as_of, known_at, published_by, certainty, rules)
    with open_log(ctx) as parley:
        where = negotiation_of(parley, target.negotiation)
        if proof:
            write(_proven(parley, where, target, asked), form, lambda: "")
            return
        if target.thing is not None:
            from cli.thing_view import thing_view

            story = read.thing(parley, where, *target.thing, asked)
            write(story, form, lambda: thing_view(story))
            return
        from cli.framework_view import framework_view

        answer = read.framework(parley, where, asked)
        shown = answer if target.section is None else _section(answer, target.section)
        write(shown, form, lambda: framework_view(answer, undated=undated, only=target.section))


def _proven(parley: Parley, negotiation: str, target: Target, asked: Asked) -> object:
    """The answer with its proof; raises NotFound where nothing is signed that covers it."""
    from app import proving, read
    from app.accesses import Taken, note_access
    from app.pinned import AskedFramework, AskedSection, AskedThing, What

    pinned, signed = proving.pin(parley, asked)
    what: What
    answer: Answer
    if target.thing is not None:
        what = AskedThing(sort=target.thing[0], slug=target.thing[1])
        answer = read.thing(parley, negotiation, *target.thing, pinned)
    elif target.section is not None:
        what = AskedSection(section=target.section)
        answer = read.section(parley, negotiation, target.section, pinned)
    else:
        what, answer = AskedFramework(), read.framework(parley, negotiation, pinned)
    question = proving.pinned_question(what, negotiation, pinned)
    proven = proving.prove(parley, answer, question, signed)
    if entries := proven.proof.entries:
        first, last = entries[0].position, entries[-1].position
        note_access(parley, Taken.PROOF, first, last, subject=parley.settings.subject)
    return proven


def read_target(first: str | None, second: str | None) -> Target:
    """What the two arguments name, of which the negotiation may be left out.

    Raises InvalidInput for a sort of thing that has no section.
    """
    if second is None and first is not None:
        parts = first.split("/")
        if len(parts) == STREAM_PARTS:
            return Target(parts[0], None, (parts[1], parts[2]))
        if len(parts) > 1 or _singular(first) in SECTIONS:
            first, second = None, first
    if second is None:
        return Target(first)
    sort, slash, slug = second.partition("/")
    if slash:
        return Target(first, None, (_singular(sort), slug))
    if _singular(sort) in SECTIONS:
        return Target(first, SECTIONS[_singular(sort)])
    raise InvalidInput(
        Problem(
            "THING/SLUG",
            f"{second!r} is neither a thing nor a sort of thing the framework lists",
            f"write a thing such as pledge/force-26, or one of {', '.join(SECTIONS.values())}",
        )
    )


def _singular(sort: str) -> str:
    return sort.removesuffix("s")


def _section(answer: Framework, section: str) -> dict[str, object]:
    """One section with the question it answers, under the names of the whole answer."""
    return {
        "question": answer.question,
        "empty_because": answer.empty_because,
        section: getattr(answer, section),
    }
