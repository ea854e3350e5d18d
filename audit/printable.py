"""Text that others have written, for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with what is not printable spelled out, so that it cannot steer a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
