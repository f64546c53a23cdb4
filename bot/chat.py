"""The chat page: Gradio layout and wiring only (the only importer of gradio)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from functools import partial, wraps
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

# Before Gradio is imported: it looks things up on a hub unless told not to.
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
from gradio.events import api

from bot import metrics
from bot.dialogue import Conversation, steps, stopped
from bot.errands import Keep, asked_now, keep_nothing, label_of, opened, remembered
from bot.facets import FACETS
from bot.language import LANGUAGES, PATHS, Language, said
from bot.listings import library_list, look_up_sections, searched
from bot.logs import report
from bot.messages import message
from bot.offers import Latest, offers
from bot.opening import Examples, examples, first_screen, frame, welcome
from bot.pages import QUESTION_CAP, routes, styles
from bot.render import Asked, fragment
from bot.serving import Guarded, few_arenas
from bot.shelf import Shelf
from bot.site import broken
from bot.tools import only_tools, require, tools

_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# Gradio keeps 0.2 MB of every page that was ever opened and as much of a conversation, of ten thousand pages unless told otherwise:
# more memory than all the rest. A page that 100 others have been used after begins a new conversation.
SESSIONS = 100
# Answers share one interpreter: more at once make each slower and none sooner. A language model, where it writes, is waited for.
AT_ONCE, WAITING = 2, 5
Updates = dict[Any, Any]
# What Gradio offers and this page does not: each would open a route, ask the outside or show a button of its own.
_UNUSED: dict[str, Any] = dict.fromkeys(
    ("share", "show_error", "run_history", "ssr_mode", "pwa", "enable_monitoring"), False
)


def page(shelf: Shelf, questions: dict[Language, Examples], keep: Keep = keep_nothing) -> gr.Blocks:
    """The Blocks of the whole page over a shelf: one Gradio page a language, each at its own address."""
    demo = gr.Blocks(title="有据", analytics_enabled=False, fill_width=True)
    for language in LANGUAGES:
        with demo if PATHS[language] == "/" else demo.route(language, PATHS[language], show_in_navbar=False):
            _page(demo, _Chat(shelf, language, keep, questions[language]))
    if shelf.settings.mcp:
        with demo:
            for tool in tools(shelf, keep):
                api(tool, queue=False)  # at once: the queue would call over a connection of its own
    return demo


def _page(demo: gr.Blocks, chat: _Chat) -> None:
    shelf, language = chat.shelf, chat.language
    _html(frame(language), "frame")
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab(said("tab_chat", language), id="chat"):
            chat.lay_out()
            chat.wire(demo)
        with gr.Tab(said("tab_find", language), id="find"):
            _find(demo, tabs, shelf, language)
        with gr.Tab(said("tab_documents", language), id="documents") as tab:
            _library(shelf, language, tab)


def _html(value: str, elem_id: str, **options: Any) -> gr.Markdown:
    """A block of our own HTML. Gradio's sanitizer is off because it drops aria- and data- attributes: the templates escape
    everything, and the page's policy runs no script but its own. (gr.HTML would need `unsafe-eval`.)"""
    return gr.Markdown(value, elem_id=elem_id, container=False, sanitize_html=False, latex_delimiters=[], **options)


def _box(name: str, language: Language, elem_id: str, **options: Any) -> gr.Textbox:
    """A text field that says within what belongs into it."""
    label, hint = (said(f"{name}_{part}", language) for part in ("label", "placeholder"))
    return gr.Textbox(label=label, placeholder=hint, show_label=False, container=False, elem_id=elem_id, **options)


