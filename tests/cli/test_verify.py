"""Auditors export and verify from the command line, and scripts go by the exit code."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from httpx2 import Client

from ledger.database import path_of
from tests.cli.conftest import SAMPLE, Shell
from tests.cli.servers import serving


@pytest.fixture(scope="module")
def exported(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's log, an export of it and an answer with its proof."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copy(sample, folder / "parley.db")
    shell = Shell(f"sqlite:///{folder / 'parley.db'}", folder)
    done = shell.inside("export", "audit", folder / "export", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["size"] == shell.size()
    answer = shell.inside("show", "--as-of", "2025-09-11", "--proof")
    assert (answer.code, answer.err) == (0, "")
    (folder / "answer.json").write_text(answer.out, "utf-8")
    (folder / "answer.tlog-proof").write_text("none", "utf-8")
    return folder


@pytest.fixture
def there(exported: Path, tmp_path: Path) -> Shell:
    """The same, to be changed."""
    folder = Path(shutil.copytree(exported, tmp_path / "there"))
    return Shell(f"sqlite:///{folder / 'parley.db'}", folder)


def edit(folder: Path, path: str, old: bytes, new: bytes) -> None:
    data = (folder / path).read_bytes()
    assert old in data
    (folder / path).write_bytes(data.replace(old, new))


def test_an_export_is_proven_and_says_what_was_not_checked(there: Shell) -> None:
    keys = there.home / "export" / "policy"
    done = there.inside("verify", there.home / "export", "--policy", keys)
    assert (done.code, done.err, done.json["outcome"]) == (0, "", "proven")
    table = there.inside("verify", there.home / "export", "--table")
    assert table.out.startswith("PROVEN")
    assert "  - ro-crate-metadata.json: no check covers this file\n" in table.out
    assert "whose keys count: none were given" in table.out


def test_an_altered_export_ends_with_one_and_names_the_position(there: Shell) -> None:
    (bundle,) = (there.home / "export/tile/entries").rglob("*/*")
    edit(bundle.parent, bundle.name, b'"kind":"negotiation.opened"', b'"kind":"negotiation.closed"')
    done = there.inside("verify", there.home / "export", "--table")
    assert done.code == 1
    assert "first at position " in done.out


def test_an_export_without_something_ends_with_two(there: Shell) -> None:
    (there.home / "export/checkpoint").unlink()
    done = there.inside("verify", there.home / "export", "--table")
    assert (done.code, done.out.split(":")[0]) == (2, "INCONCLUSIVE")


def test_an_older_checkpoint_is_continued_or_not(there: Shell, shell: Shell) -> None:
    kept = there.home / "kept"
    shutil.copy(there.home / "export/checkpoint", kept)
    body = {"kind": "actor.registered", "slug": "new", "name": "New", "type": "state"}
    there.inside("record", SAMPLE, "-", stdin=json.dumps(body))
    assert there.inside("export", "audit", there.home / "later").code == 0
    done = there.inside("verify", there.home / "later", "--since", kept)
    assert (done.code, done.json["size"]) == (0, there.size())
    assert (there.home / "later/checkpoints" / str(there.size() - 1)).exists()
    stale = there.inside(
        "verify", there.home / "export", "--since", there.home / "later/checkpoint"
    )
    assert stale.code == 2
    other = shell.inside("export", "audit", shell.home / "export")
    assert other.code == 0
    keys = there.home / "export" / "policy"
    assert there.inside("verify", shell.home / "export", "--policy", keys).code == 2


def test_the_log_at_hand_is_verified_without_an_export(there: Shell) -> None:
    done = there.inside("verify")
    assert (done.code, done.json["size"]) == (0, there.size())
    path = path_of(there.url)
    assert path is not None
    database = sqlite3.connect(path)
    for (name,) in database.execute(
        "SELECT name FROM sqlite_master WHERE type='trigger'"
    ).fetchall():
        database.execute(f"DROP TRIGGER {name}")
    moved = "CAST(replace(CAST(leaf AS TEXT), '\"local\"', '\"loyal\"') AS BLOB)"
    database.execute(f"UPDATE events SET leaf = {moved} WHERE position = 54")  # noqa: S608
    database.commit()
    database.close()
    assert there.inside("verify", "--table").code == 1


def test_a_log_is_verified_where_it_is_served(there: Shell) -> None:
    key = there.inside("keys", "add", "ada", "--role", "auditor").json["secret"]
    keys = there.home / "export" / "policy"
    with serving(there) as (_, address):
        url = f"{address}/v1/log"
        done = there.inside("verify", url, "--policy", keys, "--api-key", key)
        assert (done.code, done.json["outcome"], done.json["findings"]) == (0, "proven", [])
        assert there.inside("verify", url, PARLEY_API_KEY=key).code == 0
        refused = there.inside("verify", url, "--table")
        answer = there.inside("verify", "answer", there.home / "answer.json", "--log", url,
                              PARLEY_API_KEY=key)  # fmt: skip
    assert refused.code == 2
    assert "the server refuses it (401)" in refused.out
    assert answer.code == 0
    away = there.inside("verify", url)
    assert (away.code, away.json["findings"][0]["check"]) == (2, "source")


def test_an_entry_is_verified_by_its_proof_alone(there: Shell) -> None:
    log, leaf = there.home / "export", there.home / "entry.json"
    proof, policy = there.home / "54.tlog-proof", log / "policy"
    with serving(there) as (_, address), Client(base_url=f"{address}/v1") as client:
        as_event = {"Accept": "application/cloudevents+json"}
        proof.write_bytes(client.get("/log/proof/54.tlog-proof").content)
        leaf.write_bytes(client.get("/events/54", headers=as_event).content)
    (bundle,) = (log / "tile/entries").rglob("*/*")
    for entry in (leaf, bundle):
        done = there.inside("verify", proof, "--entry", entry, "--policy", policy)
        assert (done.code, done.err, done.json["outcome"]) == (0, "", "proven")
        assert any("the entry at position 54 of" in line for line in done.json["checked"])
    edit(there.home, "entry.json", b'"local"', b'"loyal"')
    table = there.inside("verify", proof, "--entry", leaf, "--policy", policy, "--table")
    assert table.code == 1
    assert table.out.startswith("TAMPERED")
    assert there.inside("verify", leaf, "--entry", leaf, "--policy", policy).code == 2


def test_an_answer_is_verified_by_an_export(there: Shell) -> None:
    arguments = ("verify", "answer", there.home / "answer.json", "--log", there.home / "export")
    done = there.inside(*arguments)
    assert (done.code, done.json["outcome"]) == (0, "proven")
    assert any("byte by byte" in line for line in done.json["checked"])
    edit(there.home, "answer.json", b'"rules": 1', b'"rules": 2')
    assert there.inside(*arguments).code == 2
    carried = json.loads((there.home / "answer.json").read_bytes().replace(b'es": 2', b'es": 1'))
    del carried["answer"]["pledges"][3]
    (there.home / "answer.json").write_text(json.dumps(carried), "utf-8")
    table = there.inside(*arguments, "--table")
    assert table.code == 1
    assert "the answer does not follow from it" in table.out


@pytest.mark.parametrize("target", [(), ("pledges",), ("pledge/force-26",)], ids=str)
def test_what_can_be_shown_can_be_shown_with_its_proof(
    there: Shell, target: tuple[str, ...]
) -> None:
    done = there.inside("show", *target, "--proof")
    assert done.code == 0
    (there.home / "a.json").write_text(done.out, "utf-8")
    by = there.home / "export"
    assert there.inside("verify", "answer", there.home / "a.json", "--log", by).code == 0


def test_an_answer_that_nothing_signed_covers_is_not_found(shell: Shell) -> None:
    done = shell.inside("show", "--proof")
    assert done.code == 3
    assert "not signed any yet" in done.err


@pytest.mark.parametrize(
    "args",
    [
        ("verify", "nowhere"),
        ("verify", "http://example.org/v1/log"),
        ("verify", "export", "--policy", "nowhere"),
        ("verify", "export", "--policy", "answer.json"),
        ("verify", "export", "--since", "nowhere"),
        ("verify", "export", "answer.json"),
        ("verify", "export", "--log", "export"),
        ("verify", "answer", "answer.json"),
        ("verify", "1.tlog-proof"),
        ("verify", "1.tlog-proof", "--entry", "answer.json"),
        ("verify", "1.tlog-proof", "--entry", "answer.json", "--policy", "export/policy"),
        ("verify", "answer.tlog-proof", "--entry", "nowhere", "--policy", "export/policy"),
        (
            "verify",
            "answer.tlog-proof",
            "--entry",
            "answer.json",
            "--policy",
            "export/policy",
            "--since",
            "export/checkpoint",
        ),
        (
            "verify",
            "answer.tlog-proof",
            "answer.json",
            "--entry",
            "answer.json",
            "--policy",
            "export/policy",
        ),
        ("verify", "export", "--entry", "answer.json", "--policy", "export/policy"),
        ("verify", "--entry", "answer.json"),
        ("verify", "answer", "nowhere.json", "--log", "export"),
        ("verify", "answer", "export/policy", "--log", "export"),
        ("show", "--proof", "--table"),
        ("export", "audit", "export"),
        ("export", "audit", "answer.json/below"),
    ],
)
def test_a_command_that_cannot_be_meant_is_bad_input(
    there: Shell, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.chdir(there.home)
    done = there.inside(*args)
    assert (done.code, done.out) == (2, "")
    assert "→" in done.err


def test_a_defect_ends_with_a_code_of_its_own(
    there: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("audit.verify.verify", fail)
    done = there.inside("verify", there.home / "export")
    assert (done.code, done.out) == (70, "")
    assert "too deep" in done.err
