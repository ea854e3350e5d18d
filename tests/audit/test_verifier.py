"""The verifier is one file that runs where Parley is not, on Python and `cryptography`."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audit.evidence import Evidence, What, format_evidence
from audit.policy import format_policy
from audit.proof import LeafHashes, prove_inclusion
from audit.proof_file import LogProof, format_log_proof
from audit.tree import hash_leaf
from tests.audit.material import POLICY, export_to, leaves_of
from tests.audit.trees import FORKED, HONEST

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


def test_one_file_verifies_one_entry_by_its_proof(verifier: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "log", 300)
    (tmp_path / "keys").write_bytes(format_policy(POLICY))
    leaves = list(leaves_of(300))
    steps = prove_inclusion(LeafHashes([hash_leaf(leaf) for leaf in leaves]), 16, 300)
    note = (tmp_path / "log/checkpoint").read_bytes()
    proof = tmp_path / "17.tlog-proof"
    proof.write_bytes(format_log_proof(LogProof(16, tuple(steps), note)))
    (tmp_path / "leaf").write_bytes(leaves[16])
    for entry, code in (("leaf", 0), ("log/tile/entries/000", 0), ("log/tile/0/000", 1)):
        asked = (proof.name, "--entry", entry, "--policy", "keys")
        done = run(verifier, *asked, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (code, "")
        assert ("PROVEN: this entry is in the log" in done.stdout) == (code == 0)
    assert run(verifier, proof.name, "--entry", "leaf", cwd=tmp_path).returncode == 64


def test_one_file_judges_what_a_witness_kept(verifier: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(format_policy(POLICY))
    fork = Evidence(What.FORK, HONEST.note(12), FORKED.note(12), 12, (), "", 0)
    (tmp_path / "kept.json").write_bytes(format_evidence(fork))
    judged = run(verifier, "kept.json", "--evidence", "--policy", "keys", cwd=tmp_path)
    assert (judged.returncode, judged.stderr) == (0, "")
    assert judged.stdout.startswith("CONVICTED")
    assert run(verifier, "kept.json", "--evidence", cwd=tmp_path).returncode == 64


class Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_one_file_verifies_what_any_server_of_files_serves(verifier: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "log", 300, (256,))
    handler = partial(Files, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/log"
        found = run(verifier, url, "--json", cwd=tmp_path)
        server.shutdown()
        thread.join()
    assert (found.returncode, found.stderr) == (0, "")
    said = json.loads(found.stdout)
    assert (said["outcome"], said["size"], said["findings"]) == ("proven", 300, [])
    # Nobody lists a folder to programs, so what was signed before goes unseen, and it says so.
    assert "past checkpoints: none are listed there" in said["not_checked"]


def test_what_was_not_understood_has_a_status_of_its_own(verifier: Path, tmp_path: Path) -> None:
    for arguments in (
        ("--no-such-option",),
        ("1.tlog-proof",),
        ("1.tlog-proof", "--entry", "leaf", "--since", "kept"),
        ("1.tlog-proof", "--entry", "leaf", "--evidence"),
    ):
        done = run(verifier, *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (64, "")
