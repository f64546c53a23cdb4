"""What an exception of a provider's client means: one of a few reasons, and whether to try again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from index.errors import ModelError

# For whoever runs the service; what a reader is told stands in the messages, by the same reasons.
SENTENCES: Mapping[str, str] = {
    "refused": "语言模型服务没有接受请求：请检查服务是否开着，地址（YOUJU_LLM_URL）和模型名（YOUJU_LLM）是否正确。",
    "unauthorised": "语言模型服务不接受现在的密钥，请检查 YOUJU_LLM_KEY。",
    "limited": "语言模型服务限制了请求次数，请稍后再试，或提高该服务的额度。",
    "broken": "语言模型服务内部出错，请稍后再试，或查看该服务的日志。",
    "slow": "语言模型没有在规定的时间内答完，请稍后再试，或放宽 YOUJU_LLM_SECONDS。",
    "cut": "语言模型的回答中途断了，请稍后再试。",
    "unreadable": "语言模型服务返回的内容读不懂，请检查 YOUJU_LLM_URL 是不是模型服务的接口地址。",
    "empty": "语言模型没有写出任何内容，请换一个模型，或稍后再试。",
    "too_long": "给语言模型的内容超过了它的上下文长度，请检查 YOUJU_LLM_CONTEXT 与模型是否一致。",
    "resting": "语言模型接连出错，暂停使用半分钟，之后会自动再试。",
    "busy": "同时使用语言模型的人太多，没有排上，请稍后再试，或调大 YOUJU_LLM_CALLS。",
}
AGAIN = 0.2  # seconds before a connection or a broken service is tried once more

_TOO_LONG = (
    "context length",
    "context_length",
    "context window",
    "maximum context",
    "context size",
    "prompt is too long",
)
_OWN = {400, 413, 422, 501}  # the request, not the service


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call gave nothing. `again`: seconds after which the same may pass, None for never; `own`: the request's fault."""

    reason: str
    again: float | None = None
    own: bool = False

    def error(self) -> ModelError:
        """As the error that the program knows."""
        return ModelError(SENTENCES[self.reason], self.reason)


# Names, because three providers' clients and the HTTP libraries below them share no classes. The first that fits.
_BY_KIND: tuple[tuple[set[str], Failure], ...] = (
    ({"TimeoutException", "TimeoutError", "APITimeoutError", "ModelTimeoutError"}, Failure("slow")),
    ({"RemoteProtocolError", "ReadError", "ConnectionResetError"}, Failure("cut", again=AGAIN)),
    (
        {"ConnectionError", "TransportError", "APIConnectionError", "ModelConnectionError"},
        Failure("refused", again=AGAIN),
    ),
    ({"APIResponseValidationError", "JSONDecodeError", "UnicodeDecodeError"}, Failure("unreadable")),
    ({"APIError", "ResponseError"}, Failure("broken", again=AGAIN)),  # said within the stream, without a status
)


def failure_of(error: Exception) -> Failure:
    """What an exception of a client means."""
    if isinstance(error, ModelError):
        return Failure(error.reason)
    said = str(error).lower()
    kinds = {kind.__name__ for link in _causes(error) for kind in type(link).__mro__}
    if "ContextOverflowError" in kinds or any(words in said for words in _TOO_LONG):
        return Failure("too_long", own=True)
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= 400:
        return _of_status(status, error)
    if "api_key" in said or "authentication" in said:
        return Failure("unauthorised")
    return next((failure for names, failure in _BY_KIND if kinds & names), Failure("unreadable"))


def _of_status(status: int, error: Exception) -> Failure:
    if status in (401, 403):
        return Failure("unauthorised")
    if status == 429:
        return Failure("limited", again=_retry_after(error))
    if status >= 500 and status not in _OWN:
        return Failure("broken", again=_retry_after(error) or AGAIN)
    return Failure("refused", own=status in _OWN)


def _retry_after(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
