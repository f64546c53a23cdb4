"""The heading grammar of Chinese policy documents and laws: what one line begins.

| line                                  | kind    | rank                                                             |
|---------------------------------------|---------|------------------------------------------------------------------|
| 附件1 · 第一编                        | part    | 0                                                                |
| 第一章 · 第一节 · 第一条              | chapter, section, article | 1, 2, 3                                        |
| ## 标题                               | h1 … h3 | above 一、 so that numbered headings nest under it               |
| 一、 · 【内容三】                     | h1      | 4                                                                |
| （一）                                | h2      | 5                                                                |
| 专栏3                                 | box     | between （一） and 1.: its own items nest under it               |
| 1. · 1、 · 问：                       | h3      | 6                                                                |
| （1） · ①                             | h4      | 7, 8; without a title of its own it is no heading                |
| ——title。body                         | dash    | 9; without a title of its own it is no heading                   |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from index.records import ArticleKind

Style = Literal["own-line", "run-in", "plain-item"]

# Measured on five real pages: headings that run into their text have at most 24 characters, other first sentences 33.
RUN_IN = 30
OWN_LINE = 60
LABEL = 12

_NUMERAL = "[一二三四五六七八九十百零〇两]"
_ORDINAL = rf"(?:{_NUMERAL}+|\d+)"
_MARKUP = re.compile(r"(#{1,6})\s*")
_LEGAL: tuple[tuple[ArticleKind, float, re.Pattern[str]], ...] = (
    ("part", 0.5, re.compile(rf"第\s*{_ORDINAL}\s*(?:编|分编|部分)(?=[\s：:]|$)")),
    ("chapter", 1, re.compile(rf"第\s*{_ORDINAL}\s*章(?![节条程])")),
    ("section", 2, re.compile(rf"第\s*{_ORDINAL}\s*节(?![日目课假])")),
)
_ARTICLE = re.compile(rf"第\s*({_ORDINAL})\s*条(?:之{_NUMERAL}+)?(?=(.?))")
_CITED = "第规所和与及或、至到的中款项，。"  # after a 条 that is only cited
_ARTICLE_TITLE = re.compile(r"\s*(?:【([^】]{2,20})】|[（(]([^）)，。；]{2,20})[）)](?=\s|$))")
_NUMBERED: tuple[tuple[ArticleKind, float, re.Pattern[str]], ...] = (
    ("h1", 4, re.compile(rf"{_NUMERAL}{{1,3}}\s*[、．.]")),
    ("h1", 4, re.compile(rf"【[^】\d]{{0,6}}{_ORDINAL}】")),
    ("h2", 5, re.compile(rf"[（(]\s*{_NUMERAL}{{1,3}}\s*[）)]、?")),
    ("h3", 6, re.compile(r"(?:问题?\s*\d*|Q\d*)\s*[：:]")),
    ("h3", 6, re.compile(r"\d{1,3}\s*(?:[．.](?!\d)|、)")),
    ("h4", 7, re.compile(r"[（(]\s*\d{1,2}\s*[）)]")),
    ("h4", 8, re.compile(r"[①-⑳]")),
    ("dash", 9, re.compile(r"——(?!—)")),
)
_BOX = re.compile(rf"专栏\s*{_ORDINAL}")
_ANNEX = re.compile(rf"附\s*[件录]\s*(?:{_ORDINAL})?(?=\s*[：:]?\s*$)")
_NAMED_ANNEX = re.compile(rf"附\s*[件录]\s*{_ORDINAL}\s*[：:\s]\s*(?=\S)")
_SENTENCE_END = re.compile(r"[。！？!?；;]")
_RESPONSIBLE_ONLY = re.compile(r"[”’」』）)】》]*\s*(?:[（(][^（）()]*[：:].*[）)])?\s*")
_LABEL = re.compile(rf"[^，。、；：:！？,;（）()]{{2,{LABEL}}}[：:](?=.{{10}})")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a line begins: `body` is where in the line the text after the heading starts (its length when on its own)."""

    kind: ArticleKind
    rank: float
    number: str
    heading: str
    body: int
    style: Style = "own-line"

    @property
    def label(self) -> str:
        """The step in a heading path: `第三章 教师`, `5.优化绩效管理机制`."""
        gap = (
            " "
            if self.number and self.heading and self.kind in ("part", "chapter", "section", "article", "box", "table")
            else ""
        )
        return f"{self.number}{gap}{self.heading}"


