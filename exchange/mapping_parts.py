"""What stands in a mapping file, part by part: each is what it has to be, or refused by line.

A mistake in a mapping is found here, before any row is read, or every row of
the table would be refused for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from domain.errors import InvalidInput, ParleyError, Problem
from domain.event import Event
from domain.text import is_slug
from exchange.row_checks import Blank, Check, Holds, More
from exchange.row_values import (
    PLACE,
    AllRows,
    AsFound,
    Column,
    Constant,
    Dates,
    EachRow,
    Either,
    Fields,
    FromKey,
    Join,
    Members,
    Slug,
    Template,
    Value,
    Whole,
)
from exchange.yaml_text import Lined

MAX_PREFIX = 25
"""The longest `from_key`, so that a slug holds it, some of the key and a digest."""
MAX_FIGURES = 9
"""The most figures of a number in a mapping; days are counted with it, and more is a mistake."""
FORMS: Mapping[str, tuple[str, ...]] = {
    "column": ("words", "otherwise", "split"),
    "whole": (),
    "as_found": (),
    "as_slug": (),
    "from_key": (),
    "template": (),
    "join": ("between",),
    "either": (),
    "each_row": ("once",),
    "all_rows": ("between",),
    "dates": ("apart",),
}
"""The forms that make a value, by the word that says which, and the words that go with each."""
CHECKS: Mapping[str, tuple[str, ...]] = {
    "blank": ("say",),
    "more": ("say",),
    "holds": ("column", "say"),
}
"""The forms of `report`, likewise."""
_Part = Mapping[str, Any]


@dataclass(slots=True)
class Parts:
    """Reads the parts of one mapping file; what is wrong with any of them is gathered.

    `columns` are the names of columns that the mapping takes cells from, with the line.
    """

    file: str
    lined: Lined
    problems: list[Problem] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)

    def refuse(self, path: str, rule: str, way_out: str) -> None:
        """Remember what is wrong with a part."""
        where = f"{self.file}:{self._line_of(path)}: {path}"
        self.problems.append(Problem(where, rule, way_out))

    def _line_of(self, path: str) -> int:
        """The line of a part, or of the nearest one around it."""
        while path and path not in self.lined.lines:
            path = path.rpartition(".")[0]
        return self.lined.lines.get(path, 1)

    def refuse_all(self) -> None:
        """Raise InvalidInput with everything that is wrong so far, if anything is."""
        if self.problems:
            raise InvalidInput(*self.problems)

    def refuse_with(self, path: str, error: ParleyError) -> None:
        """Remember what something else has refused of a part."""
        for problem in error.problems:
            self.refuse(path, problem.rule, problem.way_out)

    def text(self, value: object, path: str) -> str:
        """A text that is not blank."""
        if isinstance(value, str) and value:
            return value
        self.refuse(path, "is not a text", "write a text, in quotation marks if it looks odd")
        return ""

    def truth(self, value: object, path: str) -> bool:
        """True or false."""
        if not isinstance(value, bool):
            self.refuse(path, "is neither true nor false", "write true or false")
        return value is True

    def number(self, value: object, path: str) -> int | None:
        """A count."""
        if value is None:
            return None
        text = value if isinstance(value, str) and value.isascii() else ""
        if text.isdecimal() and len(text) <= MAX_FIGURES:
            return int(text)
        self.refuse(path, "is not a whole number", "write it in figures")
        return None

    def column(self, value: object, path: str) -> str:
        """The name of a column."""
        name = self.text(value, path).strip()
        self.columns.setdefault(name, self._line_of(path))
        return name

    def names(self, value: object, path: str) -> tuple[str, ...]:
        """The names of one column or of several."""
        found = value if isinstance(value, list) else [value]
        return tuple(self.column(name, f"{path}.{n}") for n, name in enumerate(found))

    def closed(self, value: object, path: str, known: Collection[str]) -> _Part:
        """An object without any other than the known fields."""
        if not isinstance(value, Mapping):
            self.refuse(path or "mapping", "is not an object of fields", f"use {_listed(known)}")
            return {}
        for name in value:
            if name not in known:
                inner = f"{path}.{name}" if path else str(name)
                self.refuse(inner, "is not a word of the mapping language", f"use {_listed(known)}")
        return value

    def check(self, given: object, path: str) -> Check | None:
        """A form of `report`."""
        word = next((word for word in CHECKS if isinstance(given, Mapping) and word in given), None)
        if word is None:
            self.refuse(path, "is not a form of report", f"begin it with {_listed(CHECKS)}")
            return None
        part = self.closed(given, path, (word, *CHECKS[word]))
        say = self.text(part["say"], f"{path}.say") if "say" in part else ""
        at = f"{path}.{word}"
        if word == "blank":
            return Blank(self.column(part[word], at), say)
        if word == "holds":
            column = self.column(part.get("column"), f"{path}.column")
            return Holds(self.text(part[word], at), column, say)
        names = self.names(part[word], at)
        if len(names) != 2:  # noqa: PLR2004 - one number is held against another.
            self.refuse(at, "is not a pair of columns", "name the two columns, as in [a, b]")
            return None
        return More(*names, say)

    def fields(self, given: object, path: str, models: Collection[type[BaseModel]]) -> Fields:
        """The fields of an event or of a part of it, each with the value that is mapped to it."""
        known = {f.alias or name: f for m in models for name, f in m.model_fields.items()}
        found: dict[str, Value] = {}
        for name, value in given.items() if isinstance(given, Mapping) else ():
            inner = f"{path}.{name}"
            if name in known:
                found[name] = self.value(value, inner, models_within(known[name].annotation))
            elif known:
                sorts = " or ".join(_name_of(model) for model in models)
                way_out = f"use {_listed(sorted(known))}, or a form: {_listed(FORMS)}"
                self.refuse(inner, f"is not a field of {sorts}", way_out)
            else:
                rule = "takes no fields, and this is no form of the mapping language"
                self.refuse(path, rule, f"write a text, or a form: {_listed(FORMS)}")
        return Fields(found)

    def value(self, given: object, path: str, models: Collection[type[BaseModel]] = ()) -> Value:
        """A constant, a list, an object of fields, or a form that takes cells."""
        if isinstance(given, list):
            return Members(tuple(self.values(given, path, models)))
        if not isinstance(given, Mapping):
            return Constant(given)
        word = next((word for word in FORMS if word in given), None)
        if word is None:
            return self.fields(given, path, models)
        part = self.closed(given, path, (word, *FORMS[word]))
        made: Value = _MAKERS[word](self, part, path, models)
        return made

    def values(self, given: object, path: str, models: Collection[type[BaseModel]]) -> list[Value]:
        """Several values."""
        if not isinstance(given, list):
            self.refuse(path, "is not a list", "put it in square brackets")
            return []
        return [self.value(each, f"{path}.{n}", models) for n, each in enumerate(given)]


_Models = Collection[type[BaseModel]]


def _column(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    del models
    words = part.get("words")
    if words is not None and not isinstance(words, Mapping):
        parts.refuse(f"{path}.words", "is not a table of words", "write `cell: value` on each line")
        words = {}
    split = parts.text(part["split"], f"{path}.split") if "split" in part else ""
    column = parts.column(part["column"], f"{path}.column")
    if "otherwise" in part and words is None:
        parts.refuse(f"{path}.otherwise", "goes with `words`", "add them, or leave it out")
    return Column(column, words, part.get("otherwise"), split)


def _dates(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    del models
    names = parts.names(part["dates"], f"{path}.dates")
    if len(names) not in {1, 2}:
        parts.refuse(f"{path}.dates", "is not one column or two", "name the start and the end")
        names = ("",)
    return Dates(names[0], names[-1], parts.number(part.get("apart"), f"{path}.apart"))


def _from_key(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    del models
    prefix = part["from_key"] or ""
    if prefix and not (isinstance(prefix, str) and is_slug(prefix) and len(prefix) <= MAX_PREFIX):
        rule = f"is not a word to begin a slug with, of at most {MAX_PREFIX} characters"
        parts.refuse(f"{path}.from_key", rule, "use lower-case letters, figures and hyphens")
        prefix = ""
    return FromKey(str(prefix))


def _template(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    del models
    template = parts.text(part["template"], f"{path}.template")
    names = [parts.column(name, f"{path}.template") for name in PLACE.findall(template)]
    if not names and template:
        parts.refuse(f"{path}.template", "names no column in braces", "write it as a plain text")
    return Template(template)


def _join(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    values = tuple(parts.values(part["join"], f"{path}.join", models))
    return Join(values, *_between(parts, part, path))


def _either(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    return Either(tuple(parts.values(part["either"], f"{path}.either", models)))


def _each_row(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    once = parts.truth(part.get("once", False), f"{path}.once")
    return EachRow(parts.value(part["each_row"], f"{path}.each_row", models), once)


def _all_rows(parts: Parts, part: _Part, path: str, models: _Models) -> Value:
    value = parts.value(part["all_rows"], f"{path}.all_rows", models)
    return AllRows(value, *_between(parts, part, path))


def _between(parts: Parts, part: _Part, path: str) -> tuple[str, ...]:
    return (parts.text(part["between"], f"{path}.between"),) if "between" in part else ()


_MAKERS: Mapping[str, Callable[[Parts, _Part, str, _Models], Value]] = {
    "column": _column,
    "whole": lambda parts, part, path, _: Whole(parts.column(part["whole"], f"{path}.whole")),
    "as_found": lambda parts, part, path, _: AsFound(
        parts.names(part["as_found"], f"{path}.as_found")
    ),
    "as_slug": lambda parts, part, path, _: Slug(parts.column(part["as_slug"], f"{path}.as_slug")),
    "from_key": _from_key,
    "template": _template,
    "join": _join,
    "either": _either,
    "each_row": _each_row,
    "all_rows": _all_rows,
    "dates": _dates,
}


def models_within(hint: object) -> tuple[type[BaseModel], ...]:
    """The sorts of object that a field takes, itself or as members of a list."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return (hint,)
    return tuple(model for inner in get_args(hint) for model in models_within(inner))


def _name_of(model: type[BaseModel]) -> str:
    return model.TOPIC if issubclass(model, Event) else f"a {model.__name__.lower()}"


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)
