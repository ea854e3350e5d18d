"""`parley keys`: a key is shown once, listed without itself, and ended."""

from __future__ import annotations

from tests.cli.conftest import Shell


def test_a_key_is_shown_once_listed_and_revoked(empty: Shell) -> None:
    made = empty.inside("keys", "add", "analyst", "--role", "reader", "--json").json
    assert made["secret"].startswith("parley_")
    listed = empty.inside("keys", "list", "--json")
    assert listed.json == [made["key"]]
    assert made["secret"] not in listed.out
    assert empty.inside("keys", "revoke", made["key"]["id"], "--json").code == 0
    assert empty.inside("keys", "list", "--json").json[0]["revoked_at"] is not None
    assert empty.inside("keys", "revoke", made["key"]["id"]).code == 3


def test_the_tables_say_who_has_which_key(empty: Shell) -> None:
    assert "parley keys add" in empty.inside("keys", "list", "--table").out
    shown = empty.inside("keys", "add", "analyst", "--note", "the desk", "--table").out
    assert "parley_" in shown
    assert "recorder" in shown
    listed = empty.inside("keys", "list", "--table").out
    assert "analyst" in listed
    assert "the desk" in listed


def test_a_role_that_there_is_not_is_refused(empty: Shell) -> None:
    done = empty.inside("keys", "add", "analyst", "--role", "king")
    assert done.code == 2
    assert "role" in done.err
