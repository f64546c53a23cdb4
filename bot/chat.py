"""The chat page: Gradio layout and wiring only (the only importer of gradio)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

# Before Gradio is imported: it reports home and looks things up on a hub unless told not to.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.errands import (
    Conversation,
    Keep,
    answerable,
    asked_now,
    choice_of,
    example_questions,
    first_screen,
    frame,
    keep_nothing,
    opened,
    place_choices,
    reply,
    stopped,
    welcome,
)
from bot.language import LANGUAGES, PATHS, Language, said
from bot.listings import FACETS, library_list, look_up_sections
from bot.offers import Latest, offers
from bot.pages import QUESTION_CAP, routes, styles
from bot.render import Asked, fragment, streamed, turn_html
from bot.shelf import Shelf
from bot.web import Guard

PAUSE = 0.06  # seconds between two statements of an answer
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
Updates = dict[Any, Any]
Examples = dict[Language, dict[str, list[str]]]


def page(shelf: Shelf, examples: Examples, keep: Keep = keep_nothing) -> gr.Blocks:
    """The Blocks of the whole page over a shelf: one Gradio page a language, each at its own address."""
    demo = gr.Blocks(title="有据", analytics_enabled=False, fill_width=True)
    for language in LANGUAGES:
        with demo if PATHS[language] == "/" else demo.route(language, PATHS[language], show_in_navbar=False):
            _page(demo, _Chat(shelf, language, keep, examples[language]))
    return demo


def _page(demo: gr.Blocks, chat: _Chat) -> None:
    shelf, language = chat.shelf, chat.language
    _html(frame(language), "frame")
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(said("tab_chat", language), id="chat"):
            chat.lay_out()
            chat.wire(demo)
        with gr.Tab(said("tab_find", language), id="find"):
            _find(shelf, language)
        with gr.Tab(said("tab_documents", language), id="documents") as tab:
            _library(shelf, language, tab)


def _html(value: str, elem_id: str, **options: Any) -> gr.Markdown:
    """A block of our own HTML. Gradio's sanitizer is off because it drops aria- and data- attributes: the templates escape
    everything, and the page's policy runs no script but its own. (gr.HTML would need `unsafe-eval`.)"""
    return gr.Markdown(value, elem_id=elem_id, container=False, sanitize_html=False, latex_delimiters=[], **options)


class _Chat:
    """The conversation: past turns, the present one, question box, place and day; examples until the first question."""

    def __init__(self, shelf: Shelf, language: Language, keep: Keep, questions: dict[str, list[str]]) -> None:
        self.shelf, self.language, self.keep, self.questions = shelf, language, keep, questions

    def lay_out(self) -> None:
        self.head = _html(welcome(self.shelf, self.language), "welcome")
        self.past = _html("", "past")
        self.now = _html("", "now")
        self.offers = _html("", "offers")
        with gr.Column(elem_id="asking"):
            self._question_row()
            self._where_row()
        with gr.Column(elem_id="examples") as self.examples:
            _html(f"<h2>{self._said('examples_title')}</h2>", "examples-title")
            with gr.Row(elem_id="example-columns"):
                self.buttons = [b for group in self.questions.items() for b in _example_column(*group)]
        self.conversation = gr.State(Conversation())
        self.latest = gr.State(Latest())
        self.remembered = gr.BrowserState(None, storage_key="youju-where", secret="youju")

    def _question_row(self) -> None:
        text = self._said
        with gr.Row(elem_id="ask-row"):
            self.box = gr.Textbox(
                show_label=False, label=text("question_label"), placeholder=text("question_placeholder"), container=False,
                max_length=QUESTION_CAP, lines=1, max_lines=5, autofocus=True, elem_id="question", scale=1,
            )  # fmt: skip
            self.stop = gr.Button(text("stop"), elem_id="stop", scale=0, min_width=72)
            self.send = gr.Button(text("send"), variant="primary", elem_id="send", scale=0, min_width=88)

    def _where_row(self) -> None:
        text = self._said
        with gr.Row(elem_id="where-row", elem_classes="fields"):
            self.place = gr.Dropdown(
                place_choices(self.shelf, self.language), value="", label=text("place_label"), allow_custom_value=True, elem_id="place", min_width=120,
            )  # fmt: skip
            self.on = gr.Textbox(label=text("on_label"), max_length=10, max_lines=1, elem_id="on", min_width=120)
            self.address = _html("", "address")
            # A fresh page is a fresh session: nothing of an answer under way can come into the new conversation.
            self.restart = gr.Button(
                text("restart"), visible=False, size="sm", elem_id="restart", scale=0, min_width=80,
                link=PATHS[self.language], link_target="_self",
            )  # fmt: skip

    def wire(self, demo: gr.Blocks) -> None:
        """Connect what a visitor does with what is shown."""
        where = [self.place, self.on]
        shown = [self.head, self.past, self.now, self.offers, self.examples, self.restart]
        outputs = [*shown, self.box, *where, self.conversation]
        # A question asked while an answer is still being finished waits for it; otherwise Gradio would drop it.
        waiting = {"trigger_mode": "always_last", **_PRIVATE}
        talk = [self.conversation, self.latest]
        asking = [
            gr.on([self.box.submit, self.send.click], self.ask, [self.box, *talk, *where], outputs, **waiting),
            *(b.click(self.ask, [b, *talk, *where], outputs, **waiting) for b in self.buttons),
            demo.load(self.open, [self.remembered, self.latest], outputs, **_PRIVATE),
        ]
        # An answer is complete without its offers: the next question does not wait for them, and they leave the processors to it.
        for asked in asking:
            asked.success(self.offer, talk, self.offers, concurrency_id="offers", concurrency_limit=2, **waiting)
        # First nothing more is to come of the answer, then what there is of it stands.
        stop = self.stop.click(None, cancels=asking, **_PRIVATE)
        stop.then(stopped, self.conversation, [self.now, self.conversation], **_PRIVATE)
        changed = [self.remembered, self.address]
        gr.on([self.place.input, self.on.input], self.remember, where, changed, trigger_mode="always_last", **_PRIVATE)

    def ask(self, question: str, conversation: Conversation, latest: Latest, place: str, on: str) -> Iterator[Updates]:
        if question.strip():
            yield from self._answer(asked_now(question, place, on, self.language, conversation), conversation, latest)
        else:
            yield {self.box: ""}

    def open(self, remembered: Any, latest: Latest, request: gr.Request) -> Iterator[Updates]:
        """A page just opened: place and day from its address or the browser's memory; what the address asks is asked."""
        asked = opened(request.query_params, remembered, self.language)
        yield {
            self.head: welcome(self.shelf, self.language),  # the library may be newer than the server
            # Where nothing is known nothing is set: the visitor may be quicker than this.
            self.place: choice_of(asked.place) or gr.skip(),
            self.on: asked.on or gr.skip(),
        }
        if asked.question:
            yield from self._answer(asked, Conversation(), latest)

    def _answer(self, asked: Asked, before: Conversation, latest: Latest) -> Iterator[Updates]:
        latest.number = asked.number
        thinking = turn_html(asked, fragment("thinking.html", self.language, asked=asked))
        yield {
            self.box: "",
            self.examples: gr.update(visible=False),
            self.head: gr.update(visible=False),
            self.restart: gr.update(visible=True),
            self.past: before.html,
            self.now: thinking,
            self.offers: "",
            self.conversation: before.with_turn(thinking),
        }
        found = reply(self.shelf, asked, before.turns, self.keep)
        *growing, complete = streamed(found.answer, asked, found.receipt_id)
        for html in growing:
            yield {self.now: html, self.conversation: before.with_turn(html)}
            time.sleep(PAUSE)
        yield {self.now: complete, self.conversation: before.with_reply(complete, asked, found)}

    def offer(self, conversation: Conversation, latest: Latest) -> Any:
        return offers(self.shelf, conversation, latest) or gr.skip()

    def remember(self, place: str, on: str) -> Updates:
        asked = asked_now("", place, on, self.language)
        return {
            self.remembered: {"place": asked.place, "on": asked.on},
            self.address: fragment("address.html", self.language, asked=asked),
        }

    def _said(self, key: str) -> str:
        return said(key, self.language)


