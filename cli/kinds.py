"""`parley kinds`: what can be recorded, with the fields of each kind and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import choose_form, write

if TYPE_CHECKING:
    from rich.console import RenderableType


def kinds(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="A kind, such as pledge.made.", show_default=False),
    ] = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """List the kinds of events, or show one: its fields, its JSON Schema and an example."""
    from app.kinds import kinds as every_kind

    form = choose_form(json=json, table=table)
    if kind is None:
        answer = [each.model_dump() for each in every_kind().kinds]
        write(answer, form, lambda: list_view(answer))
    else:
        described = describe(kind)
        write(described, form, lambda: kind_view(described))


def describe(kind: str) -> dict[str, Any]:
    """Everything there is to know of a kind; raises InvalidInput for a name that is none."""
    from app.kinds import summary_of
    from domain.registry import schema_of

    summary = summary_of(kind).model_dump()
    return {**summary, "json_schema": schema_of(kind), "example": example_of(kind)}


def example_of(kind: str) -> Mapping[str, Any] | None:
    """The first entry of this kind in the case of examples, as a file would hold it."""
    from app.kinds import EXAMPLES
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
    if any(each.get("type") == "integer" for each in choices):
        # Its digits as text are taken as well, for the sake of YAML; nobody need be told here.
        return "integer"
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
