"""Addresses of servers: https anywhere, plain http on this machine alone."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from app import app
from bot.settings import Settings
from index.errors import SettingsError
from index.servers import ServerConfig

PLAIN = ["http://10.0.0.5:8000", "http://chroma.example.gov.cn", "http://[fd00::5]:8000"]
DISGUISED = [
    "http://127.0.0.1.example.org:8000",
    "http://localhost.example.org",
    "http://0.0.0.0:8000",
    "HTTP://10.0.0.5:8000",
]
ODD = [
    "http://127.0.0.1@10.0.0.5:8000",
    "10.0.0.5:8000",
    "ftp://10.0.0.5",
    "http://",
    "http://127.0.0.1:port",
    "http://[::1",
]
SAFE = [
    "https://chroma.example.gov.cn",
    "https://10.0.0.5:8443/chroma",
    "http://127.0.0.1:8000",
    "http://localhost:8000",
    "http://[::1]:8000",
]


@pytest.mark.parametrize("name", ["chroma_url", "milvus_uri"])
@pytest.mark.parametrize("url", [*PLAIN, *DISGUISED])
def test_a_plain_address_that_is_not_this_machine_is_refused(name: str, url: str) -> None:
    with pytest.raises(SettingsError, match=f"YOUJU_{name.upper()} 是不加密的"):
        ServerConfig(**{name: url}).check()


@pytest.mark.parametrize("name", ["chroma_url", "milvus_uri"])
@pytest.mark.parametrize("url", ODD)
def test_what_is_no_address_is_refused(name: str, url: str) -> None:
    with pytest.raises(SettingsError, match=f"YOUJU_{name.upper()} 不是能用的地址"):
        ServerConfig(**{name: url}).check()


@pytest.mark.parametrize("url", SAFE)
def test_https_and_this_machine_are_accepted(url: str) -> None:
    ServerConfig(chroma_url=url).check()
    ServerConfig(milvus_uri=url).check()


def test_milvus_lite_is_a_file_and_no_address_that_looks_like_one() -> None:
    ServerConfig(milvus_uri="data/lite.db").check()
    with pytest.raises(SettingsError):
        ServerConfig(milvus_uri="http://10.0.0.5/lite.db").check()


def test_one_server_at_a_time() -> None:
    with pytest.raises(SettingsError, match="只能设一个"):
        ServerConfig(chroma_url=SAFE[0], milvus_uri=SAFE[0]).check()


@pytest.mark.parametrize("url", PLAIN)
def test_the_program_does_not_start_with_a_plain_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOUJU_CHROMA_URL", url)
    done = CliRunner().invoke(app, ["serve"])
    assert done.exit_code == 1
    assert "TLS" in done.output and "Traceback" not in done.output


def test_tokens_are_not_shown() -> None:
    assert "secret-token" not in repr(Settings(chroma_url=SAFE[0], chroma_token="secret-token"))  # type: ignore[arg-type]
