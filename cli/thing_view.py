"""One thing for people: where it stands, and its story entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli import words
from cli.framework_view import clocks
from cli.item_rows import name_of, positions_of, row_of
from cli.rows import Row, Section, stack, status_text
from projections.answers import Attribution, HedgeItem, VoiceItem
from projections.things import Remark, Step, ThingStory

SHOWN_ELSEWHERE = frozenset({"kind", "slug", "id", "occurred", "cite", "summary"})
"""Fields of a body that its row shows already."""
REMARKS = {
    "entry.corrected": "corrected",
    "entry.retracted": "retracted",
    "entry.endorsed": "endorsed",
    "entry.linked": "linked",
}


def thing_view(story: ThingStory) -> RenderableType:
    """The thing, with everything that was ever said of it and by whom."""
    head = Text(name_of(story.stream), style="bold")
    head.append(f"\n{story.question.negotiation} · {clocks(story.question)}\n", style="dim")
    parts: list[RenderableType] = [head]
    if story.item is not None:
        parts.append(Section("Where it stands", (row_of(story.item),)))
    elif status := _last_status(story):
        parts.append(Text.assemble(("WHERE IT STANDS", "bold"), "\n  ", status_text(status), "\n"))
    else:
        parts.append(Text("Nothing of it had begun by that date.\n"))
    parts.append(Section("Its story", tuple(_row(step) for step in story.steps)))
    return stack(parts)


def _last_status(story: ThingStory) -> str:
    known = [step.status for step in story.steps if step.status is not None]
    return words.word(known[-1]) if known else ""


def _row(step: Step) -> Row:
    body = step.body.body()
    return Row(
        status=words.word(step.status) if step.status is not None else _why_aside(step),
        lead=step.kind,
        what=step.summary,
        name=f"{positions_of((step.event,))} · {step.event.id} · by {step.recorded_by}",
        since=words.date(step.event.occurred),
        notes=(
            *_fields(body),
            *_citations(body),
            *(_remark(r, step.event.position) for r in step.remarks),
        ),
    )


def _why_aside(step: Step) -> str:
    """Why an entry is not part of what the thing has come to."""
    here = [r for r in step.remarks if r.about == step.event.position]
    if any(remark.kind == "entry.retracted" and remark.stands for remark in here):
        return "retracted"
    if step.body.body().get("contradicts"):
        return "disputes it"
    return "may have held" if step.begins[0] is None else "not yet"


def _fields(body: Mapping[str, Any]) -> Iterator[str]:
    """The other fields of a body, each on a line, and so each part of a list of parts."""
    for name, value in body.items():
        if name in SHOWN_ELSEWHERE or value == _headline(body):
            continue
        if isinstance(value, list) and any(isinstance(member, dict) for member in value):
            for number, member in enumerate(value, start=1):
                rest = dict(member)
                key = rest.pop("key", number)
                yield f"{words.word(name)}, {key}: {plain(rest)}"
        else:
            yield f"{words.word(name)}: {plain(value)}"


def _headline(body: Mapping[str, Any]) -> object:
    """The text that stands as the summary of an entry that has no field of that name."""
    names = (name for name in ("summary", "question", "text", "title", "name") if name in body)
    return body.get(next(names, ""), None)


def plain(value: object) -> str:
    """A value of a body on one line."""
    match value:
        case dict():
            return "; ".join(f"{words.word(name)} {plain(inner)}" for name, inner in value.items())
        case list():
            return words.several(map(plain, value))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _citations(body: Mapping[str, Any]) -> Iterator[str]:
    for cited in body.get("cite", ()):
        locator = cited.get("locator", {})
        citation = Attribution(
            source=cited["source"],
            supports=tuple(cited.get("supports", ())),
            quote=locator.get("exact"),
            chain=tuple(map(_voice, cited.get("chain", ()))),
        )
        said = words.voices((citation,))
        row = f", row {cited['row']}" if "row" in cited else ""
        of_what = f", for {words.several(citation.supports)}" if citation.supports else ""
        quote = f": “{citation.quote}”" if citation.quote else ""
        yield f"according to {said}{of_what} ({citation.source}{row}){quote}"


def _voice(link: Mapping[str, Any]) -> VoiceItem:
    hedges = tuple(HedgeItem.model_validate(hedge) for hedge in link.get("hedges", ()))
    return VoiceItem(actor=link["actor"], role=link["role"], mode=link["mode"], hedges=hedges)


def _remark(remark: Remark, here: int) -> str:
    """What was said of the entry at `here`, or of an earlier remark on it."""
    what = REMARKS.get(remark.kind, remark.kind)
    if remark.about != here:
        what = f"entry {remark.about} {what}"
    why = f": {remark.text}" if remark.text else ""
    undone = "" if remark.stands else " (taken back)"
    return f"{what} at {positions_of((remark.event,))}{undone}{why}"
