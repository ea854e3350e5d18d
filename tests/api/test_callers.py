"""Who may do what: every endpoint, every role and nobody, out of the router itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from httpx2 import Client

from api.application import make_application
from api.callers import may
from app.keys import MAY, Act, Role, make_key, revoke_key
from app.parley import Parley
from tests.api.conftest import CASE, Served, bearer
from tests.app.bodies import NEGOTIATION, SETTING, pledge

PUBLIC = {
    *("is_alive", "is_ready", "show_asyncapi"),
    *("custom_swagger_ui_html", "swagger_ui_redirect"),
}
"""What answers whoever asks: a supervisor, and who wants to know what there is to ask."""
SENT = {
    "negotiation": CASE,
    "slug": "force-26",
    "position": "1",
    "kind": "pledge.made",
    "subject": "writer",
    "webhook": "0123456789ab",
    "size": "1",
    "tile": "0/000.p/1",
    "bundle": "000.p/1",
}
"""Something for each part of an address."""
SHOWN = {"list_webhooks", "show_webhook", "list_attempts"}
"""What only an admin may see, and nothing is changed by."""
ASKS = {"GET", "HEAD"}


def routes() -> list[RouteContext]:
    """Every endpoint as it is served: with the prefix and the dependencies of its router."""
    found = iter_route_contexts(make_application(cast("Parley", None), local=True).routes)
    return [route for route in found if isinstance(route.original_route, APIRoute)]


def address_of(route: RouteContext) -> str:
    """Its path with the names of its parts alone."""
    return str(route.path).replace(":path}", "}")


def methods_of(route: RouteContext) -> set[str]:
    return route.methods or set()


def acts_of(dependant: Dependant) -> Iterator[Act]:
    act = getattr(dependant.call, "act", None)
    if act is not None:
        yield act
    for inner in dependant.dependencies:
        yield from acts_of(inner)


def needed(route: RouteContext) -> frozenset[Act]:
    return frozenset(acts_of(route.dependant))


def test_every_endpoint_of_the_document_is_looked_at() -> None:
    told = make_application(cast("Parley", None), local=True).openapi()["paths"]
    assert set(told) <= {address_of(route) for route in routes()}


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_every_endpoint_names_its_act(route: RouteContext) -> None:
    assert bool(needed(route)) != (route.name in PUBLIC)
    writes = not methods_of(route) <= ASKS and not str(route.name).startswith("suppose")
    assert writes == bool(needed(route) & {Act.RECORD, Act.ADMINISTER} and route.name not in SHOWN)


@pytest.fixture(scope="module")
def secrets(one: Served) -> dict[Role, str]:
    return {role: make_key(one.parley, f"a-{role}", role).secret for role in Role}


def is_let_in(client: Client, route: RouteContext, key: str | None) -> bool:
    """Whether a request of nothing in particular is stopped by something else than the door."""
    (method,) = methods_of(route) & {"GET", "POST", "DELETE"}
    path = address_of(route).format(**SENT)
    headers = {} if key is None else bearer(key)
    # Whoever is let in need not be sent everything: a stream has no end.
    with client.stream(method, path, headers=headers) as answer:
        if answer.status_code not in {401, 403}:
            return True
        answer.read()
    assert answer.json()["code"] == ("unauthenticated" if key is None else "forbidden")
    assert ("WWW-Authenticate" in answer.headers) == (key is None)
    return False


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_each_role_gets_in_where_its_acts_are(
    one: Served, secrets: dict[Role, str], route: RouteContext, role: Role | None
) -> None:
    acts = frozenset({Act.READ}) if role is None else MAY[role]
    key = None if role is None else secrets[role]
    assert is_let_in(one.client, route, key) == (needed(route) <= acts)


def test_where_others_get_in_reading_takes_a_key_as_well() -> None:
    assert not make_application(cast("Parley", None), local=False).state.open_reading


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer",
        "Bearer parley_",
        f"Bearer parley_{'a' * 43}",
        "Basic YTpi",
        "parley_x",
        "Bearer a b",
        f"Bearer {'a' * 10_000}",
    ],
)
def test_what_is_no_good_key_is_refused_even_where_none_is_needed(one: Served, shown: str) -> None:
    headers = {"Authorization": shown.encode()}
    answer = one.client.get("/v1/version", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_a_key_that_was_revoked_is_good_no_more(one: Served) -> None:
    new = make_key(one.parley, "guest", Role.READER)
    headers = bearer(new.secret)
    assert one.client.get("/v1/version", headers=headers).status_code == 200
    revoke_key(one.parley, new.key.id)
    assert one.client.get("/v1/version", headers=headers).status_code == 401


def test_only_a_reviewer_endorses_and_never_what_they_recorded(
    one: Served, secrets: dict[Role, str]
) -> None:
    events = f"/v1/negotiations/{NEGOTIATION}/events"
    recorder, reviewer = (bearer(secrets[role]) for role in (Role.RECORDER, Role.REVIEWER))
    done = one.client.post(events, json=[*SETTING, pledge()], headers=recorder)
    assert done.status_code == 201, done.text
    entry = done.json()["recorded"][-1]
    told = one.client.get(f"/v1/events/{entry['position']}").json()
    assert told["recorded_by"] == "a-recorder"

    endorsed = {"kind": "entry.endorsed", "entry": entry["id"]}
    refused = one.client.post(events, json=endorsed, headers=recorder)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    among = one.client.post(events, json=[pledge("stone"), endorsed], headers=recorder)
    assert among.status_code == 403
    assert one.client.post(events, json=endorsed, headers=reviewer).status_code == 201

    own = one.client.post(events, json=pledge("sand"), headers=reviewer).json()["recorded"][0]
    again = {"kind": "entry.endorsed", "entry": own["id"]}
    assert one.client.post(events, json=again, headers=reviewer).status_code == 422


def test_the_dependency_that_names_an_act_is_known_by_it() -> None:
    assert getattr(may(Act.AUDIT), "act", None) is Act.AUDIT
