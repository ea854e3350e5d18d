"""The framework for people: what stands, how surely, since when, and on whose word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import RenderableType
from rich.text import Text

from cli import words
from cli.item_rows import (
    Detail,
    attack_section,
    name_of,
    position_rows,
    rows_of,
    statement_rows,
)
from cli.rows import Row, Section, stack
from projections.answers import NOT_YET_RATED, Framework, Question

SECTION_TITLES = {
    "elements": "Elements of the framework",
    "pledges": "Pledges",
    "conditions": "Conditions",
    "issues": "Issues",
    "positions": "Positions",
    "threats": "Threats",
    "attacks": "Attacks",
    "measures": "Measures",
    "agreements": "Agreements",
    "consultations": "Talks and meetings",
    "statements": "Statements",
}
"""The title of each section, in the order they are shown in."""


def framework_view(
    answer: Framework, *, brief: bool = False, undated: bool = False, only: str | None = None
) -> RenderableType:
    """The whole answer.

    `brief` leaves out the question, the statements, whose stances stand under
    positions, and all that can be asked for thing by thing; `undated` lists the claims without a
    beginning instead of counting them; `only` names the one section wanted.
    """
    head = question_view(answer.question, _title(answer))
    parts: list[RenderableType] = [] if brief else [head]
    if answer.empty_because is not None:
        parts.append(Text(f"Nothing to tell of: {answer.empty_because}.\n"))
    sections = dict(_brief(answer) if brief else _whole(answer))
    wanted = [section for name, section in sections.items() if only in {None, name}]
    parts += [section for section in wanted if section.rows or section.remark]
    if only is not None and parts == [head]:
        parts.append(Text("Nothing of that sort as of that date.\n"))
    if only is None:
        parts += _closing(answer, undated=undated)
    return stack(parts)


def _title(answer: Framework) -> str:
    """The title of the negotiation, and how it ended if it did."""
    title = answer.title or answer.question.negotiation
    if answer.status in {None, "open"}:
        return title
    outcome = f": {answer.outcome}" if answer.outcome else ""
    return f"{title} ({words.word(str(answer.status))}{outcome})"


def question_view(question: Question, title: str | None = None) -> Text:
    """What was asked: the negotiation, and the clocks."""
    text = Text(title or question.negotiation, style="bold")
    text.append(f"\n{clocks(question)}\n", style="dim")
    return text


def clocks(question: Question) -> str:
    """The three clocks of a question in words."""
    known = question.known_at
    when = f" ({words.instant(known.recorded_at[:16] + 'Z')})" if known.recorded_at else ""
    asked = [f"as of {words.day(question.as_of)}", f"as known at position {known.position}{when}"]
    if question.published_by is not None:
        asked.append(f"as published by {words.day(question.published_by)}")
    if question.certainty == "certain":
        asked.append("only what is certain")
    return " · ".join(asked)


def _whole(answer: Framework) -> Iterator[tuple[str, Section]]:
    rows: dict[str, tuple[Row, ...]] = {
        "positions": position_rows(answer.positions),
        "statements": statement_rows(answer.statements),
    }
    for name, title in SECTION_TITLES.items():
        if name == "attacks":
            yield name, attack_section(answer.attacks)
        else:
            found = rows[name] if name in rows else rows_of(getattr(answer, name))
            yield name, Section(title, found, _remark(answer) if name == "elements" else "")


def _remark(answer: Framework) -> str:
    if not answer.elements or any(element.operative for element in answer.elements):
        return ""
    return "None is operative: nothing is committed with its conditions met."


def _brief(answer: Framework) -> Iterator[tuple[str, Section]]:
    """The sections without statements, details, names and the parts of composite conditions."""
    parts = {part for item in answer.conditions for part in (*item.any_of, *item.all_of)}
    rated = [e for e in answer.elements if {e.status, e.certain_status} != {NOT_YET_RATED}]
    rest = [element.summary for element in answer.elements if element not in rated]
    unrated = (Row(words.word(NOT_YET_RATED), "; ".join(rest)),) if rest else ()
    conditions = tuple(c for c in answer.conditions if c.slug not in parts)
    short = answer.model_copy(update={"conditions": conditions, "statements": ()})
    for name, section in _whole(short):
        rows = section.rows
        if name == "elements":
            rows = (*rows_of(rated), *unrated)
        yield name, replace(section, rows=tuple(map(_short, rows)))


def _short(row: Row) -> Row:
    notes = tuple(note for note in row.notes if not isinstance(note, Detail))
    return replace(row, name="", notes=notes)


def _closing(answer: Framework, *, undated: bool) -> Iterator[RenderableType]:
    """What does not fit in the record, and what may hold besides."""
    if answer.anomalies:
        rows = [
            Row(words.word(a.code), a.rule, name_of(a.stream), f"position {a.entry.position}")
            for a in answer.anomalies
        ]
        yield Section("Steps that do not fit their story", tuple(rows))
    if answer.undated and undated:
        rows = [
            Row("may have held", u.summary, name_of(u.stream), words.date(u.event.occurred))
            for u in answer.undated
        ]
        yield Section("Claims without a beginning", tuple(rows))
    elif answer.undated:
        one = len(answer.undated) == 1
        claims = "One claim" if one else f"{len(answer.undated)} claims"
        how = "lists it" if one else "lists them"
        yield Text(f"{claims} without a beginning may already have held; `show --undated` {how}.\n")
