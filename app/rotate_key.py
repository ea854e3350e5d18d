"""Sign with another key from now on, announced in the log and by both keys.

The entry that announces it comes first, and a crash after it is made good: the next
checkpoint is signed by both keys, so whoever trusts the old one can read in the log
which key follows it; then the new one takes the old one's place, which is gone for good.
"""

from __future__ import annotations

from app.batch import check_names
from app.guard import Guard
from app.origins import origins_of
from app.owned_files import write_over
from app.parley import Parley
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import guard_path
from app.signing_key import LogKeys, log_keys_of, next_path, open_keyring, unusable
from audit.note import Signer, format_verifier_key
from audit.signer_key import make_signer_key, parse_signer_key
from domain.entry import LOG_STREAM, Draft
from domain.log import LogKeyRotated


def rotate_key(parley: Parley, subject: str | None = None) -> LogKeys:
    """Make another key, announce it, and sign by both; returns every key of the log.

    Raises SigningRefused where nothing can be signed now, and then nothing is announced,
    and InvalidInput for a subject that cannot stand in the log.
    """
    who = parley.settings.subject if subject is None else subject
    check_names(subject=who)
    # First, so that a log that cannot be signed is not told of another key.
    sign_checkpoint(parley)
    origin = origins_of(parley.ledger)[-1].origin
    with Guard(guard_path(parley.settings, origin)).locked():
        _announce(parley, origin, who)
    sign_checkpoint(parley)
    return log_keys_of(parley)


def _announce(parley: Parley, origin: str, who: str) -> None:
    keyring = open_keyring(parley, signed=True)
    if keyring.hands_over:
        # Another rotation was cut off after its entry; the checkpoint that follows ends it.
        return
    made = make_signer_key(origin)
    try:
        write_over(next_path(keyring.path), f"{made}\n")
    except OSError as fault:
        raise unusable(fault.strerror or str(fault)) from None
    event = LogKeyRotated(
        key=format_verifier_key(Signer(*parse_signer_key(made)).key),
        retires=format_verifier_key(keyring.signers[0].key),
    )
    version = len(parley.ledger.stream(LOG_STREAM))
    draft = Draft(event, LOG_STREAM, parley.new_id(), who, expected_version=version)
    parley.ledger.append([draft])