class _Chat:
    """The conversation: past turns, the present one, question box, place and day; examples until the first question."""

    def __init__(self, shelf: Shelf, language: Language, keep: Keep, questions: Examples) -> None:
        self.shelf, self.language, self.keep, self.questions = shelf, language, keep, questions

    def lay_out(self) -> None:
        self.head = _html(welcome(self.shelf, self.language), "welcome")
        self.past = _html("", "past")
        self.now = _html("", "now")
        self.offers = _html("", "offers")
        with gr.Column(elem_id="asking"):
            self._question_row()
            self._where_row()
        self.examples = _html(fragment("examples.html", self.language, examples=self.questions), "examples")
        self.conversation = gr.State(Conversation())
        self.latest = gr.State(Latest())
        self.remembered = gr.BrowserState(None, storage_key="youju-where", secret="youju")

    def _question_row(self) -> None:
        text = partial(said, language=self.language)
        with gr.Row(elem_id="ask-row"):
            options = {"max_length": QUESTION_CAP, "lines": 1, "max_lines": 5, "autofocus": True, "scale": 1}
            self.box = _box("question", self.language, "question", **options)
            self.stop = gr.Button(text("stop"), elem_id="stop", scale=0, min_width=72)
            self.send = gr.Button(text("send"), variant="primary", elem_id="send", scale=0, min_width=88)

    def _where_row(self) -> None:
        text = partial(said, language=self.language)
        with gr.Row(elem_id="where-row", elem_classes="fields"):
            # No list of Gradio's: with three thousand places in it, every event would copy them all.
            self.place = gr.Textbox(
                label=text("place_label"), placeholder=text("anywhere"), max_length=40, max_lines=1, elem_id="place", min_width=120,
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
            gr.on([self.box.submit, self.send.click], _safe(self.ask), [self.box, *talk, *where], outputs, **waiting),
            demo.load(_safe(self.open), [self.remembered, self.latest], outputs, **_PRIVATE),
        ]
        # An answer is complete without its offers: the next question does not wait for them, and they leave the processors to it.
        for asked in asking:
            asked.success(_safe(self.offer), talk, self.offers, concurrency_id="offers", concurrency_limit=2, **waiting)
        # First nothing more is to come of the answer, then what there is of it stands.
        stop = self.stop.click(None, cancels=asking, **_PRIVATE)
        stop.then(_safe(stopped), self.conversation, [self.now, self.conversation], **_PRIVATE)
        changed = [self.remembered, self.address]
        gr.on(
            [self.place.input, self.on.input],
            _safe(self.remember),
            where,
            changed,
            trigger_mode="always_last",
            **_PRIVATE,
        )

    def ask(self, question: str, conversation: Conversation, latest: Latest, place: str, on: str) -> Iterator[Updates]:
        if question.strip():
            asked = asked_now(question, place, on, self.language, conversation.asked + 1)
            yield from self._answer(asked, conversation, latest)
        else:
            yield {self.box: ""}

    def open(self, remembered: Any, latest: Latest, request: gr.Request) -> Iterator[Updates]:
        """A page just opened: place and day from its address or the browser's memory; what the address asks is asked."""
        asked = opened(request.query_params, remembered, self.language)
        yield {
            self.head: welcome(self.shelf, self.language),  # the library may be newer than the server
            # Where nothing is known nothing is set: the visitor may be quicker than this.
            self.place: label_of(asked.place, self.language) or gr.skip(),
            self.on: asked.on or gr.skip(),
        }
        if asked.question:
            yield from self._answer(asked, Conversation(), latest)

    def _answer(self, asked: Asked, before: Conversation, latest: Latest) -> Iterator[Updates]:
        latest.number = asked.number
        begun: Updates = {
            self.box: "",
            self.examples: gr.update(visible=False),
            self.head: gr.update(visible=False),
            self.restart: gr.update(visible=True),
            self.past: before.html,
            self.offers: "",
        }
        for step in steps(self.shelf, asked, before, self.keep):
            yield {**begun, self.now: step.html, self.conversation: step.conversation}
            begun = {}

    def offer(self, conversation: Conversation, latest: Latest) -> Any:
        return offers(self.shelf, conversation, latest) or gr.skip()

    def remember(self, place: str, on: str) -> tuple[dict[str, str], str]:
        return remembered(asked_now("", place, on, self.language))


