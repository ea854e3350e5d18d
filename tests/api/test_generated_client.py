"""A client that a generator makes of the document records a pledge and reads the framework.

Nobody wrote the client for us: what the document leaves unsaid, or says in a way that
programs cannot use, is missing from it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain.registry import KINDS
from tests.api import generated_client_user as user
from tests.api.conftest import Served
from tests.api.test_document import document, operations
from tests.app.bodies import SETTING

GENERATOR = Path(sys.prefix) / "generator" / "bin"
CONFIG = {
    # Words of a closed list are texts, and nothing is done to the files that are written.
    "literal_enums": True,
    "post_hooks": [],
    # The generator knows neither form; both are text.
    "content_type_overrides": {
        "application/jsonl": "text/plain",
        "application/link-format": "text/plain",
    },
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the package which the generator makes; it must warn of nothing."""
    if not GENERATOR.is_dir():
        pytest.skip("the generator of clients is not installed; `make generator` does that")
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(document()), "utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIG), "utf-8")
    command = [str(GENERATOR / "openapi-python-client"), "generate", "--meta", "none"]
    command += ["--path", "openapi.json", "--config", "config.json", "--fail-on-warning"]
    command += ["--output-path", user.PACKAGE]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.timeout(400)
def test_the_generator_leaves_nothing_of_the_document_out(generated: Path) -> None:
    package = generated / user.PACKAGE
    modules = {each.stem for each in package.glob("api/*/*.py")}
    assert {operation["operationId"] for _, operation in operations()} <= modules
    models = (package / "models" / "__init__.py").read_text("utf-8")
    assert [kind.__name__ for kind in KINDS.values() if f'"{kind.__name__}"' not in models] == []


@pytest.mark.timeout(400)
def test_a_pledge_is_recorded_and_the_framework_is_read(one: Served, generated: Path) -> None:
    setting = [{"class": KINDS[body["kind"]].__name__, "body": body} for body in SETTING]
    key = one.writer.headers["Authorization"].removeprefix("Bearer ")
    done = subprocess.run(
        [GENERATOR / "python", user.__file__, str(one.client.base_url).rstrip("/"), key],
        input=json.dumps(setting),
        cwd=generated,
        env={"PYTHONPATH": str(generated)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "opened": 201,
        "recorded": ["pledge.made", 1],
        "replayed": "true",
        "shown": ["PledgeMade", "2.50"],
        "pledge": ["steel", "pledged", "North"],
        "known": 0,
        "corrected": 2,
        "refused": ["ProblemDetails", "version-conflict", "If-Match"],
    }
