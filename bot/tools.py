"""`ask`, `find` and `show` for other assistants (MCP): what the JSON routes give, as text; what went wrong as a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from time import perf_counter
from typing import Any, ParamSpec

from bot import metrics
from bot.errands import Keep, keep_nothing
from bot.facets import Filters
from bot.logs import report
from bot.messages import message
from bot.pages import QUESTION_CAP, BadInput, answer_json, day, found_json, place_of_visitor
from bot.shelf import Shelf
from bot.show import Shown
from index.errors import SettingsError, YoujuError
from index.tokens import visible

SHOWN_CAP = 8_000  # characters of one document's sections
_SHORT_CAP = 100  # characters of a place or a day
_P = ParamSpec("_P")


class ToolError(Exception):
    """A call that cannot be answered; the message is the Chinese sentence for the assistant."""


def tools(shelf: Shelf, keep: Keep = keep_nothing) -> tuple[Callable[..., str], ...]:
    """The tools over a shelf. Their docstrings are what assistants read; they raise `ToolError` alone."""

    @_safe
    def ask(question: str, place: str = "", on: str = "") -> str:
        """用文件库里的教育政策原文回答问题，每句话注明出处；文件库里没有的，会说没有。返回 JSON：answer 是回答，citations 是引文及出处，url 和 receipt 是相对于本服务的链接。转述时请保留出处、地方和效力。

        Args:
            question: 用平常的话写的问题，不超过 500 字，例如“班主任津贴每月多少”
            place: 提问的人在哪里，例如“德清县”；不限地方就留空
            on: 按哪天有效，例如“2026-11-21”；今天就留空
        """
        answerer = shelf.answerer
        where = place_of_visitor(_short(place, "place"), answerer.places)
        when = day(_short(on, "on"))
        began = perf_counter()
        answer = answerer.ask(_asked(question, "question"), place=where, on=when)
        metrics.answered("tool", answer, began)
        kept = keep(answer, where.full_name if where else "", on.strip())
        return _json(answer_json(answer) | {"receipt": f"/a/{kept}" if kept else None})

    @_safe
    def find(query: str, place: str = "", on: str = "") -> str:
        """按文号、条号、标题词、责任单位、地方、年份查条款，返回 JSON：sections 是各条的开头、出处和相对于本服务的链接，最合适的在前。

        Args:
            query: 要查的词，可以并用，不超过 500 字，例如“晋教〔2021〕5号 责任单位 财政局”
            place: 只要这个地方的文件，例如“三台县”；不限就留空
            on: 按哪天有效，例如“2026-11-21”；今天就留空
        """
        words, where, when = _asked(query, "query"), _short(place, "place"), day(_short(on, "on"))
        return _json(found_json(words, shelf.finder.search(words, Filters(where), on=when)))

    @_safe
    def show(document: str, section: str = "", on: str = "") -> str:
        """给出一份文件里一条的全部原文，不写条号就给出目录。返回 JSON：text 是原文，url 是相对于本服务的链接。

        Args:
            document: 文号或标题，例如“浙教示〔2026〕21号”
            section: 条号、款项或标题词，例如“第六条第二款”；要目录就留空
            on: 按哪天有效，例如“2026-11-21”；今天就留空
        """
        named, part, when = _asked(document, "document"), _short(section, "section"), day(_short(on, "on"))
        found = [told(s) for s in shelf.finder.shown(named, part, on=when)]
        return _json({"documents": found} if found else {"documents": [], "answer": message("no_document")})

    return ask, find, show


def require(package: str) -> None:
    """Raises `SettingsError`, with what to run, where the package that speaks the protocol is not installed."""
    if find_spec(package) is None:
        raise SettingsError(message("missing", file="tools"))


def only_tools(server: Any) -> None:
    """Leave Gradio's MCP server its tools alone: the way it gives prompts would call one of them as if it were a visitor."""
    if server is None:
        raise SettingsError(message("broken", file="tools"))
    from mcp import types

    asked = (types.PingRequest, types.ListToolsRequest, types.CallToolRequest)
    handlers = server.mcp_server.request_handlers
    server.mcp_server.request_handlers = {kind: handlers[kind] for kind in asked}


def _safe(tool: Callable[_P, str]) -> Callable[_P, str]:
    """A tool whose every failure is a sentence; as in the chat, an error is logged by its kind and its id, never what was asked."""

    @wraps(tool)
    def safe(*args: _P.args, **kwargs: _P.kwargs) -> str:
        try:
            return tool(*args, **kwargs)
        except BadInput as error:
            raise ToolError(str(error)) from None
        except YoujuError as error:
            raise ToolError(message("unavailable", reason=error)) from None
        except Exception as error:
            metrics.failed()
            raise ToolError(message("asking_failed", id=report(error, "a tool failed"))) from None

    return safe


def _asked(written: str, name: str) -> str:
    words = _within(written, name, QUESTION_CAP)
    if not words:
        raise BadInput(message("empty", file="tools", name=name))
    return words


def _short(written: str, name: str) -> str:
    return _within(written, name, _SHORT_CAP)


def _within(written: str, name: str, limit: int) -> str:
    if len(written) > limit:
        raise BadInput(message("too_long", file="tools", name=name, limit=limit))
    return visible(written).strip()


def told(found: Shown) -> dict[str, str]:
    """One document's sections, no longer than an assistant can take in."""
    text = "\n".join(found.lines)
    cut = {"note": message("cut", file="tools", limit=SHOWN_CAP)} if len(text) > SHOWN_CAP else {}
    url = f"/documents/{found.document_id}" + (f"#{found.anchor}" if found.anchor else "")
    return {"document": found.title, "about": found.about, "url": url, "text": text[:SHOWN_CAP], **cut}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
