"""A language model through LangChain (its only importer): one deadline, one retry, a breaker, a bound on calls at once."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from index.errors import SettingsError
from index.llm import ModelConfig, Prompt, Schema, estimate_tokens
from index.llm.breaker import Breaker
from index.llm.call import Call
from index.llm.failures import Failure, failure_of
from index.llm.thoughts import AfterThoughts
from index.llm.usage import Meter, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

PROVIDERS = {"openai": "langchain_openai", "ollama": "langchain_ollama", "anthropic": "langchain_anthropic"}
COMPLETION = 512  # tokens that must be left for the completion
GRACE = 0.25  # seconds that a reader waits longer than the call itself, for the reason to arrive

# LangChain sends traces, and model traffic, to its makers' service where the environment says so; here nothing does.
_KEPT_AT_HOME = ("TRACING", "TRACING_V2", "GATEWAY")
# At their debug level these log whole requests, questions included.
_TALKATIVE = ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2")
_starting = Lock()
_loops: list[asyncio.AbstractEventLoop] = []
_log = logging.getLogger(__name__)


def open_model(config: ModelConfig, *, clock: Callable[[], float] = monotonic) -> ChatModel:
    """The model that `config` names. Nothing heavy is imported and nothing connected before the first call.

    Raises `SettingsError` for a name that is not `provider:model`, an unknown provider or one that is not installed.
    """
    provider, _, name = config.name.partition(":")
    if not provider or not name.strip():
        raise SettingsError("YOUJU_LLM 要写成“服务商:模型名”，例如 ollama:qwen3:8b。")
    if provider not in PROVIDERS:
        raise SettingsError(f"YOUJU_LLM 里的服务商“{provider}”不认识，可以用：{'、'.join(PROVIDERS)}。")
    if find_spec("langchain") is None or find_spec(PROVIDERS[provider]) is None:
        raise SettingsError(f"使用语言模型“{config.name}”还缺组件，请先运行 pip install 'youju[{provider}]'。")
    return ChatModel(config, clock)


class ChatModel:
    """A `LanguageModel`. All calls run in one event loop beside the program, so that ending one closes its connection."""

    def __init__(self, config: ModelConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._breaker = Breaker(clock)
        self._meter = Meter(config)
        self._slots = asyncio.Semaphore(config.calls)
        self._opening = Lock()
        self._chat: BaseChatModel | None = None
        self._refuses_schemas = False

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def context(self) -> int:
        return self._config.context

    @property
    def refuses_schemas(self) -> bool:
        """Whether the service has refused to be held to a schema; it is not asked again."""
        return self._refuses_schemas

    @property
    def resting(self) -> bool:
        """Whether the service is left alone at the moment because it failed too often."""
        return self._breaker.open

    def usage(self) -> Usage:
        """What was used since the model was opened."""
        return self._meter.snapshot()

    def open(self) -> BaseChatModel:
        """Import the client and set it up, once (seconds). The first call does it too.

        Raises `ModelError` where the client does not take the settings, a missing key for instance.
        """
        with self._opening:
            try:
                self._chat = self._chat or _open(self._config)
            except Exception as error:
                raise failure_of(error).error() from error
            return self._chat

    def stream(self, prompt: Prompt, *, seconds: float, schema: Schema | None = None) -> Iterator[str]:
        """See `LanguageModel.stream`. The time begins with the first piece asked for."""
        given: SimpleQueue[str | Failure | None] = SimpleQueue()
        ends = monotonic() + seconds + GRACE
        call = asyncio.run_coroutine_threadsafe(self._run(Call(prompt, schema, given.put), seconds), _loop())
        try:
            while (piece := _next(given, ends)) is not None:
                if isinstance(piece, Failure):
                    raise piece.error()
                yield piece
        finally:
            call.cancel()

    async def _run(self, call: Call, seconds: float) -> None:
        """Run one call to its end, and count it however it ends, given up by the reader included."""
        started, failure = monotonic(), None
        try:
            failure = await self._outcome(call, seconds)
            call.give(failure)
        finally:
            reason = failure.reason if failure else None
            self._meter.add(monotonic() - started, call.tokens, estimated=call.estimated, reason=reason)

    async def _outcome(self, call: Call, seconds: float) -> Failure | None:
        if estimate_tokens(call.prompt.system + call.prompt.user) + COMPLETION > self.context:
            return Failure("too_long", own=True)
        if not self._breaker.permits():
            return Failure("resting")
        failure: Failure | None = Failure("busy", own=True)
        try:
            async with asyncio.timeout(seconds) as deadline, self._slots:
                failure = Failure("slow")
                failure = await self._tries(call, deadline.when() or 0)
        except TimeoutError:
            pass
        if failure is None:
            self._breaker.succeeded()
        elif not failure.own and (failure.reason != "slow" or self._gave_nothing(call, seconds)):
            self._breaker.failed()
        return failure

    def _gave_nothing(self, call: Call, seconds: float) -> bool:
        """Whether a call that ran out of time tells against the service: not if it was writing, or had little time."""
        return not call.begun and seconds >= self._config.seconds / 2

    async def _tries(self, call: Call, ends: float) -> Failure | None:
        """Ask, without the schema where it is refused, and once more where that may help and there is time."""
        schema = None if self._refuses_schemas else call.schema
        tried = False
        while True:
            failure = await self._try(call, schema)
            if failure is None:
                self._refuses_schemas |= call.schema is not None and schema is None
                return None
            if schema is not None and failure.own and failure.reason == "refused":
                schema = None
                continue
            now = asyncio.get_running_loop().time()
            if tried or call.begun or failure.again is None or now + failure.again >= ends:
                return failure
            tried = True
            await asyncio.sleep(failure.again)

    async def _try(self, call: Call, schema: Schema | None) -> Failure | None:
        try:
            async for piece in self._pieces(call, schema):
                call.take(piece)
        except Exception as error:
            failure = failure_of(error)
            _log.info("language model: %s (%s)", failure.reason, type(error).__name__)
            return failure
        return call.ending()

    async def _pieces(self, call: Call, schema: Schema | None) -> AsyncIterator[str]:
        chat = await asyncio.to_thread(self.open) if self._chat is None else self._chat
        messages = [("system", call.prompt.system), ("human", call.prompt.user)]
        held = _held_to(schema, self.name.partition(":")[0]) if schema else {}
        # LangChain's stream is an async generator, declared as an iterator.
        chunks = cast("AsyncGenerator[AIMessageChunk, None]", chat.astream(messages, **held))
        thoughts = AfterThoughts()
        async with aclosing(chunks):
            async for chunk in chunks:
                call.see(chunk)
                yield thoughts.keep(str(chunk.text))
                if call.cut_off:
                    break
        yield thoughts.rest()


def _held_to(schema: Schema, provider: str) -> dict[str, Any]:
    """What makes a client hold its model to a schema: OpenAI's form, which the other clients translate into their own."""
    strict = schema.get("additionalProperties") is False  # OpenAI refuses strictness for a schema that is open
    named = {"name": "reply", "schema": dict(schema), "strict": strict}
    form = {"response_format": {"type": "json_schema", "json_schema": named}}
    # OpenAI's client has a parser of its own for it, which takes seconds to import and gives nothing here: pass it by.
    return {"extra_body": form} if provider == "openai" else form


