"""Bodies of events as people and programs write them down: YAML, JSON or JSON Lines.

A file's name says how it is written; what comes from standard input, or under a
name that says nothing, is told by how it begins.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from domain.errors import InvalidInput, ParleyError, Problem, TooLarge

STDIN = "-"
_JSON = {".json"}
_LINES = {".jsonl", ".ndjson"}
_YAML = {".yaml", ".yml"}


def last_argument(first: str | None, second: str | None) -> tuple[str | None, Path]:
    """The negotiation, which may be left out, and the file; raises InvalidInput without a file."""
    negotiation, file = (None, first) if second is None else (first, second)
    if file is None:
        raise InvalidInput(
            Problem("FILE", "is required and missing", "name a file, or - to read stdin")
        )
    return negotiation, Path(file)


def read_bodies(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds; the app judges it.
    """The body or the array of bodies in a file; `-` reads standard input.

    Raises NotFound, TooLarge, or InvalidInput with file and line.
    """
    from exchange.text_files import read_text

    stdin = str(path) == STDIN
    name = "stdin" if stdin else path.name
    text = _read_stdin() if stdin else read_text(path)
    found = _reader_for(path.suffix.lower(), text)(text, name)
    if found is None or found == []:
        raise InvalidInput(
            Problem(name, "holds no event", "write one body of an event, or an array of them")
        )
    if isinstance(found, Mapping) and "kind" not in found and "entries" in found:
        raise InvalidInput(
            Problem(name, "is a case, not a body of an event", f"run `parley import case {path}`")
        )
    return found


def as_list(found: Any) -> list[Any]:  # noqa: ANN401 - as `read_bodies` gives it.
    """The bodies as an array, also where there is just one."""
    return found if isinstance(found, list) else [found]


def _read_stdin() -> str:
    from exchange.text_files import MAX_BYTES

    if sys.stdin is None:
        raise InvalidInput(Problem("stdin", "standard input is closed", "name a file"))
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        rule = f"is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise TooLarge(Problem("stdin", rule, "send it in several parts"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        rule = f"is not UTF-8: byte 0x{raw[error.start]:02X} stands where no character begins"
        raise InvalidInput(Problem(f"stdin:{line}", rule, "send it as UTF-8")) from None


def _reader_for(suffix: str, text: str) -> Callable[[str, str], Any]:
    if suffix in _JSON:
        return _read_json
    if suffix in _LINES:
        return _read_lines
    begins_as_json = text.lstrip().startswith(("{", "["))
    if suffix in _YAML or not begins_as_json:
        return _read_yaml
    return _read_json if _is_one_value(text) else _read_lines


def _is_one_value(text: str) -> bool:
    """Whether a text is one JSON value, rather than one on every line."""
    from exchange.jsonl import parse_json

    try:
        parse_json(text)
    except JSONDecodeError as error:
        return not error.msg.startswith("Extra data")
    except (ValueError, InvalidInput):
        return True
    return True


def _read_yaml(text: str, name: str) -> Any:  # noqa: ANN401 - whatever the file holds.
    from exchange.yaml_text import parse_yaml

    return parse_yaml(text, name).value


def _read_json(text: str, name: str) -> Any:  # noqa: ANN401 - whatever the file holds.
    from exchange.jsonl import parse_json

    try:
        return parse_json(text)
    except ValueError as error:
        raise _no_json(name, getattr(error, "lineno", 1), error) from None


def _read_lines(text: str, name: str) -> list[Any]:
    from exchange.jsonl import located, parse_json

    found: list[Any] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found.append(parse_json(line))
            except ValueError as error:
                problems += _no_json(name, number, error).problems
            except InvalidInput as error:
                problems += (located(f"{name}:{number}", problem) for problem in error.problems)
    if problems:
        raise InvalidInput(*problems)
    return found


def _no_json(name: str, line: int, error: ValueError) -> ParleyError:
    reason = error.msg if isinstance(error, JSONDecodeError) else str(error)
    return InvalidInput(Problem(f"{name}:{line}", f"is no JSON: {reason}", "correct it"))
