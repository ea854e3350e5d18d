"""`FIELD=VALUE` on the command line, read as the kind of event wants its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.errors import InvalidInput, Problem

OPTION = "--set"


def read_assignments(assignments: Sequence[str], kind: str) -> dict[str, Any]:
    """The fields and their values; raises InvalidInput for one that cannot be read.

    A text field takes the value as it stands, a list of texts takes it split at
    commas, and anything else is JSON. JSON is taken for the first two as well,
    so that every value can be given. Fields the kind does not have are passed on
    as they stand, because whoever corrects knows best what to say of them.
    """
    from domain.registry import schema_of

    schemas: Mapping[str, Any] = schema_of(kind).get("properties", {})
    found: dict[str, Any] = {}
    for assignment in assignments:
        field, equals, text = assignment.partition("=")
        if not equals or not field:
            rule = f"{assignment!r} is not a field with its value"
            raise InvalidInput(Problem(OPTION, rule, f"write {OPTION} FIELD=VALUE"))
        if field in found:
            rule = "is given twice"
            raise InvalidInput(Problem(f"{OPTION} {field}", rule, "keep one of the two"))
        found[field] = _read(field, text, schemas.get(field))
    return found


def _read(field: str, text: str, schema: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - any JSON.
    types = set() if schema is None else set(_types(schema))
    as_it_stands = "string" in types and "integer" not in types and not text.startswith('"')
    if schema is None or as_it_stands:
        return text
    if "texts" in types and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    from exchange.jsonl import located, parse_json

    try:
        return parse_json(text)
    except ValueError as error:
        rule = f"is no JSON: {getattr(error, 'msg', error)}"
        way_out = "write the value as JSON, in single quotes for the shell"
        raise InvalidInput(Problem(f"{OPTION} {field}", rule, way_out)) from None
    except InvalidInput as error:
        problems = (located(f"{OPTION} {field}", problem) for problem in error.problems)
        raise InvalidInput(*problems) from None


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    """The JSON types a field takes; `texts` for a list of texts."""
    for choice in schema.get("anyOf", [schema]):
        items = choice.get("items", {})
        yield "texts" if items.get("type") == "string" else str(choice.get("type", "object"))
