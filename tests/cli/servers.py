"""`parley serve` as a process of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.conftest import PROGRAM, Shell

READY = re.compile(r"http://\S+?:\d+")


@contextmanager
def serving(
    shell: Shell, *args: str, stderr: int = subprocess.PIPE
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own, and its address.

    Where it answers more than a few hundred requests, what it logs has to go somewhere.
    """
    with subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", *args],
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
        env=shell.variables(),
        cwd=shell.home,
    ) as process:
        try:
            assert process.stdout is not None
            said = READY.search(process.stdout.readline())
            assert said is not None
            yield process, said[0]
        finally:
            process.kill()
