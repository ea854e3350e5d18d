"""Where the signing key and the guard of a log lie."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from platformdirs import user_data_path

from app.settings import Settings
from ledger.database import path_of

KEY_SUFFIX = ".signing-key"
GUARD_SUFFIX = ".guard"
_UNFIT = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST = 80
"""Characters of an origin in the name of a file; what tells two of them apart comes after."""


def signing_key_path(settings: Settings, origin: str) -> Path:
    """The file of the private key."""
    return settings.signing_key_file or _beside(settings, origin, KEY_SUFFIX)


def guard_path(settings: Settings, origin: str) -> Path:
    """The file that says what was signed last."""
    return settings.guard_file or _beside(settings, origin, GUARD_SUFFIX)


def _beside(settings: Settings, origin: str, suffix: str) -> Path:
    """Beside the SQLite file, or among the user's data; under the name of the log.

    An older copy of a database finds the guard of the newer one there, and a new log none.
    """
    file = path_of(settings.database_url)
    folder = user_data_path("parley") if file is None else file.absolute().parent
    digest = sha256(origin.encode()).hexdigest()[:8]
    return folder / f"{_UNFIT.sub('_', origin)[:_LONGEST]}-{digest}{suffix}"
