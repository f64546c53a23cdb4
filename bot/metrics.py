"""What the service did, as Prometheus metrics on a port of their own (the only importer of prometheus_client)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from bot.records import Answer
    from bot.shelf import Shelf

LOOPBACK = "127.0.0.1"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_REGISTRY = CollectorRegistry()
_requests = Counter(
    "youju_requests", "Requests by route, method and status", ["route", "method", "status"], registry=_REGISTRY
)
_latency = Histogram(
    "youju_request_seconds", "Time of a request until its end", ["route"], buckets=_SECONDS, registry=_REGISTRY
)
_questions = Counter(
    "youju_questions", "Questions by way and outcome; not_found, elsewhere … are abstentions", ["way", "outcome"], registry=_REGISTRY
)  # fmt: skip
_answering = Histogram("youju_question_seconds", "Time of an answer", ["way"], buckets=_SECONDS, registry=_REGISTRY)
_refused = Counter("youju_refused", "Requests refused: too fast, too many waiting", ["why"], registry=_REGISTRY)
_errors = Counter("youju_errors", "Unexpected errors that a visitor was told of", registry=_REGISTRY)
ProcessCollector(registry=_REGISTRY)
disable_created_metrics()  # type: ignore[no-untyped-call]


def requested(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request that is over. `route` is one of a few names, never an address as it was typed."""
    _requests.labels(route, method, str(status)).inc()
    _latency.labels(route).observe(seconds)


def answered(way: str, answer: Answer, began: float) -> None:
    """Count a visitor's question; `way` is page, json or tool, `began` a time of `perf_counter`."""
    _questions.labels(way, answer.outcome.value).inc()
    _answering.labels(way).observe(perf_counter() - began)


def refused(why: str) -> None:
    _refused.labels(why).inc()


def failed() -> None:
    _errors.inc()


class _State(Collector):
    """What is so at this moment: the library served, the questions waiting, the language model's use."""

    def __init__(self, shelf: Shelf, waiting: Callable[[], int]) -> None:
        self._shelf, self._waiting = shelf, waiting

    def collect(self) -> Iterator[Metric]:
        info = self._shelf.answerer.info
        trouble = self._shelf.trouble is not None
        yield GaugeMetricFamily("youju_generation", "Number of the generation that answers", int(info.generation))
        yield GaugeMetricFamily("youju_trouble", "1 where an earlier generation answers for the current one", trouble)
        yield GaugeMetricFamily("youju_documents", "Documents in the library", info.documents)
        yield GaugeMetricFamily("youju_waiting", "Questions at work or waiting", self._waiting())
        if self._shelf.model is not None:
            yield from _model(self._shelf.model)


def _model(model: Any) -> Iterator[Metric]:
    usage = model.usage()
    yield CounterMetricFamily("youju_model_calls", "Calls of the language model", usage.calls)
    yield CounterMetricFamily("youju_model_seconds", "Time of all calls together", usage.seconds)
    tokens = CounterMetricFamily("youju_model_tokens", "Tokens of prompts and of completions", labels=["direction"])
    tokens.add_metric(["in"], usage.tokens_in)
    tokens.add_metric(["out"], usage.tokens_out)
    yield tokens
    failures = CounterMetricFamily("youju_model_failures", "Calls that failed, by reason", labels=["reason"])
    for reason, count in usage.failures.items():
        failures.add_metric([reason], count)
    yield failures
    if usage.cost is not None:
        yield CounterMetricFamily("youju_model_cost", "In the currency of the prices set", usage.cost)
    yield GaugeMetricFamily("youju_model_resting", "1 while a failing model is left alone", model.resting)


def serve_metrics(shelf: Shelf, port: int, waiting: Callable[[], int]) -> Callable[[], None]:
    """Give the metrics at http://127.0.0.1:{port}/metrics, on this machine alone; returns what ends it. Raises OSError."""
    state = _State(shelf, waiting)
    server, thread = start_http_server(port, LOOPBACK, _REGISTRY)
    _REGISTRY.register(state)

    def close() -> None:
        _REGISTRY.unregister(state)
        server.shutdown()
        server.server_close()
        thread.join()

    return close
