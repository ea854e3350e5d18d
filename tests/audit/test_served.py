"""A log is verified where it is served, by the same code; who is away or refuses proves nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from audit import served
from audit.checkpoint import Checkpoint
from audit.command import run
from audit.note import Signer
from audit.policy import format_policy
from audit.report import Check, Outcome, Report
from audit.served import API_KEY, Served, UrlError
from audit.source import SourceError
from audit.verify import verify
from tests.audit.dripping import dripping
from tests.audit.material import (
    ORIGIN,
    POLICY,
    Files,
    export_to,
    files_of,
    private_key,
    sign,
)

SIZE = 1_300
PAST = (1, 300, 512)
KEY = "Bearer parley_secret"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Log:
    """What a server gives, and what it was asked."""

    files: Files
    asked: list[str] = field(default_factory=list)
    instead: Callable[[str], Answer | None] = lambda _: None
    """What is said in the place of a file; it may also do something."""
    key: str | None = None

    def answer(self, path: str, authorization: str | None) -> Answer:
        where = urlsplit(path)
        self.asked.append(where.path)
        if self.key is not None and authorization != self.key:
            return 401, {}, json.dumps({"detail": "it takes a key"}).encode()
        if (instead := self.instead(where.path)) is not None:
            return instead
        if where.path == "/log/checkpoints":
            return 200, {}, self.page(parse_qs(where.query))
        data = self.files.get(where.path.removeprefix("/log/"))
        return (404, {}, b"") if data is None else (200, {}, data)

    def page(self, query: dict[str, list[str]]) -> bytes:
        sizes = sorted(int(path.partition("/")[2]) for path in self.files.list("checkpoints"))
        after = int(query["after"][0])
        page = [{"size": size} for size in sizes if size > after][:2]
        return json.dumps({"checkpoints": page}).encode()


@contextmanager
def serving(log: Log) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, data = log.answer(self.path, self.headers["Authorization"])
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/log"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("log") / "export"
    export_to(folder, SIZE, PAST)
    return Files(files_of(folder))


def report_on(log: Log, authorization: str | None = None) -> Report:
    with serving(log) as url, Served(url, authorization=authorization) as source:
        return verify(source, POLICY)


def instead_of(path: str, *answer: Answer) -> Callable[[str], Answer | None]:
    """These answers, one after the other, in the place of a file; then the file."""
    left = [*answer]
    return lambda asked: left.pop(0) if left and asked == f"/log/{path}" else None


def test_a_log_is_proven_where_it_is_served_and_each_file_is_asked_for_once(files: Files) -> None:
    log = Log(files)
    report = report_on(log)
    assert (report.outcome, report.findings) == (Outcome.PROVEN, ())
    assert "4 signed roots" in report.checked
    tiles = [path for path in log.asked if "/tile/" in path]
    assert sorted(tiles) == sorted({f"/log/{path}" for path in files if path.startswith("tile/")})
    assert log.asked.count("/log/checkpoint") == 1


def test_a_log_that_is_signed_anew_meanwhile_is_not_accused(files: Files) -> None:
    growing = Files({path: data for path, data in files.items() if path != "manifest.json"})

    def grow(path: str) -> None:
        if path == "/log/checkpoint":
            growing["checkpoints/1400"] = sign(Checkpoint(ORIGIN, 1_400, bytes(32)))

    assert report_on(Log(growing, instead=grow)).outcome is Outcome.PROVEN


def test_checkpoints_under_an_earlier_name_of_the_log_are_left_aside_and_told_of(
    files: Files,
) -> None:
    another = Signer("parley.example.org/before", private_key("before"))
    old = Checkpoint(another.key.name, 200, bytes(32))
    kept = {path: data for path, data in files.items() if path != "manifest.json"}
    report = report_on(Log(Files({**kept, "checkpoints/200": sign(old, signer=another)})))
    assert report.outcome is Outcome.PROVEN
    assert "1 past checkpoints under other names of this log" in report.not_checked
    assert "4 signed roots" in report.checked


def test_a_log_that_is_served_need_have_no_manifest_and_no_list_of_checkpoints(
    files: Files,
) -> None:
    kept = {path: data for path, data in files.items() if path.startswith(("tile", "checkpoint"))}
    bare = {path: data for path, data in kept.items() if "checkpoints/" not in path}
    log = Log(Files(bare), instead=lambda path: (404, {}, b"") if path.endswith("s") else None)
    report = report_on(log)
    assert report.outcome is Outcome.PROVEN
    assert "a manifest: a log that is served has none" in report.not_checked
    assert "past checkpoints: none are listed there" in report.not_checked


def test_a_tampered_entry_is_found_over_a_network_too(files: Files) -> None:
    bundle = files["tile/entries/002"].replace(b"Statement 600 ", b"Statement 601 ")
    report = report_on(Log(Files({**files, "tile/entries/002": bundle})))
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 600)


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("checkpoint", (500, {}, b""), "the server refuses it (500)"),
        ("tile/0/001", (302, {"Location": "/log/tile/0/000"}, b""), "a redirect (302)"),
        ("tile/entries/003", (200, {"Content-Length": "99"}, b"short"), "broke off after 5 of 99"),
        ("tile/entries/003", (429, {"Retry-After": "86400"}, b""), "the server refuses it (429)"),
    ],
)
def test_what_cannot_be_had_is_inconclusive_and_says_which_file_and_why(
    files: Files, path: str, answer: Answer, said: str
) -> None:
    log = Log(files, instead=instead_of(path, answer))
    report = report_on(log)
    assert report.outcome is Outcome.INCONCLUSIVE
    (finding,) = report.findings
    assert (finding.check, finding.file) == (Check.SOURCE, path)
    assert said in finding.message
    assert "/log/tile/0/000" not in log.asked or path != "checkpoint"


def test_a_server_that_puts_us_off_is_asked_again_when_it_says(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    later = (429, {"Retry-After": "7"}, b"")
    assert report_on(Log(files, instead=instead_of("tile/0/002", later, later))).outcome == 0
    assert waited == [7, 7]
    for_ever = Log(files, instead=lambda path: later if path.endswith("checkpoint") else None)
    (finding,) = report_on(for_ever).findings
    assert "again and again" in finding.message


def test_a_file_that_is_too_long_is_not_read_to_its_end(files: Files) -> None:
    log = Log(Files({**files, "endless": b"x" * 1_000_000}))
    with serving(log) as url, Served(url) as source:
        assert source.read("endless", 10) == b"x" * 11


def test_a_file_that_drips_is_given_up(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "LONGEST", -1.0)
    report = report_on(Log(files))
    assert "did not come within" in report.findings[0].message


def test_nobody_there_is_inconclusive() -> None:
    with serving(Log(Files())) as url:
        pass
    with Served(url) as source:
        report = verify(source, POLICY)
    assert (report.outcome, report.checkpoint) == (Outcome.INCONCLUSIVE, None)
    assert [each.check for each in report.findings] == [Check.SOURCE]
    assert any("entries and tiles" in line for line in report.not_checked)


def test_a_key_is_shown_to_a_server_that_asks_for_one(files: Files) -> None:
    log = Log(files, key=KEY)
    assert report_on(log, KEY).outcome is Outcome.PROVEN
    report = report_on(log)
    assert report.outcome is Outcome.INCONCLUSIVE
    assert "it takes a key" in report.findings[0].message


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/log",
        "ftp://127.0.0.1/log",
        "file:///etc/passwd",
        "https://",
        "https://user@example.org/log",
        "https://example.org/log?x=1",
        "https://example.org:nine/log",
        "http://127.0.0.1.example.org/log",
    ],
)
def test_an_address_that_is_not_safe_to_ask_is_refused(url: str) -> None:
    with pytest.raises(UrlError):
        Served(url)


def test_a_header_of_two_lines_is_refused() -> None:
    with pytest.raises(UrlError, match="one line"):
        Served("https://example.org/log", authorization="Bearer x\r\nHost: y")


def test_the_program_takes_a_url_and_reports_as_json(
    files: Files,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = tmp_path / "keys"
    keys.write_bytes(format_policy(POLICY))
    with serving(Log(files, key=KEY)) as url:
        assert run([url, "--policy", str(keys)]) == Outcome.INCONCLUSIVE
        capsys.readouterr()
        monkeypatch.setenv(API_KEY, KEY.removeprefix("Bearer "))
        assert run([url, "--policy", str(keys), "--json"]) == Outcome.PROVEN
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["size"], said["first_bad"]) == ("proven", SIZE, None)
    assert run(["http://example.org/log"]) == 64


def test_an_error_names_its_file() -> None:
    assert str(SourceError("checkpoint", "it is away")) == "checkpoint: it is away"


def test_a_list_without_an_end_is_given_up(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "MOST_LISTED", 2)
    (finding,) = report_on(Log(files)).findings
    assert (finding.check, finding.file) == (Check.SOURCE, "checkpoints")


def test_a_server_that_drips_its_headers_is_not_waited_for_longer_than_for_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(served, "LONGEST", 0.5)
    with dripping() as url, Served(url) as source:
        with pytest.raises(SourceError, match="did not come within"):
            source.read("checkpoint", 1_000)
        source.expect([("tile/0/000", 8_192)])
        with pytest.raises(SourceError, match="did not come within"):
            source.read("tile/0/000", 8_192)


def test_a_cache_on_the_way_is_told_to_ask_again() -> None:
    with Served("http://127.0.0.1:1/log") as source:
        assert source._headers["Cache-Control"] == "no-cache"  # noqa: SLF001 - what is sent.
