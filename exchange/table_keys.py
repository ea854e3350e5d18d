"""Keys and slugs out of cells: what fits stays as it is, the rest is shortened and told apart.

What is made here names entries for ever, so nothing of it may ever change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from domain.text import MAX_SLUG, is_slug
from exchange.mapping import KEY

_KEPT, _KEY_DIGITS = 80, 16
_KEPT_OF_SLUG, _SLUG_DIGITS = 24, 12
_ALONE = "row"


def key_of(cells: Sequence[str], *, alone: bool = False) -> str:
    """The key of an entry: a single cell that is a key, or what is left of the cells and a digest.

    Rows that stand `alone` are named apart from all others.
    """
    if len(cells) == 1 and not alone and KEY.fullmatch(cells[0]):
        return cells[0]
    digest = _digest(json.dumps(list(cells), ensure_ascii=False), _KEY_DIGITS)
    if alone:
        return f"{_ALONE}-{digest}"
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(cells)).strip("._-")[:_KEPT].strip("._-")
    return f"{words or _ALONE}-{digest}"


def slug_of(prefix: str, key: str) -> str:
    """The slug of a key: the key itself behind the prefix, or its beginning and a digest."""
    whole = f"{prefix}-{key}" if prefix else key
    if is_slug(whole):
        return whole
    words = make_slug(key)[:_KEPT_OF_SLUG].strip("-")
    parts = (prefix, words, _digest(key, _SLUG_DIGITS))
    return "-".join(part for part in parts if part)


def make_slug(text: str) -> str:
    """A text in lower case with hyphens for all but letters and figures; blank if none is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:MAX_SLUG].strip("-")


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
