"""What a model's wording of a text says more than the text: figures, places, years, titles of documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from bot.cues import table
from bot.figures import figures_in
from bot.notations import number, plain
from bot.references import years
from index.places import place_spans, places_in
from index.records import Place
from index.tokens import fold

_TITLE = re.compile(r"《([^《》]{2,60})》")
_ARABIC = r"(?:(?<![\d.,])\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_HAN_NUMERAL = re.compile("(?!百分之|[万千]分之)[一二三四五六七八九十百千万亿两〇零]+")
_NUMERAL = re.compile(rf"(?:{_ARABIC}[十百千万亿]*)+|{_HAN_NUMERAL.pattern}")
_ONE = Decimal(1)  # 一 stands in nearly every sentence and mostly counts nothing


def adds(text: str, source: str, known: Sequence[Place] = ()) -> bool:
    """Whether a Chinese text names a figure, a place, a year or a document that its source does not.

    >>> adds("随迁子女入学一般规定", "外地孩子上学"), adds("德清县的补贴", "补贴"), adds("补贴400元", "补贴多少")
    (False, True, True)
    """
    new, old = fold(text), fold(source)
    figures = numbers(new, known).keys() - numbers(old, known).keys() - {_ONE}
    places = set(places_in(new, known)) - set(places_in(old, known))
    stated = set(years(new, date.today())) - set(years(old, date.today()))
    titles = [t for t in _TITLE.findall(new) if t not in old]
    return bool(figures or places or stated or titles)


def numbers(text: str, known: Sequence[Place] = ()) -> Counter[Decimal]:
    """The numbers that the figures of a Chinese text are written with: 1.2万元 has a 12000, 三年 a 3, 三台县 none.

    >>> sorted(map(int, numbers("统一从2024年5月起,三年共1.2万元")))
    [3, 5, 2024, 12000]
    """
    for a, b, _ in place_spans(text, known):
        text = text[:a] + " " * (b - a) + text[b:]
    spans = {figure.span for figure in figures_in(text)}
    words = (word for a, b in spans for word in _NUMERAL.findall(plain(text[a:b])))
    return Counter(abs(number(word)) for word in words)


def same_numbers(text: str, chinese: str) -> bool:
    """Whether a translation into Chinese has the figures of a text in Latin digits, as often; those in words it may have.

    >>> same_numbers("Is it 2,000 yuan for three years?", "三年2000元吗"), same_numbers("How much?", "每月400元吗")
    (True, False)
    """
    written, there = _written(text), numbers(chinese)
    rest = there - written
    return not written - there and rest.keys() - {_ONE} <= _in_words(text, "numbers", "more_numbers")


def foreign_figures(translation: str, chinese: str) -> bool:
    """Whether a translation of a Chinese text has a figure that does not stand in it, in Latin digits or English words.

    >>> foreign_figures("400 yuan for three years", "三年共400元"), foreign_figures("500 yuan", "400元")
    (False, True)
    """
    stated = {number(word) for word in _NUMERAL.findall(plain(chinese))}
    stated |= {Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", plain(chinese))}
    stated |= {f.value for f in figures_in(chinese) if isinstance(f.value, Decimal)}  # 六成 is 60 %
    return not set(_written(translation)) | _in_words(translation, "numbers") <= stated


def _written(text: str) -> Counter[Decimal]:
    """The figures of a text in Latin digits; 2 million is one."""
    found: Counter[Decimal] = Counter()
    for written, scale in _scaled().findall(fold(text)):
        found[Decimal(written.replace(",", "")) * table("english")["scales"].get(scale, 1)] += 1
    return found


def _in_words(text: str, *glossaries: str) -> set[Decimal]:
    words = re.findall("[a-z]+", fold(text))
    return {Decimal(table("english")[g][w]) for g in glossaries for w in words if w in table("english")[g]}


@cache
def _scaled() -> re.Pattern[str]:
    return re.compile(rf"({_ARABIC})(?:[ -]?({'|'.join(table('english')['scales'])})\b)?")
