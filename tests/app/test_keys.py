"""Keys: shown once, kept as digests, good until they are revoked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.keys import (
    MAY,
    PREFIX,
    Act,
    Role,
    find_key,
    has_good_key,
    keys,
    make_first_key,
    make_key,
    revoke_key,
)
from app.parley import Parley
from domain.errors import InvalidInput, NotFound
from ledger.tables import api_keys


def test_a_key_is_found_by_what_was_shown_once(parley: Parley) -> None:
    new = make_key(parley, "analyst", "reviewer", "the desk")
    assert new.secret.startswith(PREFIX)
    assert find_key(parley, new.secret) == new.key
    assert (new.key.subject, new.key.role, new.key.note) == ("analyst", Role.REVIEWER, "the desk")
    assert keys(parley) == (new.key,)


def test_nothing_that_is_kept_gives_the_key_away(parley: Parley) -> None:
    new = make_key(parley, "analyst", "reader")
    with parley.ledger.engine.connect() as connection:
        (row,) = connection.execute(select(api_keys)).all()
    assert new.secret.encode() not in b"|".join(
        each if isinstance(each, bytes) else str(each).encode() for each in row
    )
    assert len(row.digest) == 32


@pytest.mark.parametrize("shown", ["", "parley_", "parley_" + "a" * 43, "é" * 50, "a" * 10_000])
def test_what_was_never_made_is_no_key(parley: Parley, shown: str) -> None:
    make_key(parley, "analyst", "reader")
    assert find_key(parley, shown) is None


def test_a_revoked_key_is_good_no_more_and_stays_on_the_list(parley: Parley) -> None:
    new = make_key(parley, "analyst", "admin")
    assert has_good_key(parley)
    revoke_key(parley, new.key.id)
    assert find_key(parley, new.secret) is None
    assert not has_good_key(parley)
    (kept,) = keys(parley)
    assert kept.revoked_at is not None
    with pytest.raises(NotFound, match="no good key"):
        revoke_key(parley, new.key.id)


def test_the_first_key_is_made_once(parley: Parley) -> None:
    first = make_first_key(parley)
    assert first is not None
    assert (first.key.subject, first.key.role) == (parley.settings.subject, Role.RECORDER)
    revoke_key(parley, first.key.id)
    assert make_first_key(parley) is None


@pytest.mark.parametrize(
    ("subject", "role", "note", "field"),
    [
        ("", "reader", None, "subject"),
        ("a\x00b", "reader", None, "subject"),
        ("a" * 256, "reader", None, "subject"),
        ("a", "king", None, "role"),
        ("a", "reader", "n" * 201, "note"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_by_its_field(
    parley: Parley, subject: str, role: str, note: str | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_key(parley, subject, role, note)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert keys(parley) == ()


def test_every_role_may_read_and_only_an_admin_everything() -> None:
    assert all(Act.READ in acts for acts in MAY.values())
    assert [role for role, acts in MAY.items() if acts == frozenset(Act)] == [Role.ADMIN]
