"""What a negotiation may be called, and where it is opened."""

from __future__ import annotations

import pytest

from domain.negotiations import is_negotiation, never_opened, no_name, opening_stream


@pytest.mark.parametrize("name", ["talks", "harbour-talks-2031", "a" * 64])
def test_a_slug_can_be_the_name_of_a_negotiation(name: str) -> None:
    assert is_negotiation(name)
    assert opening_stream(name) == f"{name}/negotiation/{name}"


@pytest.mark.parametrize("name", ["commons", "log", "", "Talks", "a/b", "a" * 65, None, 7])
def test_no_negotiation_is_called_so(name: object) -> None:
    assert not is_negotiation(name)
    assert no_name(name).rule == f"{name!r} is not the name of a negotiation"


def test_who_names_one_that_nobody_has_opened_is_told_how_to_open_it() -> None:
    assert never_opened("talks").rule == "no negotiation is known by the name 'talks'"
    assert "record negotiation.opened" in never_opened("talks").way_out
