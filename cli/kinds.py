"""`parley kinds`: what can be recorded, with the fields of each kind and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import choose_form, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from domain.event import Event

EXAMPLES = "every-kind"
"""The case that comes with Parley and holds an example of each kind."""
BY_THE_LOG = "log."
"""How the kinds begin that only the log itself writes."""


def kinds(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="A kind, such as pledge.made.", show_default=False),
    ] = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """List the kinds of events, or show one: its fields, its JSON Schema and an example."""
    form = choose_form(json=json, table=table)
    if kind is None:
        answer = [_summary(name) for name in _names()]
        write(answer, form, lambda: list_view(answer))
    else:
        described = describe(kind)
        write(described, form, lambda: kind_view(described))


def _names() -> list[str]:
    from domain.registry import KINDS

    return list(KINDS)


def _summary(name: str) -> dict[str, Any]:
    """A kind in one line: what it is, and what it cannot do without."""
    from domain.registry import kind_named

    cls = kind_named(name)
    return {
        "kind": name,
        "schema_number": cls.class_version,
        "description": " ".join((cls.__doc__ or "").split()),
        "required": _required(cls),
        "recorded_by_hand": not name.startswith(BY_THE_LOG),
    }


def _required(cls: type[Event]) -> list[str]:
    """The fields a body must have, besides `kind`."""
    from domain.event import needs_occurred
    from domain.registry import schema_of

    listed = [name for name in schema_of(cls.TOPIC).get("required", ()) if name != "kind"]
    return listed + (["occurred", "cite"] if needs_occurred(cls) else [])


def describe(kind: str) -> dict[str, Any]:
    """Everything there is to know of a kind; raises InvalidInput for a name that is none."""
    from domain.registry import schema_of

    return {**_summary(kind), "json_schema": schema_of(kind), "example": example_of(kind)}


def example_of(kind: str) -> Mapping[str, Any] | None:
    """The first entry of this kind in the case of examples, as a body to record."""
    from exchange.cases import case_named

    bodies = (entry.body for entry in case_named(EXAMPLES).entries)
    return next((body for body in bodies if body.get("kind") == kind), None)


def list_view(answer: list[dict[str, Any]]) -> RenderableType:
    """The kinds under their things, with the fields they need."""
    from cli.rows import Row, Section, stack

    things: dict[str, list[Row]] = {}
    for kind in answer:
        thing, _, verb = kind["kind"].partition(".")
        needs = f"needs {', '.join(kind['required'])}" if kind["required"] else ""
        row = Row(verb.replace("_", " "), kind["description"], kind["kind"], needs)
        things.setdefault(thing, []).append(row)
    return stack(Section(thing, tuple(rows)) for thing, rows in things.items())


def kind_view(answer: dict[str, Any]) -> RenderableType:
    """One kind: what it is, its fields, and an example that can be recorded."""
    from rich.text import Text

    from cli.rows import columns, stack
    from exchange.yaml_text import format_yaml

    parts: list[RenderableType] = [
        Text(answer["kind"], style="bold"),
        Text(f"{answer['description']}\n"),
        columns(("field", "takes", "meaning"), list(_fields(answer))),
    ]
    parts += [Text(line) for line in _parts(answer["json_schema"])]
    if answer["example"] is not None:
        parts.append(Text("\nAn example, as YAML:\n", style="bold"))
        # An example is copied into a file; a line that rich broke would be another text.
        parts.append(Text(format_yaml(dict(answer["example"])), no_wrap=True, overflow="ignore"))
    hint = f"The JSON Schema: parley kinds {answer['kind']} --json"
    return stack((*parts, Text(hint, style="dim")))


def _fields(answer: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    properties: Mapping[str, Any] = answer["json_schema"].get("properties", {})
    order = sorted(properties, key=lambda name: name not in {"kind", *answer["required"]})
    for name in order:
        schema = properties[name]
        needed = "required" if name in {"kind", *answer["required"]} else ""
        meaning = "; ".join(part for part in (needed, schema.get("description", "")) if part)
        yield name, _takes(schema), meaning


def _parts(schema: Mapping[str, Any]) -> Iterator[str]:
    """The fields of the parts that the fields of a kind are made of."""
    for name, part in schema.get("$defs", {}).items():
        needed = set(part.get("required", ()))
        named = [
            f"{field} ({'required, ' if field in needed else ''}{_takes(of)})"
            for field, of in part.get("properties", {}).items()
        ]
        yield f"\n{name}: {'; '.join(named)}"


def _takes(schema: Mapping[str, Any]) -> str:
    """What a field takes, in a few words."""
    choices = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return " or ".join(dict.fromkeys(map(_one, choices)))


def _one(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        items = schema.get("items", {})
        return f"list of {_one(items) if items else 'anything'}"
    if schema.get("format") == "uuid":
        return "id"
    if "pattern" in schema and "a-z0-9" in schema["pattern"]:
        return "name"
    simple = str(schema.get("type", "anything"))
    return {"string": "text", "object": "fields", "boolean": "true or false"}.get(simple, simple)
