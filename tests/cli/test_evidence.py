"""`parley witness evidence`: scripts go by the exit code, people by what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from audit.evidence import Evidence, What, format_evidence
from audit.note import format_verifier_key
from audit.policy import format_policy
from tests.audit.material import POLICY, SIGNER
from tests.audit.trees import FORKED, HONEST
from tests.cli.conftest import Shell

LOG_KEY = format_verifier_key(SIGNER.key)


def test_evidence_is_judged_by_the_key_of_the_log_alone(empty: Shell, tmp_path: Path) -> None:
    kept = tmp_path / "evidence.json"
    fork = Evidence(What.FORK, HONEST.note(12), FORKED.note(12), 12, (), "", 0)
    for evidence, title, code in (
        (fork, "CONVICTED (fork)", 0),
        (replace(fork, what=What.ROLLBACK), "VOID", 1),
        (replace(fork, what=What.ROLLBACK, shown=HONEST.note(8)), "OPEN", 2),
    ):
        kept.write_bytes(format_evidence(evidence))
        done = empty.inside("witness", "evidence", kept, "--log", LOG_KEY, "--table")
        assert (done.code, done.err) == (code, "")
        assert done.out.startswith(title)
    policy = tmp_path / "policy"
    policy.write_bytes(format_policy(POLICY))
    judged = empty.inside("witness", "evidence", kept, "--policy", policy).json
    assert (judged["verdict"], judged["seen"]["size"], judged["shown"]["size"]) == ("open", 12, 8)
    for args, field in (
        ((kept,), "--log"),
        ((kept, "--log", "x"), "--log"),
        ((policy, "--log", LOG_KEY), "FILE"),
        ((tmp_path / "absent", "--log", LOG_KEY), "FILE"),
    ):
        refused = empty.inside("witness", "evidence", *args)
        assert refused.code == 2
        assert f"parley: {field}" in refused.err
