"""Small files that nobody else may read and that are never half written.

A new text is written beside the old one, brought to the disk, and takes its place
in one step; so whoever reads has the one or the other, also after a power cut. A name
that is a symbolic link leads to the file that is meant, and stays a link.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

OTHERS = stat.S_IRWXG | stat.S_IRWXO
FOLDER_MODE = 0o700


class OpenToOthersError(OSError):
    """A file that somebody else than its owner may read or write."""


def read_owned(path: Path, limit: int) -> str | None:
    """The text of a file of at most `limit` bytes; None where there is none.

    Raises OpenToOthersError for one that others may use, OSError where it cannot be
    read, ValueError for what is longer or no UTF-8.
    """
    try:
        with path.open("rb") as file:
            if _is_open_to_others(os.fstat(file.fileno())):
                raise OpenToOthersError(f"others than its owner may use {path}")
            data = file.read(limit + 1)
    except FileNotFoundError:
        return None
    if len(data) > limit:
        raise ValueError(f"a file of at most {limit} bytes was expected")
    return data.decode()


def write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet; False if there is one by now. Raises OSError."""
    path = meant(path)
    with _beside(path, text) as written:
        try:
            # Fails where there is a file, which a rename would not.
            path.hardlink_to(written)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def write_over(path: Path, text: str) -> None:
    """Write a file in the place of the one that may be there. Raises OSError."""
    path = meant(path)
    with _beside(path, text) as written:
        written.replace(path)
    sync_folder(path.parent)


def move_over(path: Path, other: Path) -> None:
    """Put a file in the place of another in its folder. Raises OSError."""
    path.replace(other)
    sync_folder(other.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one on this machine who holds the lock of this file; waits for the others.

    The lock is a file beside it, which stays; it is freed when its holder ends, however.
    """
    path = meant(path)
    make_folder(path.parent)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def meant(path: Path) -> Path:
    """The file that a name leads to, through symbolic links; it need not be there."""
    return Path(os.path.realpath(path))


def make_folder(folder: Path) -> None:
    """Make a folder of one's own, and those above it. Raises OSError."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX)


def _is_open_to_others(found: os.stat_result) -> bool:
    # Windows has rights of another sort, of which these bits say nothing; there a file is
    # as safe as the folder of its user.
    return sys.platform != "win32" and bool(found.st_mode & OTHERS)


@contextmanager
def _beside(path: Path, text: str) -> Iterator[Path]:
    """The text in a file of another name, on the disk; gone afterwards if it is still there."""
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def sync_folder(folder: Path) -> None:
    """Bring it to the disk which files a folder holds. Raises OSError."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
