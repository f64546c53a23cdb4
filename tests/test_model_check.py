from __future__ import annotations

import pytest

from bot.model_check import check_lines, check_model
from index.errors import ModelError
from index.llm import ModelConfig
from index.llm.client import open_model
from tests.model_server import Fault, Good, served


def test_a_model_that_can_do_everything() -> None:
    with served(Good()) as url:
        config = ModelConfig("openai:scripted", url, context=4096, price_in=1.0, price_out=2.0)
        check = check_model(open_model(config), seconds=5)
    assert check.streams
    assert check.structured
    assert check.counted
    assert 0 < check.first <= check.total < 5
    assert min(check.tokens) > 0
    assert check.cost == pytest.approx((check.tokens[0] + 2 * check.tokens[1]) / 1_000_000)
    said = "\n".join(check_lines(check))
    assert "语言模型“openai:scripted”可以使用。" in said
    assert "4096 token" in said
    assert "由服务端统计" in said
    assert "费用" in said
    assert "不支持" not in said


def test_a_model_that_can_do_little() -> None:
    with served(Good(), Fault.NO_SCHEMA, counts=False) as url:
        check = check_model(open_model(ModelConfig("openai:scripted", url)), seconds=5)
    assert (check.structured, check.counted, check.cost) == (False, False, None)
    said = "\n".join(check_lines(check))
    assert "按格式返回（JSON Schema）：不支持" in said
    assert "按字数估计" in said


@pytest.mark.parametrize(("fault", "reason"), [(Fault.UNAUTHORISED, "unauthorised"), (Fault.EMPTY, "empty")])
def test_a_model_that_fails_says_why(fault: Fault, reason: str) -> None:
    with served(Good(), fault) as url, pytest.raises(ModelError) as caught:
        check_model(open_model(ModelConfig("openai:scripted", url)), seconds=5)
    assert caught.value.reason == reason
