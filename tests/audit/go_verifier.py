"""Our few lines of Go on the packages that guard Go's modules, built where Go is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PROGRAM = Path(__file__).parent / "go" / "verify.go"
PACKAGES = Path("/usr/share/gocode")  # Where Debian puts Go's libraries.


NO_GO = "no Go here, or not its x/mod (on Debian: golang-go and golang-golang-x-mod-dev)"


def has_go() -> bool:
    """Whether Go and its packages are here."""
    there = (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").exists()
    return there and shutil.which("go") is not None


def build_verifier(folder: Path) -> Path:
    """The program, built into a folder without a module proxy."""
    program = folder / "verify"
    settings = {
        "GO111MODULE": "off",
        "GOPATH": str(PACKAGES),
        "GOCACHE": str(program.with_name("cache")),
        "GOFLAGS": "",
    }
    command = ["go", "build", "-o", str(program), str(PROGRAM)]
    subprocess.run(command, env={**os.environ, **settings}, check=True)
    return program


def complaint(program: Path, *arguments: object) -> str:
    """What Go finds wrong; nothing if it is content."""
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr
