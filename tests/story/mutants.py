"""Copies of a module with one mistake planted, made in memory and never on disk."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class Mutant:
    """A mistake somebody could make: `right` stands once in the source, `wrong` in its place."""

    name: str
    right: str
    wrong: str

    def planted_in(self, source: str) -> str:
        """The source with the mistake; raises ValueError where its place is not found once."""
        if source.count(self.right) != 1:
            raise ValueError(f"{self.name}: its place stands {source.count(self.right)} times")
        return source.replace(self.right, self.wrong)


class _InMemory(InspectLoader):
    def __init__(self, source: str) -> None:
        self.source = source

    def get_source(self, fullname: str) -> str:
        del fullname
        return self.source


def source_of(module: ModuleType) -> str:
    """The text of a module as it stands on disk."""
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def module_of(source: str, name: str = "mutant") -> ModuleType:
    """A module of its own out of a text, known by its name only while it is made."""
    loader = _InMemory(source)
    module = module_from_spec(ModuleSpec(name, loader, is_package=False))
    sys.modules[name] = module  # dataclasses look their module up.
    try:
        loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def by_name(mutants: Sequence[Mutant]) -> list[str]:
    """The names, for the reports of pytest."""
    return [mutant.name for mutant in mutants]
