"""The proof: checkpoints, tiles and entries as C2SP lays them out, and proofs made to order.

What lies below `/v1/log` has the paths of C2SP tlog-tiles, so that a program which
knows nothing of Parley can walk over it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.callers import Auditor
from api.limits import CHECKPOINT_AGE, MAX_PAGE, MAX_PATH, MAX_POSITION
from api.parameters import LIMIT, Limit, Position
from api.problems import refusals
from api.reading import ASK_AGAIN, JSON, UNCHANGING, AtOnce, Reading, Told, dumped
from app import accesses, read_checkpoints, read_proof, signing_key
from app.accesses import Accesses, Taken
from app.read_checkpoints import Checkpoint, Checkpoints
from app.read_proof import ConsistencyProof, InclusionProof
from app.signing_key import LogKeys
from app.trusted_keys import policy_of
from audit.policy import format_policy
from audit.tiles import TILE_WIDTH
from ledger.checkpoints import StoredCheckpoint

router = APIRouter(prefix="/log", tags=["proof"])
TEXT = "text/plain"
BYTES = "application/octet-stream"

Size = Annotated[
    int, Path(ge=1, le=MAX_POSITION, description="How many entries the checkpoint is over.")
]
AtSize = Annotated[
    int | None,
    Query(ge=1, le=MAX_POSITION, description="By the checkpoint of this size, not the newest."),
]
AfterSize = Annotated[
    int, Query(ge=0, le=MAX_POSITION, description="Only checkpoints of larger sizes.")
]
From = Annotated[int, Query(alias="from", ge=1, le=MAX_POSITION, description="The smaller size.")]
To = Annotated[
    int | None,
    Query(ge=1, le=MAX_POSITION, description="The larger size; the newest that was signed."),
]
TileName = Annotated[
    str, Path(max_length=MAX_PATH, description="Level and number, such as `0/x001/234.p/5`.")
]
BundleName = Annotated[
    str, Path(max_length=MAX_PATH, description="Number, such as `x001/234` or `000.p/12`.")
]
BeforeNumber = Annotated[
    int | None, Query(ge=1, le=MAX_POSITION, description="Go on before this number.")
]


def _text(told: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": told, "content": {TEXT: {"schema": {"type": "string"}}}}}


def _bytes(told: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": told, "content": {BYTES: {"schema": schema}}}}


@router.get(
    "/checkpoint",
    response_model=Checkpoint,
    responses={**_text("The signed note, or what is in it"), **refusals("not-found")},
)
def show_checkpoint(reading: AtOnce) -> Response:
    """Show the newest checkpoint: a signed note, cosignatures included; JSON if asked for.

    The log signs within seconds of what was recorded.
    """
    newest = read_checkpoints.signed_at(reading.parley)
    return _note(reading, newest, f"max-age={CHECKPOINT_AGE}")


@router.get("/checkpoints", response_model=Checkpoints, responses=refusals())
def list_checkpoints(reading: AtOnce, after: AfterSize = 0, limit: Limit = LIMIT) -> Response:
    """List every checkpoint that was ever signed, the smallest first, page by page."""
    page = read_checkpoints.checkpoint_page(reading.parley, after, limit)
    last = page.checkpoints[-1].size if page.checkpoints else after
    told = Told(dumped(page), {"after": str(last)} if page.more else None)
    return reading.proven(last, {JSON: lambda: told}, ASK_AGAIN)


@router.get(
    "/checkpoints/{size}",
    response_model=Checkpoint,
    responses={**_text("The signed note, or what is in it"), **refusals("not-found")},
)
def show_past_checkpoint(size: Size, reading: AtOnce) -> Response:
    """Show the checkpoint of a size, as `/v1/log/checkpoint` shows the newest."""
    return _note(reading, read_checkpoints.signed_at(reading.parley, size), ASK_AGAIN)


@router.get(
    "/tile/entries/{bundle:path}",
    response_class=Response,
    responses={**_bytes("Leaves, each after its length in two bytes"), **refusals("not-found")},
)
def show_entries(bundle: BundleName, reading: AtOnce, caller: Auditor) -> Response:
    """Give an entry bundle (C2SP tlog-tiles): up to 256 leaves; who took it is written down."""
    del caller
    found, data = read_checkpoints.bundle_at(reading.parley, f"tile/entries/{bundle}")
    first = found.index * TILE_WIDTH + 1
    reading.write_down(Taken.ENTRIES, first, first + found.width - 1)
    return reading.proven(first + found.width - 1, {BYTES: lambda: Told(data)}, UNCHANGING)


@router.get(
    "/tile/{tile:path}",
    response_class=Response,
    responses={**_bytes("Hashes of 32 bytes, one after another"), **refusals("not-found")},
)
def show_tile(tile: TileName, reading: AtOnce) -> Response:
    """Give a tile of hashes (C2SP tlog-tiles) that the newest checkpoint covers."""
    found, data = read_checkpoints.tile_at(reading.parley, f"tile/{tile}")
    _, last = found.leaves(found.width - 1)
    return reading.proven(last, {BYTES: lambda: Told(data)}, UNCHANGING)


@router.get(
    "/proof/{position}.tlog-proof",
    response_class=Response,
    responses={**_text("A proof (C2SP tlog-proof)"), **refusals("not-found")},
)
def show_proof_file(position: Position, reading: AtOnce, size: AtSize = None) -> Response:
    """Give the proof that the log holds an entry as a file to keep, with its checkpoint in it."""
    data = read_proof.log_proof(reading.parley, position, size)
    reading.write_down(Taken.PROOF, position, position)
    return reading.proven(position, {TEXT: lambda: Told(data)}, ASK_AGAIN)


@router.get("/proof/{position}", response_model=InclusionProof, responses=refusals("not-found"))
def show_proof(position: Position, reading: AtOnce, size: AtSize = None) -> Response:
    """Show the proof that the log holds an entry, by the newest checkpoint or another.

    It shows presence. That nothing is left out is shown by computing from the whole log alone.
    """
    proof = read_proof.inclusion(reading.parley, position, size)
    reading.write_down(Taken.PROOF, position, position)
    return reading.proven(proof.size, {JSON: lambda: Told(dumped(proof))}, ASK_AGAIN)


@router.get("/consistency", response_model=ConsistencyProof, responses=refusals("not-found"))
def show_consistency(from_: From, reading: AtOnce, to: To = None) -> Response:
    """Show the proof that the log of one size begins with the log of a smaller one."""
    proof = read_proof.consistency(reading.parley, from_, to)
    reading.write_down(Taken.CONSISTENCY, from_, proof.to_size)
    cache = ASK_AGAIN if to is None else UNCHANGING
    return reading.proven(proof.to_size, {JSON: lambda: Told(dumped(proof))}, cache)


@router.get("/keys", response_model=LogKeys, responses=refusals())
def list_log_keys(reading: AtOnce) -> Response:
    """List the keys that the log has signed with, and since which position.

    Whoever relies on them should have them by another way as well.
    """
    keys = signing_key.log_keys_of(reading.parley)
    since = keys.keys[-1].since if keys.keys else 0
    return reading.proven(since, {JSON: lambda: Told(dumped(keys))}, ASK_AGAIN)


@router.get(
    "/policy",
    response_class=Response,
    responses={**_text("A policy (C2SP tlog-policy)"), **refusals()},
)
def show_policy(reading: AtOnce) -> Response:
    """Give the keys of the log as the policy that an export holds, so that it can be walked alike.

    A convenience: whoever altered the log could alter this too.
    """
    data = format_policy(policy_of(reading.parley))
    return reading.proven(0, {TEXT: lambda: Told(data)}, ASK_AGAIN)


@router.get("/accesses", response_model=Accesses, responses=refusals(reads=False))
def list_accesses(
    reading: AtOnce,
    caller: Auditor,
    before: BeforeNumber = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="The most of one page.")] = LIMIT,
) -> Response:
    """List who exported the log, and who took entries and proofs away, the newest first."""
    del caller
    return reading.now(lambda: accesses.access_page(reading.parley, before, limit))


def _note(reading: Reading, found: StoredCheckpoint, cache: str) -> Response:
    offered = {
        TEXT: lambda: Told(found.note),
        JSON: lambda: Told(dumped(read_checkpoints.shown(found))),
    }
    return reading.proven(found.size, offered, cache)
