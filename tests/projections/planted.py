"""The room `projections` imported anew beside the real one, with or without a mistake in it.

Modules of a room hold each other's names, so a mistake in one is only seen when
all that import it are imported anew. The copy shares `domain` and `ledger` with
the real room: what both say of a story can be compared.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.story.mutants import Mutant

ROOM = "projections"
WHOLE = ("projector", "read_model", "rebuilding", "links", "read_world")
"""Modules that between them import every module of the read model."""


class Room:
    """A copy of the room; `module` is the one that the mistake is planted in.

    `room["stories"]` is its module of that name. Raises ValueError where the
    place of the mistake is not found once.
    """

    def __init__(self, module: str = "", mutant: Mutant | None = None) -> None:
        finder = [] if mutant is None else [_Planted(f"{ROOM}.{module}", mutant)]
        with _nothing_imported(), _asked_first(finder):
            for name in WHOLE:
                importlib.import_module(f"{ROOM}.{name}")
            self._modules = dict(_imported())

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - what a module holds.
        return self._modules[f"{ROOM}.{name}"]


class _Planted(MetaPathFinder, InspectLoader):
    """Finds one module, and gives its source with the mistake."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise ValueError(f"there is no module {name}")
        self.name = name
        self.source = mutant.planted_in(Path(found.origin).read_text(encoding="utf-8"))

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        del path, target
        return ModuleSpec(fullname, self) if fullname == self.name else None

    def get_source(self, fullname: str) -> str:
        del fullname
        return self.source


def _imported() -> list[tuple[str, Any]]:
    return [(n, m) for n, m in sys.modules.items() if n == ROOM or n.startswith(f"{ROOM}.")]


@contextmanager
def _nothing_imported() -> Iterator[None]:
    """Forget the room, and remember it afterwards as it was."""
    real = _imported()
    for name, _ in real:
        del sys.modules[name]
    try:
        yield
    finally:
        for name, _ in _imported():
            del sys.modules[name]
        sys.modules.update(real)


@contextmanager
def _asked_first(finders: list[_Planted]) -> Iterator[None]:
    sys.meta_path[:0] = finders
    try:
        yield
    finally:
        for finder in finders:
            sys.meta_path.remove(finder)
