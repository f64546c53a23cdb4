"""The door: closed without a password, one password, throttled, signed sessions, a token in every form."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

import bot.admin as administration
from bot.admin.door import COOKIE, FAILURES, FAILURES_OF_ALL, WINDOW, Sessions, Throttle
from bot.settings import load_settings
from bot.shelf import Shelf
from index.errors import SettingsError
from tests.small_site import OURS, SmallSite, client_of, small_site

PASSWORD = "correct-horse"
PAGES = [path for path, methods, _ in administration._PAGES if "GET" in methods]
FORMS = [path for path, methods, _ in administration._PAGES if "POST" in methods] + ["/admin/logout"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSite]:
    yield small_site(tmp_path_factory.mktemp("site"), admin_password=PASSWORD)


@pytest.fixture
def client(served: SmallSite) -> TestClient:
    return client_of(served.shelf)


def token_of(html: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', html)
    assert found
    return found[1]


def log_in(client: TestClient, password: str = PASSWORD) -> int:
    token = token_of(client.get("/admin/login").text)
    return client.post("/admin/login", data={"token": token, "password": password}, headers=OURS).status_code


def test_without_a_password_there_is_no_administration(served: SmallSite) -> None:
    shelf = Shelf(served.settings.model_copy(update={"admin_password": None}))
    closed = client_of(shelf)
    for path in {*PAGES, *FORMS, "/admin/login"}:
        assert closed.get(path).status_code == 404
        posted = closed.post(path, data={"password": PASSWORD}, headers=OURS)
        assert (posted.status_code, posted.json()) == (404, {"error": "这个地址没有开放。"})


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_sent_to_the_login_page(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["location"]) == (303, "/admin/login")


@pytest.mark.parametrize("path", FORMS)
def test_forms_of_strangers_are_refused_unread(client: TestClient, path: str) -> None:
    response = client.post(path, data={"token": "x"}, headers=OURS)
    assert response.status_code == 403
    assert "请重新登录" in response.text


def test_the_password_opens_a_session_in_a_strict_cookie(client: TestClient) -> None:
    token = token_of(client.get("/admin/login").text)
    response = client.post("/admin/login", data={"token": token, "password": PASSWORD}, headers=OURS)
    assert (response.status_code, response.headers["location"]) == (303, "/admin")
    cookie = response.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/admin", "max-age="))
    page = client.get("/admin")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]
    assert client.get("/admin/login").headers["location"] == "/admin"


def test_a_session_over_https_never_travels_in_clear(served: SmallSite) -> None:
    secure = TestClient(client_of(served.shelf).app, base_url="https://testserver", follow_redirects=False)
    assert "secure" in secure.get("/admin/login").headers["set-cookie"].lower()


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "密码"])
def test_a_wrong_password_opens_nothing(client: TestClient, password: str) -> None:
    assert log_in(client, password) == 403
    assert client.get("/admin").status_code == 303


def test_the_sixth_wrong_password_within_a_minute_is_throttled_and_so_is_the_right_one(served: SmallSite) -> None:
    client = client_of(Shelf(served.settings))
    assert [log_in(client, "wrong") for _ in range(FAILURES + 1)] == [403] * FAILURES + [429]
    assert log_in(client) == 429
    assert client.get("/admin").status_code == 303


def test_the_throttle_counts_each_client_and_all_together() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(FAILURES):
        assert throttle.allows("a")
        throttle.failed("a")
    assert not throttle.allows("a")
    assert throttle.allows("b")
    for i in range(FAILURES_OF_ALL):
        throttle.failed(f"c{i}")
    assert not throttle.allows("b")
    now[0] = WINDOW + 0.1
    assert throttle.allows("a")


def test_a_login_without_its_token_or_from_elsewhere_is_refused(client: TestClient) -> None:
    token = token_of(client.get("/admin/login").text)
    sent = {"token": token, "password": PASSWORD}
    assert client.post("/admin/login", data={"password": PASSWORD}, headers=OURS).status_code == 403
    assert client.post("/admin/login", data=sent, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/admin/login", data=sent).status_code == 403
    client.cookies.clear()
    assert client.post("/admin/login", data=sent, headers=OURS).status_code == 403


@pytest.mark.parametrize("path", FORMS)
def test_every_form_needs_its_token_and_our_origin(served: SmallSite, path: str) -> None:
    client = client_of(served.shelf)
    log_in(client)
    token = token_of(client.get("/admin").text)
    before = served.shelf.answerer.info
    for data, headers in (
        ({}, OURS),
        ({"token": ""}, OURS),
        ({"token": ("A" if token[0] != "A" else "B") + token[1:]}, OURS),
        ({"token": token}, {"origin": "https://evil.example"}),
        ({"token": token}, {"sec-fetch-site": "cross-site", **OURS}),
        ({"token": token}, {}),
    ):
        response = client.post(path, data=data, headers=headers)
        assert response.status_code == 403
        assert "打开页面重新提交" in response.text
    assert client.get("/admin").status_code == 200
    assert served.shelf.answerer.info == before


def test_a_token_of_another_session_does_not_serve(served: SmallSite) -> None:
    first, second = client_of(served.shelf), client_of(Shelf(served.settings))
    log_in(first)
    log_in(second)
    foreign = token_of(second.get("/admin").text)
    assert first.post("/admin/logout", data={"token": foreign}, headers=OURS).status_code == 403


def test_a_session_that_was_ended_stays_ended(client: TestClient) -> None:
    log_in(client)
    cookie = client.cookies[COOKIE]
    token = token_of(client.get("/admin").text)
    assert client.post("/admin/logout", data={"token": token}, headers=OURS).status_code == 303
    client.cookies.set(COOKIE, cookie, domain="testserver.local", path="/admin")
    assert client.get("/admin").headers["location"] == "/admin/login"


def test_a_guest_is_no_staff_and_old_cookies_are_over() -> None:
    sessions = Sessions()
    assert sessions.of(sessions.open("guest"), "staff") is None
    assert sessions.of(sessions.open("staff"), "staff") is not None
    assert sessions.of(sessions.open("staff"), "guest") is None
    over = Sessions(seconds=-1)
    assert over.of(over.open("staff"), "staff") is None
    assert sessions.of(Sessions().open("staff"), "staff") is None


@given(st.text(max_size=80))
def test_a_forged_cookie_is_no_session(cookie: str) -> None:
    sessions = Sessions()
    assert sessions.of(cookie, "staff") is None
    session = sessions.of(sessions.open("staff"), "staff") or ""
    assert not sessions.is_token(session, cookie)


def test_a_form_with_too_much_in_it_is_refused(client: TestClient) -> None:
    log_in(client)
    token = token_of(client.get("/admin").text)
    response = client.post("/admin/lexicon", data={"token": token, "written": "长" * 700_000}, headers=OURS)
    assert response.status_code == 413
    many = {"token": token, **{f"f{i}": "x" for i in range(1100)}}
    assert client.post("/admin/discard", data=many, headers=OURS).status_code == 403


@pytest.mark.parametrize("path", ["/admin/nothing", "/admin/", "/admin/files/x", "/admin/Files"])
def test_nothing_else_is_open(client: TestClient, path: str) -> None:
    log_in(client)
    assert client.get(path).status_code in (303, 307, 403, 404)


def test_a_short_password_is_a_setting_to_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOUJU_ADMIN_PASSWORD", "short")
    with pytest.raises(SettingsError, match="YOUJU_ADMIN_PASSWORD"):
        load_settings()
    monkeypatch.setenv("YOUJU_ADMIN_PASSWORD", "")
    assert load_settings().admin_password is None


def test_the_password_stands_in_no_print(served: SmallSite) -> None:
    assert PASSWORD not in repr(served.settings)
