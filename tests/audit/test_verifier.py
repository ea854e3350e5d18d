"""The verifier is one file that runs where Parley is not, on Python and `cryptography`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audit.policy import format_policy
from tests.audit.material import POLICY, export_to

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist = tmp_path_factory.mktemp("dist")
    subprocess.run(
        ["make", "--silent", "verifier", f"DIST={dist}", f"VERIFIER_PYTHON={sys.executable}"],
        cwd=ROOT,
        check=True,
    )
    return dist / "parley-verify.pyz"


def run(verifier: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(verifier), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_one_file_verifies_an_export_in_isolated_mode(verifier: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "log", 300, (256,))
    (tmp_path / "keys").write_bytes(format_policy(POLICY))
    # A stray module in the folder one stands in is not taken for a library.
    (tmp_path / "json.py").write_text("raise RuntimeError")
    proven = run(verifier, "log", "--policy", "keys", cwd=tmp_path)
    assert (proven.returncode, proven.stderr) == (0, "")
    assert "300 entries" in proven.stdout

    bundle = tmp_path / "log/tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"Statement 17 ", b"Statement 71 "))
    tampered = run(verifier, "log", "--policy", "keys", cwd=tmp_path)
    assert tampered.returncode == 1
    assert "first at position 17" in tampered.stdout

    assert run(verifier, "nowhere", cwd=tmp_path).returncode == 2
    assert run(verifier, "--no-such-option", cwd=tmp_path).returncode == 64
