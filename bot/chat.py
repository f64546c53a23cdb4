"""The chat page: Gradio layout and wiring only (the only importer of gradio)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

# Before Gradio is imported: it reports home and looks things up on a hub unless told not to.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.errands import Turns, example_questions, library_list, look_up_sections, reply, welcome
from bot.messages import message
from bot.pages import QUESTION_CAP, routes, styles
from bot.render import fragment, question_html, streamed
from bot.shelf import Shelf
from bot.web import Guard

PAUSE = 0.06  # seconds between two statements of an answer
LOG_KEPT = 40
_FONTS = (
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "system-ui",
    "sans-serif",
)
_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

Log = tuple[dict[str, str], ...]


def text(key: str, **variables: Any) -> str:
    """A text of the page."""
    return message(key, file="page", **variables)


def page(shelf: Shelf) -> gr.Blocks:
    """The Blocks of the whole page over a shelf."""
    demo = gr.Blocks(title="有据", analytics_enabled=False, fill_width=True)
    with demo:
        head = gr.Markdown(welcome(shelf), elem_id="head", container=False)
        demo.load(lambda: welcome(shelf), None, head, **_PRIVATE)  # the library may be newer than the server
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(text("tab_chat"), id="chat"):
                _chat(shelf, head)
            with gr.Tab(text("tab_find"), id="find"):
                _find(shelf)
            with gr.Tab(text("tab_documents"), id="documents") as tab:
                listed = gr.Markdown(elem_id="listed", container=False)
                tab.select(lambda: library_list(shelf), None, listed, **_PRIVATE)
    return demo


def _chat(shelf: Shelf, head: gr.Markdown) -> None:
    """The conversation: log, question box, place and day; examples until the first question."""
    log = gr.Chatbot(
        show_label=False, visible=False, elem_id="log", height="auto", buttons=[], latex_delimiters=[], container=False,
        feedback_options=None, allow_file_downloads=False, layout="bubble", autoscroll=True,
    )  # fmt: skip
    with gr.Column(elem_id="asking"):
        with gr.Row(elem_id="ask-row"):
            box = gr.Textbox(
                show_label=False, label=text("question_label"), placeholder=text("question_placeholder"), container=False,
                max_length=QUESTION_CAP, lines=1, max_lines=5, autofocus=True, elem_id="question", scale=1,
            )  # fmt: skip
            send = gr.Button(text("send"), variant="primary", elem_id="send", scale=0, min_width=88)
        with gr.Row(elem_id="where-row"):
            place = gr.Textbox(
                label=text("place_label"),
                placeholder=text("place_placeholder"),
                max_length=40,
                elem_id="place",
                min_width=120,
            )
            on = gr.Textbox(
                label=text("on_label"), placeholder=text("on_placeholder"), max_length=10, elem_id="on", min_width=120
            )
            # A fresh page is a fresh session: nothing of an answer under way can come into the new conversation.
            restart = gr.Button(
                text("restart"),
                visible=False,
                size="sm",
                elem_id="restart",
                scale=0,
                min_width=80,
                link="/",
                link_target="_self",
            )
    with gr.Column(elem_id="examples") as examples:
        gr.Markdown(text("examples_title"), elem_id="examples-title", container=False)
        with gr.Row(elem_id="example-columns"):
            buttons = [button for group in example_questions(shelf).items() for button in _example_column(*group)]
    shown, turns = gr.State(()), gr.State(())
    outputs = [box, log, shown, turns, examples, restart, head]
    answer = _answering(shelf)
    gr.on([box.submit, send.click], answer, [box, shown, turns, place, on], outputs, **_PRIVATE)
    for button in buttons:
        button.click(answer, [button, shown, turns, place, on], outputs, **_PRIVATE)


def _example_column(visitor: str, questions: list[str]) -> Iterator[gr.Button]:
    with gr.Column(min_width=200, elem_classes="visitor"):
        gr.Markdown(f"**{visitor}**", container=False)
        for question in questions:
            yield gr.Button(question, size="sm", elem_classes="example")


def _answering(shelf: Shelf) -> Callable[..., Iterator[list[Any]]]:
    # The log that the visitor sees is an output only and kept on this side, so that no client can put a file into it.
    def answer(question: str, shown: Log, turns: Turns, place: str, on: str) -> Iterator[list[Any]]:
        if not question.strip():
            yield [gr.skip()] * 7
            return
        asked: Log = (*shown, {"role": "user", "content": question_html(question)})[-LOG_KEPT:]
        yield _state(asked, {"role": "assistant", "content": fragment("thinking.html")}, turns)
        found, turns = reply(shelf, question, turns, place, on)
        for html in streamed(found):
            yield _state(asked, {"role": "assistant", "content": html}, turns)
            time.sleep(PAUSE)

    return answer


def _state(asked: Log, answer: dict[str, str], turns: Turns) -> list[Any]:
    log = (*asked, answer)
    hidden, visible = gr.update(visible=False), gr.update(visible=True)
    return ["", gr.update(value=list(log), visible=True), log, turns, hidden, visible, gr.update(elem_classes="small")]


def _find(shelf: Shelf) -> None:
    """Section look-up for staff."""
    with gr.Row(elem_id="find-row"):
        query = gr.Textbox(
            show_label=False, label=text("find_label"), placeholder=text("find_placeholder"), container=False,
            max_length=QUESTION_CAP, elem_id="query", scale=1,
        )  # fmt: skip
        send = gr.Button(text("find_send"), variant="primary", elem_id="find-send", scale=0, min_width=88)
    found = gr.Markdown(text("find_hint"), elem_id="found", container=False)
    gr.on([query.submit, send.click], lambda q: look_up_sections(shelf, q), query, found, **_PRIVATE)


def theme() -> gr.themes.Base:
    """Paper and ink with one green; system fonts only, since a named web font would be fetched from outside."""
    fonts = [gr.themes.Font(name) for name in _FONTS]
    mono = [gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")]
    green = gr.themes.colors.Color(
        "#f1f7f4", "#dcede5", "#b9dacb", "#8ec2aa", "#5ca484", "#378667", "#246b50", "#1c5641", "#174535", "#12372b", "#0a211a"
    )  # fmt: skip
    base = gr.themes.Base(primary_hue=green, secondary_hue=green, neutral_hue="stone", font=fonts, font_mono=mono)
    return base.set(
        body_background_fill="#fbfaf7",
        body_background_fill_dark="#15181b",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1c2024",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_large_radius="10px",
        button_small_radius="10px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1c2024",
        input_radius="10px",
    )


def _broken(_: Request, __: Exception) -> Response:
    return PlainTextResponse(
        text("failed"), 500, {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'"}
    )


def serve(shelf: Shelf, *, host: str, port: int) -> gr.Blocks:
    """Serve chat, document pages and JSON routes from one app (ADR 8); returns once it is up. Raises OSError for a taken port."""
    demo = page(shelf)
    demo.queue(max_size=40, default_concurrency_limit=4)
    demo.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        show_error=False,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        max_file_size=1,
        theme=theme(),
        css=styles("chat.css"),
        head='<script defer src="/chat.js"></script>',
        app_kwargs={
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
            "routes": routes(shelf),
            "middleware": [Middleware(Guard)],
            "exception_handlers": {Exception: _broken},
        },
    )
    return demo
