"""`parley checkpoint`, `signing-key` and `access-log`: what keeps the proof, by hand."""

from __future__ import annotations

import json
import shutil
import signal
import time
from http.client import HTTPConnection
from pathlib import Path
from subprocess import DEVNULL

from app.accesses import Taken, note_access
from app.parley import open_parley
from app.settings import read_settings
from audit.checkpoint import parse_checkpoint
from audit.note import check_note, parse_note, parse_verifier_key
from tests.app.witness_server import SmallWitness, witnessing
from tests.cli.conftest import Shell
from tests.cli.servers import serving

PATIENCE = 30.0


def test_a_checkpoint_is_printed_as_the_note_that_it_is(shell: Shell) -> None:
    signed = shell.inside("checkpoint", "--json")
    told = signed.json
    shown = shell.inside("checkpoint", "--table").out
    keys = shell.inside("signing-key", "show", "--json").json["keys"]

    assert shown == told["note"]
    note = parse_note(shown.encode())
    assert check_note(note, [parse_verifier_key(key["vkey"]) for key in keys])
    found = parse_checkpoint(note.text)
    assert (found.origin, found.size, found.root.hex()) == (told["origin"], 87, told["root"])


def test_a_key_is_shown_whole_and_changed(shell: Shell) -> None:
    assert "parley checkpoint" in shell.inside("signing-key", "show", "--table").out
    shell.inside("checkpoint")
    (first,) = shell.inside("signing-key", "show", "--json").json["keys"]
    assert first["vkey"] in shell.inside("signing-key", "show", "--table").out.splitlines()

    rotated = shell.inside("signing-key", "rotate", "--subject", "eve", "--json").json["keys"]
    assert rotated[0]["vkey"] == first["vkey"]
    assert rotated[0]["retired_at"] == rotated[1]["since"] == 88
    last = shell.inside("log", "--newest", "--limit", "1", "--json").json["entries"][0]
    assert (last["event"]["kind"], last["recorded_by"]) == ("log.key_rotated", "eve")


def test_an_older_copy_is_refused_with_the_way_out(shell: Shell) -> None:
    path = Path(shell.url.removeprefix("sqlite:///"))
    shell.inside("checkpoint")
    shutil.copy(path, path.with_name("backup.db"))
    shell.inside("signing-key", "rotate")
    shutil.copy(path.with_name("backup.db"), path)

    for command in (
        ["checkpoint"],
        ["signing-key", "rotate"],
        ["endorse", "55", "--subject", "eve"],
    ):
        done = shell.inside(*command)
        assert (done.code, done.out) == (5, ""), command
        assert "PARLEY_GUARD_FILE: the log ends at 87, and it was signed up to 88" in done.err
        assert "put the newest database in its place" in done.err
    assert shell.inside("show", "--json").code == 0
    assert shell.size() == 87


def test_a_lost_guard_is_made_anew_only_where_a_person_says_so(shell: Shell) -> None:
    shell.inside("checkpoint")
    (guard,) = shell.home.glob("*.guard")
    guard.unlink()
    refused = shell.inside("checkpoint")
    assert (refused.code, "--new-guard" in refused.err) == (5, True)
    assert shell.inside("checkpoint", "--new-guard").code == 0
    assert guard.exists()
    assert shell.inside("checkpoint").code == 0


def test_the_files_are_where_the_settings_say(shell: Shell) -> None:
    key, guard = shell.home / "a" / "key", shell.home / "b" / "guard"
    placed = shell.with_environment(PARLEY_SIGNING_KEY_FILE=str(key), PARLEY_GUARD_FILE=str(guard))
    assert placed.inside("checkpoint").code == 0
    assert key.read_text().startswith("PRIVATE+KEY+")
    assert parse_note(guard.read_bytes()).signatures
    assert [file.stat().st_mode & 0o777 for file in (key, guard)] == [0o600] * 2
    assert "signing_key_file" not in placed.inside("signing-key", "show").err


def test_who_witnesses_and_who_does_not_is_told(shell: Shell) -> None:
    with witnessing(SmallWitness("w1")) as witness:
        policy = shell.home / "witnesses"
        gone = SmallWitness("w2", url="http://127.0.0.1:1")
        policy.write_text(f"{witness.line}\n{gone.line}\nquorum none\n")
        asked = shell.with_environment(PARLEY_WITNESSES=str(policy))
        shell.inside("checkpoint")
        (key,) = shell.inside("signing-key", "show", "--json").json["keys"]
        witness.logs = [parse_verifier_key(key["vkey"])]

        done = asked.inside("checkpoint", "--json")
    assert done.code == 0
    assert len(parse_note(done.json["note"].encode()).signatures) == 2
    assert "'w2' did not cosign" in done.err


def test_a_policy_that_cannot_be_read_is_bad_input(shell: Shell) -> None:
    asked = shell.with_environment(PARLEY_WITNESSES=str(shell.home / "nowhere"))
    done = asked.inside("checkpoint")
    assert (done.code, "PARLEY_WITNESSES" in done.err) == (2, True)
    assert not list(shell.home.glob("*.guard"))


def test_accesses_are_listed_the_newest_first(shell: Shell) -> None:
    with open_parley(read_settings(database_url=shell.url)) as parley:
        note_access(parley, Taken.EXPORT, 1, 87, subject="eve", auth="key:1")
        note_access(parley, Taken.PROOF, 5, 5, subject=None)

    told = shell.inside("access-log", "--json").json
    assert [(a["what"], a["subject"]) for a in told["accesses"]] == [
        ("proof", None),
        ("export", "eve"),
    ]
    assert told["more"] is False
    page = shell.inside("access-log", "--limit", "1", "--json").json
    assert page["more"] is True
    older = shell.inside(
        "access-log", "--before", str(page["accesses"][0]["number"]), "--json"
    ).json
    assert [a["what"] for a in older["accesses"]] == ["export"]
    table = shell.inside("access-log", "--table").out
    assert "eve" in table
    assert "somebody without a key" in table


def test_a_server_signs_by_itself_and_ends_when_it_is_told_to(shell: Shell) -> None:
    with serving(shell, stderr=DEVNULL) as (process, address):
        connection = HTTPConnection(address.removeprefix("http://"))
        end = time.monotonic() + PATIENCE
        while True:
            connection.request("GET", "/v1/log/checkpoint", headers={"Accept": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert json.loads(body)["size"] == shell.size() == 87
