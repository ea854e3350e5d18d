"""The HTTP side of a witness answers with the statuses and types of tlog-witness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from api.witnessing import make_witness_application
from app.witness import Witness, open_witness
from app.witness_folder import hash_of
from audit.cosignature import check_cosignatures
from audit.note import Signer, format_verifier_key, parse_note
from audit.witness import Submission, format_submission
from tests.audit.material import ORIGIN, SIGNER, sign
from tests.audit.trees import FORKED, HONEST

STRANGER = Signer("other.example.org", Ed25519PrivateKey.generate())
FORGER = Signer(ORIGIN, Ed25519PrivateKey.generate())
START = 1_757_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return open_witness(
        tmp_path, logs=[format_verifier_key(SIGNER.key)], clock=count(START).__next__
    )


@pytest.fixture
def client(witness: Witness) -> Iterator[TestClient]:
    with TestClient(make_witness_application(witness)) as opened:
        yield opened


def note_by(signer: Signer) -> bytes:
    return format_submission(Submission(0, (), sign(HONEST.checkpoint(3), signer=signer)))


def test_what_continues_is_answered_with_a_cosignature(
    client: TestClient, witness: Witness
) -> None:
    answer = client.post("/add-checkpoint", content=HONEST.body(0, 8))
    assert answer.status_code == 200
    cosigned = parse_note(HONEST.note(8) + answer.content)
    assert check_cosignatures(cosigned, [witness.folder.cosigner.key]) == {
        witness.folder.cosigner.key: START
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (HONEST.body(8, 12), 200),
        (HONEST.body(8, 8), 200),
        (b"", 400),
        (b"old 8\n\nnonsense\n", 400),
        (b"x" * 200_000, 400),
        (HONEST.body(8, 12).replace(b"old 8", b"old 13"), 400),
        (note_by(FORGER), 403),
        (HONEST.body(8, 12).replace(b"\n12\n", b"\n13\n"), 403),
        (note_by(STRANGER).replace(ORIGIN.encode() + b"\n3", b"other.example.org\n3"), 404),
        (HONEST.body(0, 12), 409),
        (HONEST.body(7, 12), 409),
        (FORKED.body(8, 12), 422),
        (FORKED.body(8, 8), 422),
        (HONEST.body(8, 12).replace(b"old 8\n", b"old 8\n" + b"A" * 43 + b"=\n"), 422),
    ],
)
def test_each_refusal_has_its_status(client: TestClient, body: bytes, status: int) -> None:
    client.post("/add-checkpoint", content=HONEST.body(0, 8))
    assert client.post("/add-checkpoint", content=body).status_code == status


def test_a_conflict_tells_the_size_to_prove_from(client: TestClient) -> None:
    client.post("/add-checkpoint", content=HONEST.body(0, 8))
    answer = client.post("/add-checkpoint", content=HONEST.body(0, 12))
    assert (answer.status_code, answer.text) == (409, "8\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


def test_the_newest_checkpoint_is_given_with_both_signatures(
    client: TestClient, witness: Witness
) -> None:
    path = f"/{hash_of(ORIGIN)}/checkpoint"
    assert client.get(path).status_code == 404
    line = client.post("/add-checkpoint", content=HONEST.body(0, 8)).content
    answer = client.get(path)
    assert (answer.status_code, answer.content) == (200, HONEST.note(8) + line)
    assert client.get(f"/{hash_of('other')}/checkpoint").status_code == 404
    (file,) = witness.folder.path.glob("logs/*")
    file.write_bytes(b"garbage")
    assert client.get(path).status_code == 503
    assert client.post("/add-checkpoint", content=HONEST.body(8, 12)).status_code == 503


def test_nothing_else_is_answered(client: TestClient) -> None:
    assert client.get("/add-checkpoint").status_code == 405
    assert client.get("/").status_code == 404
