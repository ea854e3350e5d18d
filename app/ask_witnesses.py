"""Ask witnesses to cosign a checkpoint (C2SP tlog-witness), without ever waiting for them to sign.

A witness keeps the size that it cosigned last, and wants the proof to lead from there.
What it answers is believed only by its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from app.parley import Parley
from audit.cosignature import check_cosignatures
from audit.deadline import within
from audit.note import Note, NoteError, VerifierKey, parse_note
from audit.policy import MAX_POLICY, Policy, parse_policy, parse_witness_urls
from audit.proof import prove_consistency
from audit.witness import Submission, format_submission
from domain.errors import InvalidInput
from ledger import checkpoints
from ledger.checkpoints import Cosignature, StoredCheckpoint
from ledger.tile_store import TileStore

FIELD = "PARLEY_WITNESSES"
TIMEOUT = 10.0
"""Seconds that a witness has for one request, from connecting to the end of its answer."""
MAX_ANSWER = 100_000
"""Bytes of an answer; a hundred signatures have less."""
ATTEMPTS = 3
"""How often the size may be another one: once to learn it, and again if others hand in as well."""
_SAID = 200
"""Characters of what a witness says besides that go into the log of the server."""


class WitnessFailed(Exception):
    """A witness did not cosign, for the reason that it is raised with."""


@dataclass(frozen=True, slots=True)
class AskedWitness:
    """A witness that is asked: its name in the policy, its key and its address."""

    name: str
    key: VerifierKey
    url: str


def read_witnesses(path: Path | None) -> tuple[AskedWitness, ...]:
    """The witnesses of a policy file that have an address; raises InvalidInput.

    The others are known to whoever verifies, and are not asked.
    """
    if path is None:
        return ()
    policy, urls = read_policy(path)
    for name, url in urls.items():
        if not _is_http(url):
            rule = f"the address of {name!a:.80} is none of HTTP"
            raise InvalidInput.of(FIELD, rule, "write https://…, where add-checkpoint is")
    return tuple(AskedWitness(name, policy.witnesses[name], url) for name, url in urls.items())


def _is_http(url: str) -> bool:
    try:
        where = urlsplit(url)
    except ValueError:
        return False
    return where.scheme in {"http", "https"} and bool(where.hostname)


def read_policy(path: Path) -> tuple[Policy, dict[str, str]]:
    """A policy file, and the addresses of its witnesses by name; raises InvalidInput."""
    try:
        data = path.read_bytes()[: MAX_POLICY + 1]
        return parse_policy(data), parse_witness_urls(data)
    except (OSError, NoteError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        rule = f"{path} is no policy that can be read: {reason}"
        raise InvalidInput.of(FIELD, rule, "write it as C2SP tlog-policy has it") from None


def ask_witness(parley: Parley, witness: AskedWitness, signed: StoredCheckpoint) -> None:
    """Ask for a cosignature of a checkpoint, and keep it; raises WitnessFailed."""
    old = min(_last_seen(parley, witness), signed.size)
    for _ in range(ATTEMPTS):
        status, answer = _post(witness, _submission(parley, old, signed))
        if status == 200:  # noqa: PLR2004 - the codes of tlog-witness.
            _keep(parley, witness, signed, answer)
            return
        if status != 409:  # noqa: PLR2004 - as above.
            raise WitnessFailed(f"it answers {status}: {_said(answer)}")
        old = _read_size(answer, signed.size)
    raise WitnessFailed("it names another size at each attempt")


def _last_seen(parley: Parley, witness: AskedWitness) -> int:
    """The size that it cosigned last, as far as is known here."""
    key = witness.key
    return checkpoints.last_cosigned(parley.ledger.engine, key.name, key.id)


def _submission(parley: Parley, old: int, signed: StoredCheckpoint) -> bytes:
    proof: Sequence[bytes] = ()
    if old:
        reader = TileStore(parley.ledger.engine).reader(signed.size)
        proof = prove_consistency(reader, old, signed.size)
    return format_submission(Submission(old, tuple(proof), signed.note))


def _keep(parley: Parley, witness: AskedWitness, signed: StoredCheckpoint, answer: bytes) -> None:
    """Keep the cosignature if it is what it should be; lines of other keys are left aside."""
    text = parse_note(signed.note).text
    try:
        lines = parse_note(f"{text}\n".encode() + answer).signatures
        mine = Note(text, tuple(line for line in lines if line.is_of(witness.key)))
        times = check_cosignatures(mine, [witness.key])
    except NoteError as fault:
        raise WitnessFailed(f"its cosignature is none: {fault}") from None
    seen_at = times.get(witness.key)
    if not seen_at:
        raise WitnessFailed("it answers without a cosignature of its key")
    newest = max(mine.signatures, key=lambda line: line.signature[:8])
    found = Cosignature(seen_at, newest)
    checkpoints.add_cosignatures(parley.ledger.engine, signed.size, [found])


def _read_size(answer: bytes, largest: int) -> int:
    try:
        size = int(answer.decode("ascii").removesuffix("\n"))
    except ValueError:
        raise WitnessFailed(f"it answers 409 without a size: {_said(answer)}") from None
    if not 0 <= size <= largest:
        raise WitnessFailed(
            f"it has cosigned a checkpoint of size {size}, and this is of {largest}"
        )
    return size


def _said(answer: bytes) -> str:
    return ascii(answer.decode("utf-8", "replace").strip()[:_SAID])


class _NoRedirect(HTTPRedirectHandler):
    """Goes nowhere else: a POST that is led on becomes a GET, and the address is the operator's."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirect)


def _post(witness: AskedWitness, body: bytes) -> tuple[int, bytes]:
    """The status and the body of the answer; raises WitnessFailed where there is none."""
    request = Request(  # noqa: S310 - the scheme was looked at when the policy was read.
        f"{witness.url.rstrip('/')}/add-checkpoint", body, {"Content-Type": "text/plain"}
    )
    try:
        # By itself the library would wait so long for each byte.
        return within(TIMEOUT, lambda: _answer_to(request))
    except TimeoutError:
        raise WitnessFailed(f"no answer within {TIMEOUT:.0f} seconds") from None
    except URLError as fault:
        raise WitnessFailed(f"it cannot be reached: {fault.reason}") from None
    except WitnessFailed:
        raise
    except Exception as fault:
        # What answers there need not be HTTP, and the library says so in many ways.
        raise WitnessFailed(f"it cannot be reached: {fault!a:.200}") from fault


def _answer_to(request: Request) -> tuple[int, bytes]:
    try:
        with _opener().open(request, timeout=TIMEOUT) as answer:
            return answer.status, _whole(answer.read(MAX_ANSWER + 1))
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read(MAX_ANSWER)


def _whole(answer: bytes) -> bytes:
    if len(answer) > MAX_ANSWER:
        raise WitnessFailed(f"its answer is longer than {MAX_ANSWER} bytes")
    return answer
