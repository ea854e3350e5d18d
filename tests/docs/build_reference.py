"""The reference pages that are made from the code: kinds.md and vocabularies.md.

    python -m tests.docs.build_reference

writes them anew from `domain`, from the example case and from the texts beside
them (`kinds.yaml`, `vocabularies.yaml`, what a field means in `domain/meanings.py`);
a test holds the pages to what this would write. A kind, a field or a word without a
text is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from inspect import get_annotations
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from domain.event import ENVELOPE, Event, LogEvent, ThingEvent, WorldEvent, needs_occurred
from domain.meanings import FIELDS
from domain.registry import KINDS, THINGS
from tests.docs.say_types import anchor_of, lists, parts_within, say, words_in
from tests.domain.samples.every_kind import NAME, examples
from tests.domain.samples.lives import fold, rows, told
from tests.domain.samples.make_samples import LOG_BODIES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
CASE = ROOT / "exchange" / "cases" / NAME
NOTICE = "<!-- Made by `python -m tests.docs.build_reference`; write into {} instead. -->\n"
COMMON = ("after", "before", "contradicts", "occurred_phrase", "occurred_anchor")


class TextMissing(LookupError):
    """The code has a kind, field, status or word that the texts do not speak of."""


@cache
def texts(name: str) -> Any:  # noqa: ANN401 - a YAML file.
    """The texts of a page."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))


def build_kinds() -> str:
    """The page of kinds."""
    page = texts("kinds")
    known: set[type[BaseModel]] = set()
    parts = [_head(), _contents(), _common(known)]
    for thing in (*THINGS, "entry", "log"):
        own = page["things"][thing]
        parts.append(f"## {own['title']}\n\n{own['about'].strip()}")
        if thing in THINGS:
            parts.append(_statuses(thing))
        parts += [_kind(kind, cls, known) for kind, cls in KINDS.items() if thing == cls.THING]
    return "\n\n".join(parts) + "\n"


def build_vocabularies() -> str:
    """The page of closed lists."""
    page = texts("vocabularies")
    parts = [NOTICE.format("vocabularies.yaml") + page["head"].strip()]
    for words, name in lists().items():
        told_of = page["lists"].get(name, {"words": {}})
        if tuple(told_of["words"]) != words:
            raise TextMissing(f"vocabularies.yaml: the words of {name}")
        where = ", ".join(f"`{field}`" for field in _uses(words))
        lines = [f"| `{word}` | {meaning} |" for word, meaning in told_of["words"].items()]
        table = "\n".join(["| word | it means |", "|---|---|", *lines])
        parts.append(
            f"## {told_of['title']}\n\n{told_of['about'].strip()}\n\n{table}\n\nIn {where}."
        )
    return "\n\n".join(parts) + "\n"


def meaning_of(model: type[BaseModel], field: str) -> str:
    """What a field means: as the code says, or the texts for the class that declares it."""
    described = model.model_fields[field].description
    if described:
        return described
    owner = next(c for c in model.__mro__ if field in get_annotations(c))
    owner = Event if field == "kind" else owner
    name = model.model_fields[field].alias or field
    try:
        return FIELDS[owner.__name__][name]
    except KeyError:
        raise TextMissing(f"domain/meanings.py: {owner.__name__}: {name}") from None


def example_of(kind: str) -> str:
    """The example of a kind as its file writes it, with the key that the file knows it by."""
    if kind in LOG_BODIES:
        body = {"kind": kind, **LOG_BODIES[kind]}
        return str(yaml.safe_dump(body, sort_keys=False, width=100)).strip()
    entry = examples()[kind]
    lines = (CASE / entry.file).read_text("utf-8").splitlines()[entry.line - 1 :]
    own = [lines[0]]
    for line in lines[1:]:
        if not line.startswith("    "):
            break
        own.append(line)
    return "\n".join(line[2:] for line in own)


def next_kinds(thing: str) -> dict[str, list[str]]:
    """Which kinds may follow on each status without an anomaly, found by trying them all."""
    tried = [(row[1].split(), row[2]) for row in rows() if row[0] == thing]
    steps = sorted({step for given, when in tried for step in (*given, when)})
    found: dict[str, set[str]] = {}
    for given, when in tried:
        life = [told(thing, step) for step in (*given, when)]
        state, anomalies = fold(thing, life)
        if state is not None and not anomalies:
            may = {
                s.partition("=")[0] for s in steps if not fold(thing, [*life, told(thing, s)])[1]
            }
            found.setdefault(state.status, set()).update(may)
    order = [kind.partition(".")[2] for kind in KINDS if thing == KINDS[kind].THING]
    return {status: [k for k in order if k in may] for status, may in found.items()}


