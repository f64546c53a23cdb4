"""`ask`, `find` and `show` called by a real assistant's client over a real server; hostile arguments; off by default."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import CallToolResult
from pydantic import AnyUrl

from bot.chat import serve
from bot.pace import BURST
from bot.receipts import save_receipt
from bot.settings import Settings
from bot.shelf import Shelf
from bot.show import Shown
from bot.tools import SHOWN_CAP, ToolError, only_tools, require, told, tools
from index.errors import SettingsError
from tests.browser import free_port
from tests.small_site import SmallSite, small_site

ROUTE = "/gradio_api/mcp/"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"accept": "application/json, text/event-stream"}
DAY = "2026-11-21"
CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SmallSite:
    return small_site(tmp_path_factory.mktemp("site"), mcp=True, burst=0, per_hour=0)


def served(shelf: Shelf) -> Iterator[str]:
    port = free_port()
    demo = serve(shelf, host="127.0.0.1", port=port, keep=partial(save_receipt, shelf))
    yield f"http://127.0.0.1:{port}"
    demo.close()


@pytest.fixture(scope="module")
def address(site: SmallSite) -> Iterator[str]:
    yield from served(site.shelf)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[ClientSession]:
    async with (
        streamablehttp_client(f"{address}{ROUTE}") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


def called(address: str, tool: str, **arguments: Any) -> CallToolResult:
    async def call() -> CallToolResult:
        async with connected(address) as session:
            return await session.call_tool(tool, arguments)

    return asyncio.run(call())


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


def found(address: str, tool: str, **arguments: Any) -> dict[str, Any]:
    result = called(address, tool, **arguments)
    assert not result.isError, text(result)
    value: dict[str, Any] = json.loads(text(result))
    return value


def test_three_tools_are_listed_and_nothing_of_the_page(address: str) -> None:
    async def listed() -> dict[str, Any]:
        async with connected(address) as session:
            return {tool.name: tool for tool in (await session.list_tools()).tools}

    known = asyncio.run(listed())
    assert list(known) == ["ask", "find", "show"]
    assert {name: list(t.inputSchema["properties"]) for name, t in known.items()} == {
        "ask": ["question", "place", "on"],
        "find": ["query", "place", "on"],
        "show": ["document", "section", "on"],
    }
    assert [t.inputSchema["required"] for t in known.values()] == [["question"], ["query"], ["document"]]
    assert "注明出处" in known["ask"].description
    assert "德清县" in known["ask"].inputSchema["properties"]["place"]["description"]


def test_prompts_and_resources_are_neither_announced_nor_given(address: str) -> None:
    async def probed() -> Any:
        async with connected(address) as session:
            for probe in (session.list_prompts(), session.get_prompt("ask"), session.read_resource(AnyUrl("a://b"))):
                with pytest.raises(McpError, match="not found"):
                    await probe
            return session.get_server_capabilities()

    capabilities = asyncio.run(probed())
    assert capabilities.tools is not None
    assert capabilities.prompts is capabilities.resources is None


def test_ask_gives_the_answer_of_the_json_route_with_its_receipt(address: str) -> None:
    given = found(address, "ask", question="学校午休可以收费吗", on=DAY)
    asked = {"q": "学校午休可以收费吗", "on": DAY}
    with httpx.Client(base_url=address) as client:
        receipt = client.get(given.pop("receipt"))
        assert receipt.status_code == 200
        assert given["citations"][0]["quote"].splitlines()[0] in receipt.text
        assert given == client.get("/api/ask", params=asked).json()
        assert client.get(given["citations"][0]["url"]).status_code == 200


def test_ask_without_an_answer_says_so_and_names_no_receipt(address: str) -> None:
    given = found(address, "ask", question="今天天气怎么样")
    assert (given["outcome"], given["receipt"]) == ("out_of_scope", None)


def test_find_gives_sections_with_permalinks(address: str) -> None:
    given = found(address, "find", query="午休 收费", place="浙江省", on=DAY)
    assert given["total"] >= 1
    assert httpx.get(address + given["sections"][0]["url"]).status_code == 200


def test_show_gives_the_whole_section_and_where_it_stands(address: str) -> None:
    (given,) = found(address, "show", document="浙教示〔2026〕21号", section="第五条", on=DAY)["documents"]
    assert "第五条 学校可以收取午休看护服务费" in given["text"]
    path, anchor = given["url"].split("#")
    assert f'id="{anchor}"' in httpx.get(address + path).text


def test_show_says_what_is_not_there(address: str) -> None:
    assert found(address, "show", document="国办发〔1901〕1号") == {
        "documents": [],
        "answer": "文件库里没有这份文件，可能已经删除。",
    }


def test_what_cannot_be_answered_is_an_error_that_says_why(address: str) -> None:
    cases = json.loads((CASES / "tool_calls.json").read_text(encoding="utf8"))
    for case in cases:  # sent as short as a file of cases should be
        case["arguments"] |= {name: case["arguments"][name] * times for name, times in case.get("repeat", {}).items()}

    async def refused() -> list[CallToolResult]:
        async with connected(address) as session:
            return [await session.call_tool(case["tool"], case["arguments"]) for case in cases]

    for case, result in zip(cases, asyncio.run(refused()), strict=True):
        assert result.isError, case
        assert case["sentence"] in text(result)
        assert not any(secret in text(result) for secret in ("Traceback", str(Path.cwd()), ".py"))


def test_html_and_orders_in_a_question_come_back_as_the_same_plain_text_and_nothing_else(address: str) -> None:
    typed = '<script>alert(1)</script><img src="http://x.example/a.png"> 学校午休可以收费吗'
    given = found(address, "ask", question=typed, on=DAY)
    assert given.pop("question") == typed
    assert "<" not in json.dumps(given, ensure_ascii=False)
    assert "x.example" not in json.dumps(given)


def test_a_section_is_cut_where_it_is_longer_than_an_assistant_can_take() -> None:
    article = "第一条 学校可以收费。\n" * 1000
    given = told(Shown("d1", "办法", "浙江省", ("第一章", article), "a1"))
    assert (given["url"], len(given["text"])) == ("/documents/d1#a1", SHOWN_CAP)
    assert given["note"].startswith("原文较长")
    assert "note" not in told(Shown("d1", "办法", "浙江省", ("第一章", "第一条"), "a1"))


def test_only_calls_are_open_of_the_protocols_routes(address: str) -> None:
    assert httpx.post(address + ROUTE, json=CALL, headers=ACCEPT).status_code == 200
    for method in ("GET", "DELETE", "OPTIONS"):
        refused = httpx.request(method, address + ROUTE, headers={"accept": "text/event-stream"})
        assert refused.status_code == 405
        assert refused.headers["allow"] == "POST"
        assert refused.headers["x-content-type-options"] == "nosniff"
    for path in ("schema", "sse", "messages/", "http/", "x"):
        assert httpx.post(f"{address}{ROUTE}{path}", json=CALL, headers=ACCEPT).status_code == 403
        assert httpx.get(f"{address}{ROUTE}{path}").status_code == 403
    assert httpx.post(address + ROUTE, content=b" " * 65_537, headers=ACCEPT).status_code == 413
    for closed in ("/gradio_api/call/ask", "/gradio_api/run/ask", "/gradio_api/info"):
        assert httpx.post(address + closed, json={"data": ["午休"]}).status_code == 403


def test_answers_carry_the_headers(address: str) -> None:
    response = httpx.post(address + ROUTE, json=CALL, headers=ACCEPT)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-frame-options"] == "DENY"


def test_what_fails_inside_is_told_without_its_cause(site: SmallSite) -> None:
    class Broken(Shelf):
        @property
        def answerer(self) -> Any:
            raise RuntimeError("/secret/path")

    ask, *_ = tools(Broken(site.settings))
    with pytest.raises(ToolError, match="没有答成"):
        ask("午休收费吗")


def test_a_missing_package_names_what_to_run() -> None:
    with pytest.raises(SettingsError, match=r"pip install 'youju\[mcp\]'"):
        require("youju_has_no_such_package")
    with pytest.raises(SettingsError, match="没有启动"):
        only_tools(None)


def test_the_tools_are_off_unless_set(site: SmallSite) -> None:
    off = Settings(home=site.settings.home, documents=site.folder)
    for address in served(Shelf(off)):
        for method, path in (("POST", ROUTE), ("POST", "/gradio_api/mcp"), ("GET", ROUTE), ("GET", ROUTE + "sse")):
            refused = httpx.request(method, address + path, headers=ACCEPT)
            assert refused.status_code == 403
            assert refused.json() == {"error": "这个地址没有开放。"}
        assert httpx.get(f"{address}/config").json().get("mcp_server") in (False, None)


def test_calls_too_fast_are_slowed(site: SmallSite) -> None:
    limited = Shelf(site.settings.model_copy(update={"burst": BURST}))
    for address in served(limited):
        with httpx.Client(base_url=address, headers=ACCEPT) as client:
            statuses = [client.post(ROUTE, json=CALL).status_code for _ in range(BURST + 5)]
        assert statuses == [200] * BURST + [429] * 5
