from __future__ import annotations

import pytest

from bot.lexicon import load_lexicon
from bot.typos import Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(load_lexicon().terms)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("想当圆长要啥文凭", "想当园长要啥文凭"),
        ("义务教肓法第十二条", "义务教育法第十二条"),
        ("班主任津帖多少", "班主任津贴多少"),
    ],
)
def test_typos_by_sound_and_shape(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "right",
    [
        "外地打工的孩子上学",
        "老师的补贴什么时候发",
        "学校食堂谁陪餐",
        "娃七岁了能上一年级不",
        "晋教〔2021〕5号",
        "how many",
        "",
        "在第几条写着",
    ],
)
def test_words_that_are_right_stay(speller: Speller, right: str) -> None:
    assert speller.correct(right) == right