def _find(demo: gr.Blocks, tabs: gr.Tabs, shelf: Shelf, language: Language) -> None:
    """Section look-up for staff, as one types, narrowed by what was found; an address may open it."""
    query = _box("find", language, "query", max_length=QUESTION_CAP)
    with gr.Row(elem_id="filters", elem_classes="fields", visible=False) as row:
        labels = {name: said(f"filter_{name}", language) for name in FACETS}
        filters = [gr.Dropdown([("", "")], label=labels[n], min_width=110, elem_id=f"by-{n}") for n in FACETS]
    # Filters of the address until the words it fills in have been looked up: the browser may do that before it has the filters.
    linked = gr.State(None)
    outputs = [linked, _html(look_up_sections(shelf, "", language).html, "found"), row, *filters]

    def show(words: str, awaited: list[str] | None, *values: str) -> list[Any]:
        chosen = dict(zip(FACETS, values if any(values) else awaited or values, strict=True))
        listed = look_up_sections(shelf, words, language, chosen=chosen)
        updates = [gr.update(choices=listed.choices[n]) if n in listed.choices else gr.skip() for n in FACETS]
        return [None, listed.html, gr.update(visible=bool(listed.choices)), *updates]

    def opened(request: gr.Request) -> list[Any]:
        asked = searched(request.query_params)
        if asked is None:
            return [gr.skip()] * (len(outputs) + 2)
        words, chosen = asked
        values = list(chosen.values())
        _, html, shown, *updates = show(words, None, *values)
        filled = [{**update, "value": value} for update, value in zip(updates, values, strict=True)]
        return [gr.update(selected="find"), words, values if words else None, html, shown, *filled]

    # Not the box's `input`, which Gradio tells of keys alone: neither an input method nor a deletion would be heard.
    events = [query.change, *(f.input for f in filters)]
    gr.on(events, _safe(show), [query, linked, *filters], outputs, trigger_mode="always_last", **_PRIVATE)
    demo.load(_safe(opened), None, [tabs, query, *outputs], **_PRIVATE)


def _library(shelf: Shelf, language: Language, tab: gr.Tab) -> None:
    """The list of documents, filtered as one types."""
    wanted = _box("library", language, "wanted", max_length=100)
    listed = _html("", "listed")

    @_safe
    def show(wanted: str) -> str:
        return library_list(shelf, wanted, language=language)

    tab.select(show, wanted, listed, **_PRIVATE)
    wanted.change(show, wanted, listed, trigger_mode="always_last", **_PRIVATE)


def theme() -> gr.themes.Base:
    """The page's theme, from `theme.toml`."""
    values = tomllib.loads(Path(__file__).with_name("theme.toml").read_text(encoding="utf8"))
    green = gr.themes.colors.Color(*values["green"])
    fonts, mono = ([gr.themes.Font(name) for name in values[key]] for key in ("fonts", "fonts_mono"))
    hues = {"primary_hue": green, "secondary_hue": green, "neutral_hue": values["neutral"]}
    return gr.themes.Base(**hues, font=fonts, font_mono=mono).set(**values["set"])


def _past_proxies(host: str) -> None:
    """Gradio asks its own page whether it is there: not by way of a proxy that the shell names for the outside."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), host, "127.0.0.1", "localhost", "::1")))


def serve(shelf: Shelf, *, host: str, port: int, keep: Keep = keep_nothing) -> gr.Blocks:
    """Serve chat, document pages and JSON routes from one app (ADR 8); returns once it is up. Raises OSError for a taken port."""
    mcp = shelf.settings.mcp
    if mcp:
        require("mcp")
    _past_proxies(host)
    few_arenas()
    questions = examples(shelf)
    demo = page(shelf, questions, keep)
    at_once = shelf.settings.llm_calls if shelf.model else AT_ONCE
    demo.queue(max_size=at_once * (1 + WAITING), default_concurrency_limit=at_once)
    guarded = Guarded(shelf, demo, lambda language: first_screen(shelf, questions[language], language))
    demo.launch(
        server_name=host,
        server_port=port,
        quiet=True,
        prevent_thread_lock=True,
        footer_links=[],
        mcp_server=mcp,
        max_file_size=1,
        state_session_capacity=SESSIONS,
        **_UNUSED,
        theme=theme(),
        css=styles("chat.css"),
        app_kwargs={
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
            "routes": routes(shelf),
            "lifespan": guarded.lifespan,
            "exception_handlers": {Exception: broken},
        },
    )
    if not guarded.stands:
        demo.close()
        raise RuntimeError("the page's server came up without its guard")
    if mcp:
        only_tools(demo.mcp_server_obj)
    return demo


def _safe(handler: Callable[..., Any]) -> Any:
    """An event's handler whose unexpected errors are logged and told by their id; Gradio would print what was asked."""

    def failure(error: Exception) -> gr.Error:
        metrics.failed()
        return gr.Error(message("asking_failed", id=report(error, "an event failed")), print_exception=False)

    @wraps(handler)
    def steps_safely(*args: Any) -> Iterator[Any]:
        try:
            yield from handler(*args)
        except Exception as error:
            raise failure(error) from None

    @wraps(handler)
    def safely(*args: Any) -> Any:
        try:
            return handler(*args)
        except Exception as error:
            raise failure(error) from None

    return steps_safely if isgeneratorfunction(handler) else safely
