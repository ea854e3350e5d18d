from __future__ import annotations

import pytest
from platformdirs import user_data_path

from app.settings import Settings, read_settings
from domain.errors import InvalidInput


def test_every_setting_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_the_log_is_a_file_in_the_users_data_folder_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
    assert read_settings().database_url == f"sqlite:///{user_data_path('parley') / 'parley.db'}"


def test_a_setting_comes_from_the_environment_unless_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARLEY_SUBJECT", "from-the-environment")
    assert read_settings().subject == "from-the-environment"
    assert read_settings(subject=None).subject == "from-the-environment"
    assert read_settings(subject="given").subject == "given"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_SUBJECT", ""),
        ("PARLEY_SUBJECT", "x" * 256),
        ("PARLEY_SUBJECT", "ann\tb"),
        ("PARLEY_ORIGIN", "two words"),
        ("PARLEY_ORIGIN", "a+b"),
        ("PARLEY_DATABASE_URL", ""),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as refused:
        read_settings()
    (problem,) = {problem.field for problem in refused.value.problems}
    assert problem == name