def _example_column(visitor: str, questions: list[str]) -> Iterator[gr.Button]:
    with gr.Column(min_width=200, elem_classes="visitor"):
        gr.Markdown(f"### {visitor}", container=False)
        for question in questions:
            yield gr.Button(question, size="sm", elem_classes="example")


def _find(shelf: Shelf, language: Language) -> None:
    """Section look-up for staff, as one types, narrowed by what was found."""
    query = gr.Textbox(
        show_label=False, label=said("find_label", language), placeholder=said("find_placeholder", language), container=False,
        max_length=QUESTION_CAP, elem_id="query",
    )  # fmt: skip
    with gr.Row(elem_id="filters", elem_classes="fields", visible=False) as row:
        filters = [
            gr.Dropdown(
                [("", "")], value="", label=said(f"filter_{name}", language), min_width=110, elem_id=f"by-{name}"
            )
            for name in FACETS
        ]
    shown = _html(look_up_sections(shelf, "", language).html, "found")

    def show(words: str, *values: str) -> list[Any]:
        chosen = dict(zip(FACETS, values, strict=True))
        listed = look_up_sections(shelf, words, language, chosen=chosen)
        updates = [gr.update(choices=listed.choices[n]) if n in listed.choices else gr.skip() for n in FACETS]
        return [listed.html, gr.update(visible=bool(listed.choices)), *updates]

    # Not the box's `input`, which Gradio tells of keys alone: neither an input method nor a deletion would be heard.
    events = [query.change, *(f.input for f in filters)]
    gr.on(events, show, [query, *filters], [shown, row, *filters], trigger_mode="always_last", **_PRIVATE)


def _library(shelf: Shelf, language: Language, tab: gr.Tab) -> None:
    """The list of documents, filtered as one types."""
    wanted = gr.Textbox(
        show_label=False, label=said("library_label", language), placeholder=said("library_placeholder", language),
        container=False, max_length=100, elem_id="wanted",
    )  # fmt: skip
    listed = _html("", "listed")

    def show(words: str) -> str:
        return library_list(shelf, words, language)

    tab.select(show, wanted, listed, **_PRIVATE)
    wanted.change(show, wanted, listed, trigger_mode="always_last", **_PRIVATE)


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
        said("failed"), 500, {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'"}
    )


def serve(shelf: Shelf, *, host: str, port: int, keep: Keep = keep_nothing) -> gr.Blocks:
    """Serve chat, document pages and JSON routes from one app (ADR 8); returns once it is up. Raises OSError for a taken port."""
    answers = answerable(shelf)
    examples: Examples = {language: example_questions(answers, language) for language in LANGUAGES}
    demo = page(shelf, examples, keep)
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
        app_kwargs={
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
            "routes": routes(shelf),
            "middleware": [Middleware(Guard, first=lambda language: first_screen(shelf, examples[language], language))],
            "exception_handlers": {Exception: _broken},
        },
    )
    return demo
