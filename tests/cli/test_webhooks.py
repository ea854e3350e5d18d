"""`parley webhooks`: a receiver is made, shown, stopped, removed; its secret is shown once."""

from __future__ import annotations

import pytest

from app import webhooks
from cli import webhooks as command
from tests.cli.conftest import Shell

URL = "https://hooks.example.org/parley"
NOBODY = "0123456789ab"


def test_a_webhook_is_made_shown_stopped_and_removed(empty: Shell) -> None:
    made = empty.inside("webhooks", "add", URL, "--kind", "pledge.made", "--json").json
    assert made["secret"].startswith("whsec_")
    name = made["webhook"]["id"]
    listed = empty.inside("webhooks", "list", "--json")
    assert listed.json == {"webhooks": [made["webhook"]]}
    assert made["secret"] not in listed.out
    assert made["webhook"]["filter"]["kind"] == "pledge.made"

    assert empty.inside("webhooks", "pause", name, "--json").json["state"] == "paused"
    resumed = empty.inside("webhooks", "resume", name, "--after", "0", "--json").json
    assert (resumed["state"], resumed["cursor"], resumed["behind"]) == ("active", "1.0", 1)
    rotated = empty.inside("webhooks", "rotate", name, "--overlap", "0.5", "--json").json
    assert rotated["secret"] != made["secret"]
    assert rotated["webhook"]["rotating_until"] is not None
    assert empty.inside("webhooks", "log", name, "--json").json == {"attempts": []}

    assert empty.inside("webhooks", "remove", name, "--json").json == {"removed": name}
    assert empty.inside("webhooks", "list", "--json").json == {"webhooks": []}


def test_the_tables_say_where_to_how_far_and_what_is_to_be_done(empty: Shell) -> None:
    assert "parley webhooks add" in empty.inside("webhooks", "list", "--table").out
    wanted = ("--note", "the desk", "--from", "2025-03-01")
    shown = empty.inside("webhooks", "add", URL, *wanted, "--table").out
    assert "whsec_" in shown
    listed = empty.inside("webhooks", "list", "--table").out
    assert URL in listed
    assert "the desk" in listed
    assert "0 entries behind" in listed
    assert "only from: 2025-03-01" in listed
    (made,) = empty.inside("webhooks", "list", "--json").json["webhooks"]
    assert "Nothing was sent" in empty.inside("webhooks", "log", made["id"], "--table").out
    assert "paused by a person" in empty.inside("webhooks", "pause", made["id"], "--table").out
    assert made["id"] in empty.inside("webhooks", "remove", made["id"], "--table").out


@pytest.mark.parametrize("command", ["log", "pause", "resume", "rotate", "remove"])
def test_one_that_there_is_not_is_not_found(empty: Shell, command: str) -> None:
    done = empty.inside("webhooks", command, NOBODY)
    assert done.code == 3
    assert "parley webhooks list" in done.err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["http://hooks.example.org/"], "https"),
        (["https://anna:secret@hooks.example.org/"], "password"),
        ([URL, "--kind", "pledge.broken"], "kind"),
        ([URL, "--after", "x"], "cursor"),
        ([URL, "--from", "yesterday"], "from"),
    ],
)
def test_what_cannot_be_sent_to_is_refused(empty: Shell, asked: list[str], said: str) -> None:
    done = empty.inside("webhooks", "add", *asked)
    assert done.code == 2
    assert said in done.err
    assert empty.inside("webhooks", "list", "--json").json == {"webhooks": []}


def test_what_may_be_asked_for_is_what_is_kept() -> None:
    assert command.MAX_ATTEMPTS == webhooks.MAX_ATTEMPTS
    hours = (command.ROTATION, command.MAX_ROTATION)
    assert [each * command.SECONDS_OF_AN_HOUR for each in hours] == [
        webhooks.ROTATION,
        webhooks.MAX_ROTATION,
    ]
