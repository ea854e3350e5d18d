"""What this process knows of its own signing, for whoever asks whether all is well."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import ParleyError


@dataclass(slots=True)
class Signing:
    """Changed by the checkpointer and read by others; each field by itself is whole.

    `size` is that of the newest checkpoint that was signed or seen here; `refused` says
    why nothing is signed, None as long as all is well.
    """

    size: int = 0
    refused: ParleyError | None = None
