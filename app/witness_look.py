"""A witness looks at a log itself: a pull, where a log does not come and ask.

The checkpoint and the tiles are those of tlog-tiles, so a server, a mirror and an
export are looked at alike, and the log is asked for nothing that it could make up
for this witness alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.witness import Caught, Witness, accept, caught_in, unusable
from app.witness_folder import Seen, WitnessFolderError
from audit.checkpoint import Checkpoint
from audit.evidence import Evidence, What, is_answered
from audit.note import MAX_NOTE, format_base64, format_note
from audit.proof import check_consistency, prove_consistency
from audit.read_tiles import read_tile
from audit.report import Outcome
from audit.source import CHECKPOINT, Source, SourceError
from audit.tiles import Tile, TileReader, format_tile_path
from audit.tree import HASH_SIZE, TreeError
from audit.witness import (
    Misfit,
    NotContinued,
    OtherSize,
    Shown,
    Submission,
    WitnessRefusal,
    open_note,
)

ATTEMPTS = 3
"""Looks at a log before one gives up because somebody else was quicker each time."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a log came to; `outcome` is the exit code: 0 good, 1 caught, 2 unsure.

    `cosignature` is the line that the witness would add to the checkpoint.
    """

    outcome: Outcome
    message: str
    origin: str | None = None
    size: int | None = None
    root: str | None = None
    seen_size: int | None = None
    cosignature: str | None = None
    evidence: tuple[Caught, ...] = ()


def check_log(witness: Witness, source: Source) -> Checked:
    """Look at a log, compare it with what was seen, and cosign and keep it if it continues that.

    `source` holds the files of tlog-tiles: a server, an export, a mirror. The proof is
    computed from the tiles there. Raises Unavailable where the folder cannot be used.
    """
    try:
        for _ in range(ATTEMPTS):
            try:
                return _check_once(witness, source)
            except OtherSize:
                continue
    except SourceError as fault:
        return Checked(Outcome.INCONCLUSIVE, str(fault))
    except (OSError, WitnessFolderError) as fault:
        raise unusable(fault) from None
    return Checked(Outcome.INCONCLUSIVE, "others handed in checkpoints all the time; look again")


class _Missing(Exception):
    """A tile that the source does not give."""


def _check_once(witness: Witness, source: Source) -> Checked:
    data = source.read(CHECKPOINT, MAX_NOTE)
    if data is None:
        return Checked(Outcome.INCONCLUSIVE, "there is no checkpoint to be had")
    try:
        shown = open_note(data, witness.folder.logs())
    except WitnessRefusal as refusal:
        # As for the verifier: an altered note is tampered with, one of unknown keys says nothing.
        altered = isinstance(refusal, Misfit)
        return Checked(Outcome.TAMPERED if altered else Outcome.INCONCLUSIVE, str(refusal))
    seen = witness.folder.seen(shown.checkpoint.origin)
    before = None if seen is None else seen.checkpoint
    if seen is not None and shown.checkpoint.size < seen.checkpoint.size:
        return _judge_smaller(witness, source, shown, seen)
    try:
        submission = Submission(*_prove(source, before, shown.checkpoint), data)
        cosigned = accept(witness, submission, shown)
    except (_Missing, TreeError) as fault:
        message = f"no proof can be made from its tiles: {fault}"
        return _checked(witness, Outcome.INCONCLUSIVE, message, shown, before)
    except NotContinued as refusal:
        message = f"it does not continue what was seen: {refusal}"
        return _checked(witness, Outcome.TAMPERED, message, shown, before)
    _clear(witness, source, shown.checkpoint)
    return _checked(
        witness, Outcome.PROVEN, _said(before, shown.checkpoint), shown, before, cosigned
    )


def _prove(
    source: Source, seen: Checkpoint | None, shown: Checkpoint
) -> tuple[int, tuple[bytes, ...]]:
    """The old size and the proof that lead from what was seen to what is shown."""
    if seen is None or seen.size == 0:
        return 0, ()
    if seen.size == shown.size:
        return seen.size, ()
    return seen.size, tuple(prove_consistency(_tiles(source, shown.size), seen.size, shown.size))


def _judge_smaller(witness: Witness, source: Source, shown: Shown, seen: Seen) -> Checked:
    """Tell an old copy of the checkpoint, kept somewhere on the way, from a log that lost its end.

    A log that still has the larger tree can prove it from its tiles.
    """
    small, large = shown.checkpoint, seen.checkpoint
    try:
        proof = prove_consistency(_tiles(source, large.size), small.size, large.size)
        check_consistency(small.size, large.size, proof, small.root, large.root)
    except (_Missing, TreeError) as fault:
        message = (
            f"{large.size} leaves were seen, now the log shows {small.size} "
            f"and cannot prove the others: {fault}"
        )
    else:
        message = (
            f"an old checkpoint of {small.size} leaves is shown, where {large.size} were seen; "
            "the log still has them, so look again"
        )
        return _checked(witness, Outcome.INCONCLUSIVE, message, shown, large)
    if source.is_export:
        # Whoever keeps an older export accuses nobody with it; only a log that is served says: now.
        message = (
            f"{large.size} leaves were seen, and this export holds {small.size}: "
            "it is stale, or the end of the log was cut off"
        )
        return _checked(witness, Outcome.INCONCLUSIVE, message, shown, large)
    note = format_note(shown.note)
    with witness.folder.locked():
        witness.folder.keep(
            Evidence(What.ROLLBACK, seen.note, note, large.size, (), message, witness.clock())
        )
    return _checked(witness, Outcome.TAMPERED, message, shown, large)


def _clear(witness: Witness, source: Source, newest: Checkpoint) -> None:
    """Let a log answer what it was accused of, from its tiles."""
    reader = _tiles(source, newest.size)
    for kept in witness.folder.evidence(newest.origin):
        if kept.answered:
            continue
        try:
            answered = is_answered(kept.evidence, reader, newest)
        except (_Missing, SourceError, TreeError):
            continue
        seen = witness.folder.seen(newest.origin)
        if answered and seen is not None:
            witness.folder.answer(kept, seen.note)


def _tiles(source: Source, size: int) -> TileReader:
    """The hashes of a tree of this size, out of the tiles of the source."""

    def read(tile: Tile) -> bytes:
        found = read_tile(source, tile)
        if found is None:
            raise _Missing(f"{format_tile_path(tile)} is not to be had")
        _, data, wider = found
        return data[: tile.width * HASH_SIZE] if wider else data

    return TileReader(size, read)


def _checked(
    witness: Witness,
    outcome: Outcome,
    message: str,
    shown: Shown,
    before: Checkpoint | None,
    cosignature: str | None = None,
) -> Checked:
    """What a look came to; a log that was caught before stays so, whatever it shows now."""
    caught = tuple(map(caught_in, witness.folder.evidence(shown.checkpoint.origin)))
    open_ = [each for each in caught if not each.answered]
    if outcome is Outcome.PROVEN and open_:
        outcome = Outcome.TAMPERED
        message = f"{message}; but there is evidence against this log from before"
    return Checked(
        outcome=outcome,
        message=message,
        origin=shown.checkpoint.origin,
        size=shown.checkpoint.size,
        root=format_base64(shown.checkpoint.root),
        seen_size=None if before is None else before.size,
        cosignature=cosignature,
        evidence=caught,
    )


def _said(before: Checkpoint | None, shown: Checkpoint) -> str:
    if before is None:
        return f"seen for the first time, with {shown.size} leaves; there was nothing to compare"
    if before.size == shown.size:
        return f"unchanged, with {shown.size} leaves"
    return f"{shown.size} leaves continue the {before.size} that were seen"
