"""The document of the API says all there is to say, and the reference page leaves nothing out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from httpx2 import Client

from api.application import make_application
from api.problems import CODES, MEDIA_TYPE
from api.recording import EVENT_BODY
from app.bodies import MAX_ARRAY
from app.parley import Parley
from app.supposing import MAX_SUPPOSED
from domain.registry import KINDS
from tests.api.conftest import CASE, Served

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
SAYS_NOTHING = {"title", "description", "default", "maxItems", "minItems"}


@cache
def document() -> dict[str, Any]:
    # No endpoint is asked, so there need be no log.
    return make_application(cast("Parley", None), local=True).openapi()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, by its method and address."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def schemas() -> Iterator[tuple[str, Any]]:
    """Every schema in the document, by where it stands."""
    ahead = [(name, each) for name, each in document()["components"]["schemas"].items()]
    for path, operation in operations():
        ahead += [(path, parameter["schema"]) for parameter in operation.get("parameters", ())]
        sent = operation.get("requestBody", {}).get("content", {})
        ahead += [(f"{path} body", form["schema"]) for form in sent.values()]
        for status, response in operation["responses"].items():
            forms = response.get("content", {})
            ahead += [(f"{path} {status}", form["schema"]) for form in forms.values()]
    while ahead:
        where, schema = ahead.pop()
        yield where, schema
        if isinstance(schema, dict):
            for name in ("properties", "patternProperties"):
                ahead += [(f"{where}.{n}", s) for n, s in schema.get(name, {}).items()]
            for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
                ahead += [(f"{where}.{name}", s) for s in schema.get(name, ())]
            for name in ("items", "additionalProperties"):
                if isinstance(schema.get(name), dict):
                    ahead.append((f"{where}.{name}", schema[name]))


def test_nothing_in_it_is_an_object_of_which_nothing_is_said() -> None:
    free = []
    for where, schema in schemas():
        said = isinstance(schema, dict) and set(schema) - SAYS_NOTHING
        shaped = said and (
            schema.get("type") != "object"
            or "properties" in schema
            or "patternProperties" in schema
            or isinstance(schema.get("additionalProperties"), dict)
        )
        listed = said and (schema.get("type") != "array" or {"items", "prefixItems"} & set(schema))
        if not (shaped and listed) or schema.get("additionalProperties") is True:
            free.append(where)
    assert free == []


def test_the_body_of_a_step_is_the_union_of_all_kinds() -> None:
    parts = document()["components"]["schemas"]
    for union in (parts["Step"]["properties"]["body"], parts["LogEntry"]["properties"]["event"]):
        assert set(union["discriminator"]["mapping"]) == set(KINDS)
        assert len(union["oneOf"]) == len(KINDS)
    for kind in KINDS.values():
        assert parts[kind.__name__]["required"][0] == "kind"


def test_the_body_to_record_is_the_union_of_all_kinds_but_those_of_the_log_itself() -> None:
    union = document()["components"]["schemas"][EVENT_BODY]
    own = {kind for kind in KINDS if kind.startswith("log.")}
    assert set(union["discriminator"]["mapping"]) == set(KINDS) - own
    assert {each["$ref"] for each in union["oneOf"]} == set(
        union["discriminator"]["mapping"].values()
    )


def test_every_kind_that_can_be_recorded_has_an_example_that_is_of_it() -> None:
    sent = dict(operations())["POST /v1/negotiations/{negotiation}/events"]["requestBody"]
    examples = sent["content"]["application/json"]["examples"]
    assert {name: each["value"]["kind"] for name, each in examples.items()} == {
        kind: kind for kind in KINDS if not kind.startswith("log.")
    }


def test_an_array_of_bodies_is_as_long_as_what_takes_it_says() -> None:
    for path, most in (("events", MAX_ARRAY), ("scenarios", MAX_SUPPOSED)):
        body = dict(operations())[f"POST /v1/negotiations/{{negotiation}}/{path}"]["requestBody"]
        _, several = body["content"]["application/json"]["schema"]["oneOf"]
        assert several["maxItems"] == most
        assert f"{most:,}" in body["description"]
        assert body["content"]["application/json"]["examples"]


def test_every_refusal_is_problem_details() -> None:
    for path, operation in operations():
        refused = {s: r for s, r in operation["responses"].items() if s >= "400"}
        assert {"422", "406", "503"} <= set(refused), path
        assert all(list(r["content"]) == [MEDIA_TYPE] for r in refused.values()), path


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)
    assert all(operation.get("description") for _, operation in operations())


@pytest.mark.parametrize("asked", [asked for asked, _ in operations()])
def test_every_endpoint_stands_on_the_reference_page(asked: str) -> None:
    assert f"`{asked}`" in PAGE.read_text("utf-8")


def test_the_reference_page_names_no_endpoint_that_there_is_not() -> None:
    named = set(re.findall(r"`((?:GET|POST|DELETE) /[^`?]*)`", PAGE.read_text("utf-8")))
    assert named == {asked for asked, _ in operations()}


@pytest.mark.parametrize("asked", [asked for asked, _ in operations()])
def test_every_parameter_stands_on_the_reference_page(asked: str) -> None:
    text = PAGE.read_text("utf-8")
    for parameter in dict(operations())[asked].get("parameters", ()):
        assert re.search(rf"[`{{]{parameter['name']}[`}}]", text), parameter["name"]


def test_every_code_stands_on_the_reference_page_with_its_status() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {name: int(status) for name, status in rows} == {
        name: int(code.status) for name, code in CODES.items()
    }


def shown() -> list[Any]:
    """The answers that stand on the reference page."""
    text = PAGE.read_text("utf-8")
    return [
        json.loads(each)
        for each in re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    ]


def test_the_answers_on_the_reference_page_are_those_that_are_given(one: Served) -> None:
    taken, refused = shown()
    actor = {"kind": "actor.registered", "slug": "norway", "name": "Norway", "type": "state"}
    assert json.dumps(actor) in PAGE.read_text("utf-8")
    recorded = one.writer.post(f"/v1/negotiations/{CASE}/events", json=actor).json()
    # These are others every time.
    for name in ("position", "id", "recorded_at", "leaf_hash"):
        assert type(recorded["recorded"][0][name]) is type(taken["recorded"][0].pop(name))
        del recorded["recorded"][0][name]
    assert recorded == taken
    asked = f"/v1/negotiations/{CASE}/framework?as_of=yesterday"
    answer = one.client.get(asked, headers={"X-Request-ID": refused["request_id"]})
    assert answer.json() == refused


def test_the_pages_about_it_need_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "//cdn" not in page.text
    for address in re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text):
        assert not re.match(r"https?:|//", address), address
        assert client.get(address).status_code == 200
    assert client.get("/openapi.json").json() == document()
