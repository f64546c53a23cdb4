"""Fold and cut Chinese text into search terms: one function for documents and for questions, so that both sides agree."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import chain
from operator import add

from index.repair.blanks import INVISIBLE
from index.repair.script import settled, simplified

_LATIN = "\xff"  # the last character that keeps a blank beside it
# The marks of official texts and what NFKC makes of them.
_MARKS = {
    "，": ",",
    "；": ";",
    "：": ":",
    "（": "(",
    "）": ")",
    "！": "!",
    "？": "?",
    "％": "%",
    "\u3000": " ",
    "…": "...",
}
_KEPT_MARKS = "。、《》〈〉“”‘’〔〕【】「」—·〇"
_TERM = re.compile(r"[\u3400-\u9fff〇]+|[a-z]+|\d+(?:[.:]\d+)*")
_HAN = re.compile(r"[\u3400-\u9fff〇]")


def fold(text: str) -> str:
    """NFKC, lower case, simplified; white space between Han dropped, other white space one blank.

    >>> fold("學校　Ｗｉ－Ｆｉ  ６：４")
    '学校 wi-fi 6:4'
    """
    if _plain().fullmatch(text):
        for mark, narrow in _MARKS.items():
            text = text.replace(mark, narrow)
    else:
        text = simplified(unicodedata.normalize("NFKC", text).lower())
    folded = ""
    for part in text.split():
        folded += f" {part}" if folded and (folded[-1] <= _LATIN or part[0] <= _LATIN) else part
    return folded


def visible(text: str) -> str:
    """Without characters that are not seen (zero-width, direction marks, variation selectors, tags), which hide words from
    readers and rules, and without halves of characters, which cannot be written.

    >>> visible("补\\u200b助\\u202e\\U000e0041\\ud800，2\\u00a0000元")
    '补助，2\\xa0000元'
    """
    if text.isascii():
        return text
    return "".join(c for c in INVISIBLE.sub("", text) if unicodedata.category(c) not in ("Cf", "Cs"))


@cache
def _plain() -> re.Pattern[str]:
    """Texts in which only `_MARKS` change, nearly all there are: normalising and converting take ten times as long."""
    marks = re.escape("".join(_MARKS) + _KEPT_MARKS)
    return re.compile(rf"[{settled()}{marks}\n !-@\[-~]*")


def grams(text: str) -> list[str]:
    """Character uni- and bigrams of Han runs, Latin words and figures whole, in text order.

    >>> grams("班主任400元")
    ['班', '班主', '主', '主任', '任', '400', '元']
    """
    terms: list[str] = []
    for run in _TERM.findall(fold(text)):
        if _HAN.match(run):
            terms += chain.from_iterable(zip(run, map(add, run, run[1:]), strict=False))
            terms.append(run[-1])
        else:
            terms.append(run)
    return terms
