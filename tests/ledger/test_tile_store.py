"""Tiles out of the database are the tiles that the writer of exports makes of the same leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from sqlalchemy import Engine, insert, text

from audit.checkpoint import Checkpoint
from audit.export import write_export
from audit.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from audit.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    format_tile_path,
    levels_of,
    parse_tile_path,
    tiles_of,
    width_at,
)
from audit.tree import Frontier, hash_leaf
from domain.errors import DatabaseDamaged, NotFound
from ledger.database import connect, transaction
from ledger.tables import events, log_tiles
from ledger.tile_store import TileStore, root_at
from tests.audit.material import ORIGIN, POLICY, leaf_at, sign
from tests.ledger.drafts import ask

SIZES = (1, 2, 255, 256, 257, 511, 512, 700)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    opened = connect(database)
    yield opened
    opened.dispose()


def fill(engine: Engine, first: int, last: int) -> None:
    """Put leaves into the log past the appender, as it would have kept them."""
    leaves = {position: leaf_at(position, 64) for position in range(first, last + 1)}
    rows: list[dict[str, Any]] = [
        {
            "position": position,
            "version": position,
            "recorded_at": position,
            "stream": f"s-{position}",
            "kind": "statement.made",
            "leaf_hash": hash_leaf(leaf),
            "leaf": leaf,
        }
        for position, leaf in leaves.items()
    ]
    with transaction(engine) as connection:
        connection.execute(insert(events), rows)


def exported(folder: Path, size: int) -> dict[str, bytes]:
    """The tiles and bundles of the same leaves, as an export has them."""
    leaves = (leaf_at(position, 64) for position in range(1, size + 1))
    write_export(folder, leaves, origin=ORIGIN, sign=sign, policy=POLICY)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in (folder / "tile").rglob("*")
        if path.is_file()
    }


def test_every_tile_and_bundle_is_that_of_an_export_whether_stored_or_made(
    engine: Engine, tmp_path: Path
) -> None:
    store, filled = TileStore(engine), 0
    for size in SIZES:
        fill(engine, filled + 1, size)
        filled = size
        expected = exported(tmp_path / str(size), size)
        for built in (False, True):
            if built:
                store.build(size)
            found = {
                format_tile_path(tile): store.tile(tile)
                for level in range(levels_of(size))
                for tile in tiles_of(size, level)
            }
            for tile in tiles_of(size):
                bundle = Tile(ENTRIES, tile.index, tile.width)
                found[format_tile_path(bundle)] = store.bundle(bundle)
            assert found == expected


def check_tiles(engine: Engine, folder: Path, size: int) -> None:
    """Every tile and bundle is the one of an export."""
    store = TileStore(engine)
    for path, data in exported(folder, size).items():
        tile = parse_tile_path(path)
        assert (store.bundle(tile) if tile.level == ENTRIES else store.tile(tile)) == data


@given(
    steps=strategies.lists(
        strategies.tuples(strategies.integers(1, 300), strategies.booleans()),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=15)
def test_however_a_log_grew_and_whenever_it_was_signed_its_tiles_are_the_same(
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, bool]],
) -> None:
    folder, size = tmp_path_factory.mktemp("grown"), 0
    opened = connect(f"sqlite:///{shutil.copy(migrated_file, folder / 'log.db')}")
    for more, signed in steps:
        fill(opened, size + 1, size + more)
        size += more
        if signed:
            TileStore(opened).build(size)
    check_tiles(opened, folder / "export", size)
    opened.dispose()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_three_levels_of_tiles_are_those_of_an_export(engine: Engine, tmp_path: Path) -> None:
    size = TILE_WIDTH * TILE_WIDTH + 300
    for first in range(1, size + 1, 5_000):
        fill(engine, first, min(first + 4_999, size))
    TileStore(engine).build(size)

    check_tiles(engine, tmp_path / "export", size)


def test_proofs_from_stored_tiles_check_at_every_size_and_position(engine: Engine) -> None:
    size = 600
    fill(engine, 1, size)
    store = TileStore(engine)
    store.build(512)
    hashes = [hash_leaf(leaf_at(position, 64)) for position in range(1, size + 1)]
    roots = [Frontier().extend(hashes[:n]).root() for n in range(size + 1)]

    for new in (1, 2, 255, 256, 257, 512, 513, 600):
        reader = store.reader(new)
        assert root_at(reader, new) == roots[new]
        for index in range(0, new, 37):
            proof = prove_inclusion(reader, index, new)
            check_inclusion(hashes[index], index, new, proof, roots[new])
        for old in range(1, new + 1, 41):
            proof = prove_consistency(reader, old, new)
            check_consistency(old, new, proof, roots[old], roots[new])


def test_building_twice_or_from_two_processes_changes_nothing(engine: Engine) -> None:
    fill(engine, 1, 600)
    for _ in range(2):
        TileStore(engine).build(600)

    with engine.connect() as connection:
        rows = connection.execute(log_tiles.select()).all()
    assert [(row.level, row.number) for row in rows] == [(0, 0), (0, 1)]
    assert all(len(row.hashes) == 32 * TILE_WIDTH for row in rows)


def test_tiles_above_are_stored_when_two_hundred_and_fifty_six_below_have_filled(
    engine: Engine,
) -> None:
    roots = [hash_leaf(b"%d" % n) for n in range(2 * TILE_WIDTH)]
    hashes = bytes(32 * TILE_WIDTH)
    rows = [
        {"level": 0, "number": n, "root": root, "hashes": hashes} for n, root in enumerate(roots)
    ]
    with transaction(engine) as connection:
        connection.execute(insert(log_tiles), rows)
    store = TileStore(engine)

    partial = store.tile(Tile(1, 1, 44))
    store.build(2 * TILE_WIDTH * TILE_WIDTH, checked=2 * TILE_WIDTH * TILE_WIDTH)

    assert partial == b"".join(roots[TILE_WIDTH : TILE_WIDTH + 44])
    assert store.tile(Tile(1, 0)) == b"".join(roots[:TILE_WIDTH])
    assert store.tile(Tile(2, 0, 2)) == b"".join(
        Frontier().extend(roots[at : at + TILE_WIDTH]).root() for at in (0, TILE_WIDTH)
    )


def test_what_the_log_does_not_reach_is_not_found(engine: Engine) -> None:
    fill(engine, 1, 10)
    store = TileStore(engine)

    for tile in (Tile(0, 0, 11), Tile(0, 1, 1), Tile(1, 0, 1)):
        with pytest.raises(NotFound, match="the log ends at 10"):
            store.tile(tile)
    with pytest.raises(NotFound, match="the log ends at 10"):
        store.bundle(Tile(ENTRIES, 0, 11))
    assert width_at(0, 0, 10) == 10


def test_a_leaf_that_was_changed_is_found_before_its_tile_is_built(database: str) -> None:
    opened = connect(database)
    fill(opened, 1, 300)
    drop = "DROP TRIGGER events_refuse_update"
    ask(database, drop if database.startswith("sqlite") else "DROP TRIGGER events_refuse ON events")
    with transaction(opened) as connection:
        connection.execute(
            text("UPDATE events SET leaf = :leaf WHERE position = 299"), {"leaf": b"x"}
        )

    with pytest.raises(DatabaseDamaged, match="entry 299 is not what was recorded"):
        TileStore(opened).build(300)
    TileStore(opened).build(300, checked=299)
    opened.dispose()


def test_the_checkpoint_of_the_writer_has_the_root_of_the_tiles(
    engine: Engine, tmp_path: Path
) -> None:
    fill(engine, 1, 300)
    leaves = (leaf_at(position, 64) for position in range(1, 301))
    newest: Checkpoint = write_export(
        tmp_path / "x", leaves, origin=ORIGIN, sign=sign, policy=POLICY
    )

    assert root_at(TileStore(engine).reader(300), 300) == newest.root
