"""The proof over HTTP: what a program needs that knows C2SP and nothing of Parley."""

from __future__ import annotations

from base64 import b64decode

import pytest
from httpx2 import Client

from api.reading import ASK_AGAIN, UNCHANGING
from app.keys import Role, make_key
from app.record import record
from app.sign_checkpoint import sign_checkpoint
from audit.note import parse_verifier_key
from audit.policy import Policy, check_checkpoint
from audit.proof import check_consistency, check_inclusion
from audit.proof_file import check_log_proof, parse_log_proof
from audit.tiles import TILE_WIDTH, parse_bundle, parse_tile
from audit.tree import hash_leaf, root_of
from ledger.checkpoints import StoredCheckpoint
from tests.api.conftest import CASE, Served, bearer

REMARK = {"kind": "actor.registered", "name": "A Visitor", "type": "person"}


@pytest.fixture
def signed(each: Served) -> StoredCheckpoint:
    """Everything so far is signed."""
    return sign_checkpoint(each.parley)


@pytest.fixture
def auditor(each: Served) -> dict[str, str]:
    return bearer(make_key(each.parley, "eve", Role.AUDITOR).secret)


def policy_of(client: Client) -> Policy:
    """Who may sign, as the log itself says."""
    keys = client.get("/v1/log/keys").json()["keys"]
    return Policy(tuple(parse_verifier_key(key["vkey"]) for key in keys))


def grow(served: Served) -> None:
    slug = f"visitor-{served.parley.ledger.head().size}"
    record(served.parley, CASE, {**REMARK, "slug": slug})


def test_the_newest_checkpoint_is_a_note_that_a_key_of_the_log_has_signed(
    each: Served, signed: StoredCheckpoint
) -> None:
    answer = each.client.get("/v1/log/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "max-age=5"
    found = check_checkpoint(answer.content, policy_of(each.client)).checkpoint
    assert (found.size, found.root) == (signed.size, signed.root)

    told = each.client.get("/v1/log/checkpoint", headers={"Accept": "application/json"}).json()
    assert told["note"] == answer.text
    assert told["root"] == signed.root.hex()


def test_past_checkpoints_are_listed_page_by_page_and_shown_by_size(
    each: Served, signed: StoredCheckpoint
) -> None:
    for _ in range(3):
        grow(each)
        sign_checkpoint(each.parley)
    sizes, address = [], "/v1/log/checkpoints?limit=2"
    while address:
        page = each.client.get(address)
        sizes += [each["size"] for each in page.json()["checkpoints"]]
        address = page.links.get("next", {}).get("url", "")
    assert sizes == sorted(set(sizes))
    assert signed.size in sizes
    past = each.client.get(f"/v1/log/checkpoints/{signed.size}")
    assert past.content == signed.note
    assert past.headers["Cache-Control"] == ASK_AGAIN
    gone = each.client.get(f"/v1/log/checkpoints/{sizes[-1] + 1}")
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


def test_the_tiles_make_the_signed_root_and_the_entries_their_hashes(
    each: Served, signed: StoredCheckpoint, auditor: dict[str, str]
) -> None:
    width = signed.size
    assert width < TILE_WIDTH
    tile = each.client.get(f"/v1/log/tile/0/000.p/{width}")
    assert tile.headers["Content-Type"] == "application/octet-stream"
    assert tile.headers["Cache-Control"] == UNCHANGING
    hashes = parse_tile(tile.content, width)
    assert root_of(hashes) == signed.root

    bundle = each.client.get(f"/v1/log/tile/entries/000.p/{width}", headers=auditor)
    assert [hash_leaf(leaf) for leaf in parse_bundle(bundle.content, width)] == hashes


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",
        "tile/0/000.p/200",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/0/x000/000.p/1",
        "tile/0/0.p/1",
        "tile/63/000.p/1",
        "tile/64/000.p/1",
        "tile/entries/000",
        "tile/data/000.p/1",
        "tile/0/000.p/0",
        "tile/0/999/999",
        "checkpoints/1000000",
        "proof/1000000",
        "proof/1000000.tlog-proof",
        "consistency?from=1&to=1000000",
        "proof/1?size=1000000",
    ],
)
def test_what_no_checkpoint_covers_and_what_is_no_tile_is_not_found(
    each: Served, signed: StoredCheckpoint, auditor: dict[str, str], path: str
) -> None:
    del signed
    answer = each.client.get(f"/v1/log/{path}", headers=auditor)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.json()["problems"][0]["way_out"]