def _head() -> str:
    people = sum(not issubclass(cls, LogEvent) for cls in KINDS.values())
    counts = {"kinds": len(KINDS), "people": people, "log": len(KINDS) - people}
    return NOTICE.format("kinds.yaml") + str(texts("kinds")["head"]).strip().format(**counts)


def _contents() -> str:
    lines = []
    for thing, own in texts("kinds")["things"].items():
        kinds = [kind for kind, cls in KINDS.items() if thing == cls.THING]
        links = " · ".join(f"[{k.partition('.')[2]}](#{anchor_of(k)})" for k in kinds)
        lines.append(f"| [{own['title']}](#{anchor_of(own['title'])}) | {links} |")
    return "\n".join(["| about | kinds |", "|---|---|", *lines])


def _common(known: set[type[BaseModel]]) -> str:
    shared = ["kind", "slug", "id", "occurred", "cite"]
    return "\n\n".join(
        [
            texts("kinds")["common"].strip(),
            _fields(WorldEvent, shared),
            texts("kinds")["dated"].strip(),
            _fields(WorldEvent, list(COMMON)),
            *_parts([ThingEvent], known),
        ]
    )


def _kind(kind: str, cls: type[Event], known: set[type[BaseModel]]) -> str:
    own = [name for name in cls.model_fields if name not in ENVELOPE | set(COMMON)]
    says = (cls.__doc__ or "").partition("\n\n")[0] + " " + texts("kinds")["kinds"].get(kind, "")
    parts = [
        f"### {kind}",
        " ".join(says.split()),
        f"{_when(cls)} Schema number {cls.class_version}.",
        *([_fields(cls, own)] if own else []),
        *_parts([cls], known),
        f"```yaml\n{example_of(kind)}\n```",
    ]
    return "\n\n".join(parts)


def _when(cls: type[Event]) -> str:
    if issubclass(cls, LogEvent):
        return "Written by the log alone."
    if needs_occurred(cls):
        return "Needs `occurred` and `cite`."
    if issubclass(cls, WorldEvent):
        return "May have `occurred` and `cite`."
    return "Has no `occurred`; may have `cite`."


def _fields(model: type[BaseModel], names: list[str]) -> str:
    lines = ["| field | | takes | meaning |", "|---|---|---|---|"]
    for name in names:
        field = model.model_fields[name]
        needed = "required" if field.is_required() else ""
        takes, meaning = say(model, name, _titles()), meaning_of(model, name)
        lines.append(f"| `{field.alias or name}` | {needed} | {takes} | {meaning} |")
    return "\n".join(lines)


def _parts(models: list[type[BaseModel]], known: set[type[BaseModel]]) -> list[str]:
    """The parts of the models that the page has not shown yet."""
    tables = []
    for part in parts_within(models):
        if part not in known:
            known.add(part)
            says = " ".join((part.__doc__ or "").split())
            table = _fields(part, list(part.model_fields))
            tables.append(f"#### {part.__name__}\n\n{says}\n\n{table}")
    return tables


def _statuses(thing: str) -> str:
    after = next_kinds(thing)
    lines = ["| status | it means | what may come next |", "|---|---|---|"]
    for status, meaning in texts("kinds")["things"][thing]["statuses"].items():
        may = ", ".join(f"`{kind}`" for kind in after.get(status, ()))
        lines.append(f"| `{status}` | {meaning} | {may or '–'} |")
    return "\n".join(lines)


def _uses(words: tuple[str, ...]) -> Iterator[str]:
    """The fields that take words of a list, of kinds and of parts."""
    named: dict[str, type[BaseModel]] = dict(KINDS)
    named |= {part.__name__: part for part in parts_within(KINDS.values())}
    for model_name, model in named.items():
        for name, field in model.model_fields.items():
            if words in words_in(field.annotation):
                yield f"{model_name} {name}"


def _titles() -> dict[str, str]:
    """The headings of the closed lists by their names in the code."""
    return {name: str(own["title"]) for name, own in texts("vocabularies")["lists"].items()}


if __name__ == "__main__":
    (FOLDER / "kinds.md").write_text(build_kinds(), "utf-8")
    (FOLDER / "vocabularies.md").write_text(build_vocabularies(), "utf-8")
