"""Processes that record and sign for ever, to be killed at any moment; and who checks them."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Sequence
from pathlib import Path

from app.origins import origins_of
from app.parley import Parley, open_parley
from app.record import record
from app.settings import Settings, read_settings
from app.sign_checkpoint import sign_checkpoint
from audit.checkpoint import checkpoint_in, parse_checkpoint
from audit.note import check_note, parse_note
from audit.tree import Frontier
from domain.errors import ParleyError
from ledger import checkpoints
from ledger.checkpoints import StoredCheckpoint
from tests.app.bodies import NEGOTIATION, SETTING, pledge

ORIGIN = "example.org/storm"
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.app.signers"])


def machine(url: str, folder: Path) -> Settings:
    """The settings of a machine that has its files in this folder."""
    folder.mkdir(exist_ok=True)
    return read_settings(
        database_url=url,
        origin=ORIGIN,
        signing_key_file=folder / "key",
        guard_file=folder / "guard",
    )


def prepare(settings: Settings) -> None:
    """A log with something in it, signed."""
    with open_parley(settings) as parley:
        record(parley, NEGOTIATION, SETTING)
        sign_checkpoint(parley)


def record_and_sign(url: str, folder: Path, seed: int) -> None:
    """The life of a signer: record a little, sign, for ever."""
    rng = random.Random(seed)
    with open_parley(machine(url, folder)) as parley:
        while True:
            slugs = [f"p-{seed}-{rng.getrandbits(60)}" for _ in range(rng.choice((1, 3, 70)))]
            try:
                record(parley, NEGOTIATION, [pledge(slug) for slug in slugs])
                sign_checkpoint(parley)
            except ParleyError:
                # Two of them on one file may wait for each other for too long.
                time.sleep(0.01)


def rage(url: str, folders: Sequence[Path], *, kills: int, seed: int) -> None:
    """Let a signer of each folder run, and kill one at random and start it anew."""
    rng = random.Random(seed)

    def start(folder: Path) -> multiprocessing.context.ForkServerProcess:
        process = _forks.Process(
            target=record_and_sign, args=(url, folder, rng.getrandbits(30)), daemon=True
        )
        process.start()
        return process

    running = [start(folder) for folder in folders]
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.3, 0.8))
            which = rng.randrange(len(running))
            running[which].kill()
            running[which].join()
            running[which] = start(folders[which])
    finally:
        for process in running:
            process.kill()
            process.join()


def check_chain_of_checkpoints(parley: Parley) -> list[StoredCheckpoint]:
    """Every checkpoint is signed over what the log holds under it, and none stands twice."""
    found = list(checkpoints.page(parley.ledger.engine, 0, 100_000))
    keys = [key.key for name in origins_of(parley.ledger) for key in name.keys]
    frontier, roots = Frontier(), {}
    for leaf in parley.ledger.leaves():
        frontier = frontier.append(leaf.leaf_hash)
        roots[frontier.size] = frontier.root()
    for each in found:
        note = parse_note(each.note)
        signed = parse_checkpoint(note.text)
        assert check_note(note, keys)
        assert (signed.origin, signed.size, signed.root) == (each.origin, each.size, each.root)
        assert roots[each.size] == each.root
    assert len({each.size for each in found}) == len(found)
    return found


def check_guard(parley: Parley, folder: Path) -> None:
    """What the guard holds was signed over what the log holds."""
    kept = checkpoint_in((folder / "guard").read_bytes())
    hashes = [leaf.leaf_hash for leaf in parley.ledger.leaves(0, kept.size)]
    assert len(hashes) == kept.size
    assert Frontier().extend(hashes).root() == kept.root
