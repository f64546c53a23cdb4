"""What the public site offers: every route, what each does for strangers, and that no event reads a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.messages import message
from tests.public_site import PublicSite

# Every route of the application with its methods. A new version of Gradio that brings another one fails the test: look at what
# it does, leave it closed in `bot/web.py`, and add it here.
SURFACE = json.loads(Path(__file__).with_name("cases").joinpath("routes.json").read_text(encoding="utf8"))
FILES = [
    "/etc/passwd", "%2Fetc%2Fpasswd", "../../../../etc/passwd", "file:///etc/passwd", "/proc/self/environ", "http://127.0.0.1:9/x",
    "pyproject.toml", "/dev/zero", "\\\\127.0.0.1\\share", "..%252f..%252fetc/passwd",
]  # fmt: skip


def filled(path: str) -> str:
    """A route's path with something in the place of its parameters."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", "x", path).replace("/*", "/x")


def test_the_routes_are_those_that_are_known(public: PublicSite) -> None:
    assert public.surface["routes"] == SURFACE["routes"]


def test_strangers_reach_what_is_listed_as_open_and_nothing_else(public: PublicSite) -> None:
    """Each route with GET and POST: what is neither refused nor sent to the login page must be on the list."""
    reached = set()
    with public.client("203.0.113.1") as client:
        for path in sorted(SURFACE["routes"]):
            for method in ("GET", "POST"):
                if "queue/data" in path or "heartbeat" in path:
                    continue  # streams: see below
                response = client.request(method, filled(path) or "/", headers={"accept": "application/json"})
                assert "default-src 'none'" in response.headers["content-security-policy"]
                assert response.headers["x-content-type-options"] == "nosniff"
                assert response.headers["referrer-policy"] == "same-origin"
                assert "frame-ancestors" in response.headers["content-security-policy"]
                if response.status_code < 300:
                    reached.add(f"{method} {path}")
    assert sorted(reached) == SURFACE["open"]


def test_the_administration_lets_no_stranger_in(public: PublicSite) -> None:
    with public.client("203.0.113.2") as client:
        for path in SURFACE["routes"]:
            if not path.startswith("/admin") or path in ("/admin/login", "/admin.css"):
                continue
            for method in ("GET", "POST"):
                response = client.request(method, filled(path), headers={"origin": public.address})
                assert response.status_code in (303, 403, 404, 405), (method, path)
                if response.status_code == 303:
                    assert response.headers["location"] == "/admin/login"


def test_the_sixth_wrong_password_of_a_client_behind_the_proxy_is_throttled_and_another_is_not(
    public: PublicSite,
) -> None:
    def log_in(visitor: str) -> int:
        with public.client(visitor) as client:
            page = client.get("/admin/login")
            token = re.search(r'name="token" value="([^"]+)"', page.text)
            assert token
            sent = {"token": token[1], "password": "wrong"}
            return client.post("/admin/login", data=sent, headers={"origin": public.address}).status_code

    assert [log_in("203.0.113.3") for _ in range(6)] == [403] * 5 + [429]
    assert log_in("203.0.113.4") == 403


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("route", ["/gradio_api/file=", "/file="])
def test_no_file_is_served_by_name(public: PublicSite, route: str, file: str) -> None:
    with public.client("203.0.113.5") as client:
        assert client.get(f"{route}{file}").status_code == 403


def shapes(file: Path) -> list[dict[str, Any]]:
    """The three forms in which Gradio's clients name a file."""
    meta = {"_type": "gradio.FileData"}
    return [
        {"path": str(file), "orig_name": file.name, "meta": meta},
        {"path": "x.txt", "url": f"/gradio_api/file={file}", "meta": meta},
        {
            "video": {"path": str(file), "meta": meta},
            "files": [{"path": str(file), "meta": meta}],
            "text": f"file={file}",
        },
    ]


def test_no_event_takes_a_file_that_its_values_name(public: PublicSite, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("secret-of-the-machine", encoding="utf8")
    events = public.surface["events"]
    assert len(events) >= 30
    with public.client("203.0.113.7") as client:
        for event in events:
            for number, shape in enumerate(shapes(file)):
                values = [shape] * max(1, event["takes"])
                (answer,) = public.event(client, event["number"], values, f"s{event['number']}-{number}")
                assert answer == {"status": 400, "error": message("bad_event")}
    kept = [p for p in public.folder.rglob("*") if p.is_file() and "home" not in p.parts]
    assert not [p for p in kept if b"secret-of-the-machine" in p.read_bytes()]


def test_streams_carry_the_headers_too(public: PublicSite) -> None:
    with public.client("203.0.113.6") as client:
        for path in ("/gradio_api/heartbeat/x", "/gradio_api/queue/data?session_hash=x"):
            with client.stream("GET", path) as response:
                assert "default-src 'none'" in response.headers["content-security-policy"]