def _next(given: SimpleQueue[str | Failure | None], ends: float) -> str | Failure | None:
    try:
        return given.get(timeout=max(0.0, ends - monotonic()))
    except Empty:
        return Failure("slow")


def _loop() -> asyncio.AbstractEventLoop:
    """The one loop of all models: their clients share connections, which belong to a loop."""
    with _starting:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            Thread(target=_loops[0].run_forever, name="language-model", daemon=True).start()
        return _loops[0]


def _open(config: ModelConfig) -> BaseChatModel:
    os.environ.update({f"{maker}_{name}": "false" for maker in ("LANGSMITH", "LANGCHAIN") for name in _KEPT_AT_HOME})
    from langchain.chat_models import init_chat_model

    provider, _, name = config.name.partition(":")
    options: dict[str, Any] = {"base_url": config.url} if config.url else {}
    if provider == "ollama":
        # Ollama silently drops what is over its own, small context unless it is told a size.
        headers = {"Authorization": f"Bearer {config.key}"} if config.key else {}
        options |= {"num_ctx": config.context, "reasoning": False}
        options |= {"client_kwargs": {"timeout": config.seconds, "headers": headers}}
    else:
        # A server of one's own needs no key, and must not be sent the one that the environment has for a provider.
        key = config.key or ("none" if config.url else None)
        options |= {"max_retries": 0, "timeout": config.seconds} | ({"api_key": key} if key else {})
    if provider == "openai":
        options |= {"stream_usage": True, "use_responses_api": False}
    chat: BaseChatModel = init_chat_model(name, model_provider=provider, temperature=0, **options)
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
    return chat
