"""A small witness on a socket of this machine: what tlog-witness asks of it, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.note import Note, VerifierKey, format_note, format_verifier_key
from audit.witness import (
    NotContinued,
    NotSigned,
    OtherSize,
    UnknownLog,
    WitnessRefusal,
    check_continued,
    open_note,
    parse_submission,
)
from tests.audit.material import private_key

STATUS = {UnknownLog: 404, NotSigned: 403, NotContinued: 422}


@dataclass
class SmallWitness:
    """What a witness knows; `answer` is what it says instead, where it is to misbehave.

    With a status of 0 it says that without HTTP.
    """

    name: str
    logs: list[VerifierKey] = field(default_factory=list)
    seen: Checkpoint | None = None
    time: int = 1_800_000_000
    asked: list[bytes] = field(default_factory=list)
    answer: tuple[int, bytes] | None = None
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.cosigner = Cosigner(self.name, private_key(self.name))

    @property
    def line(self) -> str:
        """Its line in a policy."""
        return f"witness {self.name} {format_verifier_key(self.cosigner.key)} {self.url}"

    def cosign(self, body: bytes) -> bytes:
        submission = parse_submission(body)
        shown = open_note(submission.note, self.logs)
        with self.lock:
            check_continued(submission.old, submission.proof, shown.checkpoint, self.seen)
            self.seen = shown.checkpoint
            self.time += 1
        note = format_note(Note(shown.note.text, (self.cosigner.sign(shown.note.text, self.time),)))
        return note.partition(b"\n\n")[2]

    def respond(self, body: bytes) -> tuple[int, bytes]:
        self.asked.append(body)
        if self.answer is not None:
            return self.answer
        try:
            return 200, self.cosign(body)
        except OtherSize as refusal:
            return 409, f"{refusal.size}\n".encode()
        except WitnessRefusal as refusal:
            return STATUS.get(type(refusal), 400), str(refusal).encode()


@contextmanager
def witnessing(witness: SmallWitness) -> Iterator[SmallWitness]:
    """Let it answer at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/submit/add-checkpoint"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = witness.respond(body)
            if status == 0:
                self.wfile.write(answer)
                self.close_connection = True
                return
            self.send_response(status)
            if status == 302:
                self.send_header("Location", answer.decode())
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    witness.url = f"http://127.0.0.1:{server.server_port}/submit"
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