def test_a_proof_checks_with_the_entry_and_the_keys_alone(
    each: Served, signed: StoredCheckpoint
) -> None:
    grow(each)
    newest = sign_checkpoint(each.parley)
    position = signed.size
    (leaf,) = each.parley.ledger.leaves(position - 1, position)

    answer = each.client.get(f"/v1/log/proof/{position}.tlog-proof")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    proof = parse_log_proof(answer.content)
    assert (
        check_log_proof(proof, hash_leaf(leaf.data), policy_of(each.client)).checkpoint.size
        == newest.size
    )

    for size in (signed.size, newest.size):
        told = each.client.get(f"/v1/log/proof/{position}", params={"size": size}).json()
        assert told["size"] == size
        check_inclusion(
            bytes.fromhex(told["leaf_hash"]),
            position - 1,
            size,
            [bytes.fromhex(step) for step in told["proof"]],
            bytes.fromhex(told["root"]),
        )


def test_a_log_is_shown_to_go_on_from_what_it_was(each: Served, signed: StoredCheckpoint) -> None:
    grow(each)
    newest = sign_checkpoint(each.parley)
    answer = each.client.get(f"/v1/log/consistency?from={signed.size}")
    assert answer.headers["Cache-Control"] == ASK_AGAIN
    told = answer.json()
    steps = [bytes.fromhex(step) for step in told["proof"]]
    check_consistency(signed.size, newest.size, steps, signed.root, newest.root)
    again = each.client.get(f"/v1/log/consistency?from={signed.size}&to={newest.size}")
    assert (again.json(), again.headers["Cache-Control"]) == (told, UNCHANGING)
    turned = each.client.get(f"/v1/log/consistency?from={newest.size}&to={signed.size}")
    assert (turned.status_code, turned.json()["code"]) == (422, "invalid-input")


def test_who_takes_entries_and_proofs_away_is_written_down_for_auditors(
    each: Served, signed: StoredCheckpoint, auditor: dict[str, str]
) -> None:
    log = "/v1/log/accesses"
    each.client.get(
        f"/v1/log/tile/entries/000.p/{signed.size}",
        headers={**auditor, "X-Request-ID": "the-bundle"},
    )
    each.writer.get("/v1/log/proof/2.tlog-proof")
    each.client.get("/v1/log/proof/3")
    told = each.client.get(log, headers=auditor, params={"limit": 3}).json()["accesses"]

    assert [(a["what"], a["first"], a["last"], a["subject"]) for a in told] == [
        ("proof", 3, 3, None),
        ("proof", 2, 2, "writer"),
        ("entries", 1, signed.size, "eve"),
    ]
    assert told[2]["request"] == "the-bundle"
    assert told[2]["auth"].startswith("key:")
    older = each.client.get(log, headers=auditor, params={"before": told[0]["number"], "limit": 2})
    assert older.json()["accesses"] == told[1:]
    assert each.client.get(log).status_code == 401
    assert each.writer.get(log).status_code == 403
    assert each.writer.get("/v1/log/tile/entries/000.p/1").status_code == 403


def test_readiness_and_measures_say_how_far_the_log_is_signed(
    each: Served, signed: StoredCheckpoint
) -> None:
    told = each.client.get("/readyz").json()
    assert (told["signed"], told["signing_refused"]) == (signed.size, None)
    measured = each.client.get("/metrics").text
    assert f"parley_checkpoint_size {float(signed.size)}" in measured
    assert "parley_signing_refused 0.0" in measured


def test_the_keys_are_told_as_c2sp_writes_them(each: Served, signed: StoredCheckpoint) -> None:
    (key,) = each.client.get("/v1/log/keys").json()["keys"]
    assert key["origin"] == signed.origin
    assert (key["since"], key["retired_at"]) == (1, None)
    name, key_id, encoded = key["vkey"].split("+", 2)
    assert (name, len(key_id), b64decode(encoded)[0]) == (signed.origin, 8, 1)