def read_heading(line: str, last_article: int = 0) -> Heading | None:
    """The heading a line begins with, or None. `last_article` is the number of the 条 before it, 0 for none.

    >>> read_heading("1.优化绩效管理机制。落实方案。充分发挥作用。").heading
    '优化绩效管理机制'
    >>> read_heading("（一）启动准备阶段").label, read_heading("第三章　教 师").label
    ('（一）启动准备阶段', '第三章 教师')
    >>> read_heading("第一，要加强领导。") is None
    True
    """
    marked = _MARKUP.match(line)
    at = marked.end() if marked else 0
    text = line[at:]
    found = _legal(text) or _article(text, last_article) or _annex(text) or _box(text) or _numbered(text)
    if found:
        return Heading(found.kind, found.rank, found.number, found.heading, at + found.body, found.style)
    if marked and text:
        depth = len(marked[1])
        kind: ArticleKind = "part" if depth == 1 else ("h1", "h2", "h3", "h3", "h3")[depth - 2]
        return Heading(kind, 0.4 if depth == 1 else 3 + depth / 10, "", text.strip(), len(line))
    return None


def numeral(text: str) -> int:
    """A Chinese or Arabic ordinal as a number; 0 for anything else.

    >>> numeral("三十八"), numeral("12"), numeral("（十）"), numeral("一百零五")
    (38, 12, 10, 105)
    """
    if digits := re.search(r"\d+", text):
        return int(digits[0])
    total = current = 0
    for char in re.sub(r"[^一二三四五六七八九十百]", "", text):
        if char in "十百":
            total += (current or 1) * (10 if char == "十" else 100)
            current = 0
        else:
            current = "一二三四五六七八九".index(char) + 1
    return total + current


def _legal(text: str) -> Heading | None:
    for kind, rank, pattern in _LEGAL:
        match = pattern.match(text)
        title = text[match.end() :].strip(" \u3000：:") if match else ""
        if match and len(title) <= RUN_IN and not re.search("[，。；]", title):
            return Heading(kind, rank, _tight(match[0]), _tight(title), len(text))
    return None


def _article(text: str, last: int) -> Heading | None:
    """`第X条`, set off by a blank or a bracket, or glued where the numbering goes on."""
    match = _ARTICLE.match(text)
    if not match:
        return None
    follows = numeral(match[1]) in (1, last + 1) and match[2] not in _CITED
    if match[2].strip(" \u3000\t（【(") and not follows:
        return None
    title = _ARTICLE_TITLE.match(text, match.end())
    at = title.end() if title else match.end()
    named = (title[1] or title[2]) if title else ""
    return Heading("article", 3, _tight(match[0]), named, at + len(text[at:]) - len(text[at:].lstrip()), "run-in")


def _annex(text: str) -> Heading | None:
    if match := _ANNEX.match(text):
        return Heading("part", 0, _tight(match[0]), "", len(text))
    match = _NAMED_ANNEX.match(text)
    if match and len(text) <= OWN_LINE and not _SENTENCE_END.search(text):
        return Heading("part", 0, _tight(match[0]).rstrip("：:"), text[match.end() :].strip(), len(text), "run-in")
    return None


def _box(text: str) -> Heading | None:
    match = _BOX.match(text)
    title = text[match.end() :].strip(" \u3000：:") if match else ""
    if match and len(title) <= RUN_IN and not _SENTENCE_END.search(title):
        return Heading("box", 5.5, _tight(match[0]), title, len(text))
    return None


def _numbered(text: str) -> Heading | None:
    for kind, rank, pattern in _NUMBERED:
        if match := pattern.match(text):
            number, rest = _tight(match[0]), text[match.end() :]
            title, length, style = _title(rest)
            if not rest.strip() or (rank > 6 and not title):
                return None
            blank = len(rest) - len(rest.lstrip())
            return Heading(kind, rank, number, title, match.end() + (length or blank), style)
    return None


def _title(rest: str) -> tuple[str, int, Style]:
    """The title after a number, how many characters it takes with its full stop, and how it stands.

    A line without a sentence end is a title; so is a short first sentence, or a short label with a colon, when more
    text follows. A single sentence is text, and so is a first sentence of ordinary length.
    """
    stop = _SENTENCE_END.search(rest)
    if stop is None or (rest[stop.start()] in "？?" and stop.end() == len(rest)):
        if len(rest) <= OWN_LINE and rest[-1:] not in "，、,":
            return _clean(rest), len(rest), "own-line"
    elif rest[stop.start()] in "。？?" and len(rest[: stop.start()].strip()) <= RUN_IN:
        tail = _RESPONSIBLE_ONLY.match(rest, stop.end())
        if tail is not None and tail.end() < len(rest):
            return _clean(rest[: stop.end()].rstrip("。")), stop.end(), "run-in"
    if label := _LABEL.match(rest):
        return _clean(label[0]), label.end(), "run-in"
    return "", 0, "plain-item"


def _clean(title: str) -> str:
    """A title without its colon, and without a bracket whose content was lost."""
    title = title.strip().strip("：:")
    return re.sub(r"[（(]□*$", "", title).strip()


def _tight(text: str) -> str:
    """Without the blanks that spread short titles: `总 则`."""
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])|^\s+|\s+$", "", text)
