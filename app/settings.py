"""What can be set from outside: `PARLEY_*` in the environment."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.batch import MAX_NAME
from domain.errors import InvalidInput, Problem
from domain.event import problems_of
from domain.text import check_text

PREFIX = "PARLEY_"
MAX_ORIGIN = 200
"""The longest name of a log in characters; it stands in every checkpoint."""

Subject = Annotated[
    str, AfterValidator(check_text), StringConstraints(max_length=MAX_NAME, min_length=1)
]
Origin = Annotated[
    str, AfterValidator(check_text), StringConstraints(max_length=MAX_ORIGIN, pattern=r"^[^\s+]+$")
]
"""A C2SP checkpoint names its log by a text without spaces and plus signs."""
_WEB_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
"""A site as browsers name it (RFC 6454, 6.2): scheme, host in lower case, port; no path."""


def _split(value: object) -> object:
    """A list that is written with commas; anything else as it is."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if _WEB_ORIGIN.fullmatch(origin) is None:
            raise ValueError(
                f"{origin!r} is no origin of a page; write it as browsers do, such as "
                "https://board.example.org, and several with commas"
            )
    return origins


def _check_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ValueError(
                f"{network!r} is no address of a proxy; write it as 10.0.0.7 or as a network such "
                "as 10.0.0.0/24, and several with commas"
            ) from None
    return networks


Networks = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_networks)
]
WebOrigins = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_origins)
]


def _check_file(path: Path) -> Path:
    if not path.name:
        raise ValueError("is no path of a file; write one such as /etc/parley/log.signing-key")
    return path.expanduser().absolute()


File = Annotated[Path, AfterValidator(_check_file)]


def default_database_path() -> Path:
    """The SQLite file in the user's data folder."""
    return user_data_path("parley") / "parley.db"


def _default_database_url() -> str:
    return f"sqlite:///{default_database_path()}"


class Settings(BaseSettings):
    """Every setting, with its default; the environment names it in capitals with `PARLEY_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: str = Field(
        default_factory=_default_database_url,
        min_length=1,
        description="Where the log is: `sqlite:////absolute/path.db` or "
        "`postgresql://user@host/name`. By default a SQLite file in the user's data folder.",
    )
    subject: Subject = Field(
        default="local",
        description="Who records, as the log keeps it with every entry: an opaque name, "
        "since what the log keeps cannot be taken back.",
    )
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Where `parley serve` listens. By default only this machine can reach it; on "
        "another address everybody needs a key.",
    )
    port: int = Field(
        default=8710,
        ge=0,
        le=65_535,
        description="The port it listens at; 0 takes any that is free.",
    )
    cors_origins: WebOrigins = Field(
        default=(),
        description="Sites whose pages may ask over HTTP from a browser, such as "
        "`https://board.example.org`, with commas between them.",
    )
    max_streams: int = Field(
        default=10_000,
        ge=0,
        le=100_000,
        description="How many clients one process sends events to as they are recorded "
        "(`GET /v1/events/stream`); who comes beyond that is sent away with 429.",
    )
    webhook_private: bool = Field(
        default=False,
        description="Whether webhooks may be sent to this machine and to private networks, and "
        "without TLS; by default they may not, since whoever adds one chooses the address.",
    )
    signing_key_file: File | None = Field(
        default=None,
        description="Where the key is that the log signs its checkpoints with; made at the first "
        "checkpoint, and to be read by nobody else. By default beside the SQLite file, or in the "
        "user's data folder, under the name of the log.",
    )
    guard_file: File | None = Field(
        default=None,
        description="Where it is kept, outside the database, what was signed last, so that an "
        "older copy of the database is not signed. By default where the key is by default; better "
        "on another disk, which a restore of the database does not reach.",
    )
    witnesses: File | None = Field(
        default=None,
        description="A policy (C2SP tlog-policy) whose `witness` lines have the address of each "
        "witness to be asked for a cosignature. By default none is asked.",
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses of proxies, such as `10.0.0.7` or `10.0.0.0/24`, whose word is "
        "taken for the address of a client (`X-Forwarded-For`); by default nobody's is.",
    )
    origin: Origin | None = Field(
        default=None,
        description="The name of a new log, such as `parley.example.org/ukraine`: a URL without "
        "scheme, never used for another log. By default one is made up at the first start.",
    )


def read_settings(**given: Any) -> Settings:  # noqa: ANN401 - whatever the caller was given.
    """The settings from the environment, with `given` before it; raises InvalidInput by name."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = (
            Problem(
                f"{PREFIX}{problem.field.upper()}",
                problem.rule,
                f"{problem.way_out}, or unset it",
            )
            for problem in problems_of(error)
        )
        raise InvalidInput(*problems) from None
