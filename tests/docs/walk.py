"""A reader who does all that a page says, in order, and looks whether it comes true.

A page says what to do in its fenced blocks; the word after the fence tells which is which:

    console          commands, one a line; a line that ends in a backslash goes on
    console exits=4  the same, but the last of them must be refused with this code
    output           what the commands of the block before it print
    yaml name.yaml   a file of this name, which commands further down read (any language)

In `output` a line `…` stands for any number of lines, and `…` within a line for
anything up to the end of the words around it. Everything else must be there.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS = 80
"""The width of the terminal a page is written for: that of a new window almost everywhere."""
PATIENCE = 60
"""Seconds a command may take on a busy machine; the slowest takes about two on an idle one."""
STAND_INS = {
    # The set-up that comes before it has made the environment this test runs in.
    "make demo": "parley demo",
    # Continuous integration runs nothing else, and this test is a part of it.
    "make test": "true",
}
"""What is run in the place of a command that would set up this environment once more."""

_FENCE = re.compile(r"^(`{3,})(.*?)\n(.*?)^\1 *$", re.MULTILINE | re.DOTALL)
_END = re.compile(rb"\x1e(\d+)\x1e\r?\n")
_EXITS = re.compile(r"exits=(\d+)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the words after its fence, what it holds, and the line it begins on."""

    language: str
    rest: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a page has its reader do; `exits` is what the last of the commands ends with."""

    line: int
    commands: tuple[str, ...] = ()
    exits: int = 0
    output: str | None = None
    file: tuple[str, str] | None = None


class Reader:
    """A shell of its own on a terminal of its own, in a folder that is its home.

    `settings` is what stands in its environment besides. Used as a context manager.
    """

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self._home = home
        self._settings = settings

    def __enter__(self) -> Self:
        self._terminal, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, COLUMNS, 0, 0))
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=slave,
            stderr=slave,
            cwd=self._home,
            env=self._environment(),
            start_new_session=True,
        )
        os.close(slave)
        return self

    def __exit__(self, *_: object) -> None:
        # The shell ends when there is nothing more to read; what hangs is ended.
        with suppress(subprocess.TimeoutExpired):
            self._shell.communicate(timeout=PATIENCE)
        self._shell.kill()
        self._shell.wait()
        # What a page started in the background and was to stop further down, had it come so far.
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        os.close(self._terminal)

    def run(self, command: str) -> tuple[int, str]:
        """The exit code of a command and all that it put on the terminal."""
        if self._shell.stdin is None:
            raise BrokenPipeError("the shell takes no commands")
        # In braces it has the shell's own environment, but cannot read what comes next.
        asked = f"{{ {command}\n}} </dev/null\nprintf '\\036%d\\036\\n' $?\n"
        self._shell.stdin.write(asked.encode())
        self._shell.stdin.flush()
        printed = b""
        deadline = time.monotonic() + PATIENCE
        while (end := _END.search(printed)) is None:
            if not select.select([self._terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"{command!r} has not ended after {PATIENCE} s: {printed!r}")
            printed += os.read(self._terminal, 65_536)
        return int(end[1]), printed[: end.start()].decode().replace("\r\n", "\n")

    def _environment(self) -> dict[str, str]:
        """Nothing of this machine's own but where its programs are."""
        elsewhere = self._settings.get("PATH", os.environ["PATH"])
        return {
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "dumb",
            **self._settings,
            # The `parley` of the environment that the test runs in, before any other.
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), elsewhere)),
        }


def named(pages: Iterable[Path], postgres: Path | None = None) -> list[Any]:
    """The pages as parameters of a test, each by its path; `postgres` is the one that needs it."""
    return [
        pytest.param(
            page,
            id=page.relative_to(ROOT).as_posix(),
            marks=[pytest.mark.postgres] if page == postgres else [],
        )
        for page in pages
    ]


def read_blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    for found in _FENCE.finditer(text):
        language, _, rest = found[2].strip().partition(" ")
        yield Block(language, rest.strip(), found[3], text.count("\n", 0, found.start()) + 1)


def read_steps(text: str) -> list[Step]:
    """What a page has its reader do; raises ValueError for output that no command can print."""
    steps: list[Step] = []
    for block in read_blocks(text):
        if block.language == "console":
            exits = _EXITS.fullmatch(block.rest)
            if block.rest and exits is None:
                raise ValueError(f"line {block.line}: {block.rest!r} is not exits=N")
            code = int(exits[1]) if exits else 0
            steps.append(Step(block.line, tuple(_commands(block.text)), code))
        elif block.language == "output":
            before = steps.pop() if steps else Step(0)
            if not before.commands or before.output is not None:
                raise ValueError(f"line {block.line}: there is no command before this output")
            steps.append(Step(before.line, before.commands, before.exits, block.text))
        elif block.rest:
            steps.append(Step(block.line, file=(block.rest, block.text)))
    return steps


def _commands(text: str) -> Iterator[str]:
    joined = text.replace("\\\n", "\\\0")
    lines = (line.replace("\0", "\n") for line in joined.splitlines())
    yield from (line for line in lines if line.strip() and not line.startswith("#"))


def walk(text: str, home: Path, settings: Mapping[str, str] | None = None) -> list[str]:
    """Do what a page says, and say where it does not come true; nothing if it all does.

    It ends at the first command that ends in another way than the page says,
    because what follows would say no more.
    """
    faults: list[str] = []
    with Reader(home, settings or {}) as reader:
        for step in read_steps(text):
            if step.file is not None:
                here = Path(reader.run("pwd")[1].strip())
                here.joinpath(step.file[0]).write_text(step.file[1], encoding="utf-8")
                continue
            ended, printed = _run(reader, step)
            wanted = (0,) * (len(step.commands) - 1) + (step.exits,)
            if ended != wanted[: len(ended)] or len(ended) < len(wanted):
                faults.append(f"line {step.line}: ended with {ended}, not {wanted}:\n{printed}")
                break
            untrue = None if step.output is None else untrue_line(step.output, printed)
            if untrue is not None:
                faults.append(f"line {step.line}: printed no {untrue!r} there:\n{printed}")
    return faults


def _run(reader: Reader, step: Step) -> tuple[tuple[int, ...], str]:
    """The exit codes of a block's commands, up to the first that fails, and all they print."""
    codes: list[int] = []
    printed = ""
    for command in step.commands:
        code, more = reader.run(STAND_INS.get(command, command))
        codes.append(code)
        printed += more
        if code:
            break
    return tuple(codes), printed


def untrue_line(said: str, printed: str) -> str | None:
    """The first line of what a page says is printed that is not; None if all of it is."""
    lines = _lines(said)
    shown = "".join(f"{line}\n" for line in _lines(printed))
    if _fits(lines, shown):
        return None
    rest = ("…",)
    missing = (n for n in range(len(lines)) if not _fits([*lines[: n + 1], *rest], shown))
    # Where every line is found, it is the end that should not come so late.
    return lines[next(missing, -1)]


def _fits(lines: list[str], shown: str) -> bool:
    pattern = ""
    for line in lines:
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*?".join(map(re.escape, line.split("…"))) + r"\n"
    return re.fullmatch(pattern, shown) is not None


def _lines(text: str) -> list[str]:
    """The lines of a text without the blanks at their ends, and without empty ones around it."""
    return [line.rstrip() for line in text.strip("\n").split("\n")]
