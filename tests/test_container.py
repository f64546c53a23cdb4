"""What the container files promise, read without an engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf8")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> DockerfileParser:
    parser = DockerfileParser(path=str(tmp_path_factory.mktemp("image")))
    parser.content = (ROOT / "Dockerfile").read_text(encoding="utf8")
    return parser


def test_the_image_passes_its_linter() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_built_apart_and_runs_as_nobody(image: DockerfileParser) -> None:
    assert image.parent_images == ["python:3.11-slim", "python:3.11-slim"]
    steps = [(step["instruction"], step["value"]) for step in image.structure]
    assert ("USER", "10001:10001") in steps[len(steps) // 2 :]
    assert "pip" not in steps[-1][1]
    health = next(value for name, value in steps if name == "HEALTHCHECK")
    assert "/healthz" in health
    assert '"python"' in health


def test_the_image_takes_in_only_what_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf8").splitlines()
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} >= {
        "app.py",
        "bot",
        "index",
        "prompts",
        "pyproject.toml",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_held_tight(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service["user"].startswith(("0", "root"))
    assert service["mem_limit"] == service["memswap_limit"]
    assert service["cpus"] and service["pids_limit"] and service["tmpfs"]
    assert not {"privileged", "cap_add", "devices", "pid"} & service.keys()
    assert ":latest" not in service["image"] and ":" in service["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_without_a_password_can_be_reached(name: str) -> None:
    """The single server on the machine's loopback, of the replicas the TLS door alone; the rest share its namespace."""
    service = SERVICES[name]
    opened = {"youju": ["127.0.0.1:7860:7860"], "front": ["443:8443"]}
    assert service.get("ports", []) == opened.get(name, [])
    if service["profiles"] == ["replicas"] and name != "front":
        assert service["network_mode"] == "service:front"
    assert "networks" not in COMPOSE


def test_only_the_sync_writes_a_shared_library() -> None:
    mounts = {n: v for n, s in SERVICES.items() for v in s.get("volumes", []) if v.startswith("shared:")}
    assert {name for name, mount in mounts.items() if not mount.endswith(":ro")} == {"sync-shared"}


def test_settings_are_ones_that_the_program_has() -> None:
    named = {k for s in SERVICES.values() for k in s.get("environment", {}) if k.startswith("YOUJU_")}
    assert named <= {f"YOUJU_{field.upper()}" for field in Settings.model_fields}


def test_the_proxy_streams_answers_and_believes_no_visitor() -> None:
    streams = re.search(r"location ~ \^/gradio_api/\(queue/data\|heartbeat/\) \{(.*?)\}", NGINX, re.DOTALL)
    assert streams and "proxy_buffering off;" in streams[1]
    assert "X-Forwarded-For $remote_addr;" in NGINX
    assert "proxy_add_x_forwarded_for" not in NGINX
    assert NGINX.count("{") == NGINX.count("}")
    ports = {f"127.0.0.1:{s['environment']['YOUJU_PORT']}" for n, s in SERVICES.items() if n.startswith("youju-")}
    assert set(re.findall(r"server (127\.0\.0\.1:\d+)", NGINX)) == ports
