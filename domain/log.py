"""What the log says about itself; only the log writes these."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from domain.event import LogEvent
from domain.text import Text


class LogOpened(LogEvent):
    """The first entry of every log: its origin, its leaf format and the rules it began with."""

    TOPIC: ClassVar[str] = "log.opened"
    kind: Literal["log.opened"] = "log.opened"
    origin: Text
    leaf: int = Field(ge=1)
    rules: int = Field(ge=1)
    parley: Text


class LogKeyRotated(LogEvent):
    """From here on checkpoints are signed with another key."""

    TOPIC: ClassVar[str] = "log.key_rotated"
    kind: Literal["log.key_rotated"] = "log.key_rotated"
    key: Text
    retires: Text


class LogReopened(LogEvent):
    """The log goes on after a loss, as a new epoch with a new origin."""

    TOPIC: ClassVar[str] = "log.reopened"
    kind: Literal["log.reopened"] = "log.reopened"
    origin: Text
    predecessor: Text
    lost: tuple[int, int] = Field(description="First and last lost position.")
    reason: Text
    approvers: tuple[Text, ...] = Field(min_length=2, max_length=8)


KINDS = (LogOpened, LogKeyRotated, LogReopened)
