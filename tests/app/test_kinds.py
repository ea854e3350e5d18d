"""The JSON Schema of a kind is one that programs of others can use, and it keeps its word."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator as Validator

from app.kinds import describe
from domain.errors import InvalidInput
from domain.registry import KINDS, read_event
from tests.api.drawn_requests import Json, bodies
from tests.app.bodies import pledge
from tests.domain.samples import every_kind

DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
OF_ANY_TYPE = {
    *("$defs", "$ref", "anyOf", "const", "default", "description", "enum", "title", "type"),
}
OF_TYPE = {
    "array": {"items", "maxItems", "minItems", "prefixItems"},
    "boolean": set[str](),
    "integer": {"maximum", "minimum"},
    "null": set[str](),
    "number": {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"},
    "object": {
        *("additionalProperties", "maxProperties", "patternProperties", "properties", "required"),
    },
    "string": {"format", "maxLength", "minLength", "pattern"},
    None: set[str](),
}
"""The keywords that say something of a value of each type; others would be passed over."""


@cache
def schema_of(kind: str) -> dict[str, Any]:
    return {**DIALECT, **describe(kind).json_schema.model_dump(mode="json", by_alias=True)}


@cache
def validator(kind: str) -> Validator:
    return Validator(schema_of(kind))


def parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and every schema in it."""
    yield schema
    named = [schema.get(name, {}) for name in ("$defs", "properties", "patternProperties")]
    inner = [each for group in named for each in group.values()]
    inner += [*schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    for each in [*inner, schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(each, dict):
            yield from parts(each)


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_a_kind_is_one_of_the_2020_12_dialect(kind: str) -> None:
    jsonschema_rs.meta.validate(schema_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_needs_what_a_kind_is_said_to_need_but_who_says_so(kind: str) -> None:
    # What is only supposed, in a scenario, needs no citation.
    needed = set(describe(kind).required) - {"cite"}
    assert set(schema_of(kind)["required"]) - {"kind"} == needed
    dated = schema_of(kind)["properties"]["occurred"]
    assert ("occurred" in needed) == ("anyOf" not in dated)
    assert "default" not in dated or "occurred" not in needed


@pytest.mark.parametrize("kind", KINDS)
def test_every_keyword_says_something_of_the_type_beside_it(kind: str) -> None:
    for part in parts(schema_of(kind)):
        said = set(part) - OF_ANY_TYPE - set(DIALECT)
        assert said <= OF_TYPE[part.get("type")], part


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_and_its_parts_says_what_it_means(kind: str) -> None:
    for part in parts(schema_of(kind)):
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), name


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_fits_its_schema(kind: str) -> None:
    example = describe(kind).model_dump(mode="json")["example"]
    if example is not None:
        validator(kind).validate(example)


def test_every_body_that_was_recorded_fits_the_schema_of_its_kind() -> None:
    for entry in every_kind.recorded():
        validator(entry.kind).validate(entry.event.body())


@given(bodies())
def test_what_does_not_fit_the_schema_is_not_taken(body: Json) -> None:
    try:
        kind = read_event(body).TOPIC
    except InvalidInput:
        return
    validator(kind).validate(body)


def taken(kind: str, body: object) -> bool:
    """Whether a body is taken, which its schema says as well."""
    try:
        read_event(body)  # type: ignore[arg-type] # anything can be handed in
    except InvalidInput:
        assert not validator(kind).is_valid(body)
        return False
    assert validator(kind).is_valid(body)
    return True


numbers = (
    st.sampled_from([0, 1, 10_000, 10_001, "0", "1", "01", "+1", " 1", "1_0", "1.0", "٣", "", True])
    | st.integers()
    | st.text("0123456789 -+._e", max_size=4)
)


@given(numbers)
def test_a_whole_number_is_a_number_or_its_digits(number: Json) -> None:
    body = pledge(cardinality_reported=number)
    digits = str(number) if isinstance(number, int | str) and number is not True else ""
    plain = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
    within = plain and 1 <= int(digits) <= 10_000
    try:
        read_event(body)
    except InvalidInput:
        assert not within
        # Of digits the schema cannot say between which numbers they are.
        assert isinstance(number, str) or not validator("pledge.made").is_valid(body)
    else:
        assert within
        validator("pledge.made").validate(body)


@pytest.mark.parametrize(
    ("quantity", "fits"),
    [
        *[(each, True) for each in (0, 2, 2.5, "2.5", "0", "100000000000000000000.5")],
        *[(each, False) for each in (-1, -0.5, 1e21, "-1", "2,5", "1e3", "01", "", True)],
    ],
    ids=repr,
)
def test_a_quantity_is_a_decimal_text_or_a_number_from_nought(
    quantity: Json, *, fits: bool
) -> None:
    component = {"key": "steel", "quantity": quantity}
    assert taken("pledge.made", pledge(components=[component])) == fits


@pytest.mark.parametrize("word", ["true", "yes", "on", "1", 1, 0, 1.0, "", []], ids=repr)
def test_what_is_only_like_true_or_false_is_neither(word: Json) -> None:
    assert not taken("pledge.made", pledge(testable=word))
    assert taken("pledge.made", pledge(testable=True))
