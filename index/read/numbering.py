"""Word's automatic paragraph numbers as text: 一、 （一） 1. 第三条. They are not in the file's text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HAN = "〇一二三四五六七八九"


class Numbering:
    """Counts the numbered paragraphs of one document; ask for each paragraph once, in order."""

    def __init__(self, document: Any) -> None:
        """`document` is a python-docx document; one without a numbering part numbers nothing."""
        self._abstract: dict[str, Any] = {}
        self._number: dict[str, Any] = {}
        self._styles = {style.get(W + "styleId"): style for style in document.styles.element.iter(W + "style")}
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()
        part = next(
            (rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None
        )
        if part is not None:
            self._abstract = {node.get(W + "abstractNumId"): node for node in part.element.iter(W + "abstractNum")}
            self._number = {node.get(W + "numId"): node for node in part.element.iterchildren(W + "num")}

    def label(self, paragraph: Any) -> str:
        """The number that Word would print before a paragraph, with its separator; empty for none or a bullet."""
        number_id, level = self._place(paragraph)
        number = self._number.get(number_id or "")
        if number is None:
            return ""
        abstract_id = number.find(W + "abstractNumId").get(W + "val")
        definitions = self._definitions(abstract_id, number)
        if level not in definitions:
            return ""
        self._count(abstract_id, number_id or "", level, definitions, number)
        return self._render(self._counters[abstract_id], level, definitions)

    def _place(self, paragraph: Any) -> tuple[str | None, int]:
        """Number id and level: the paragraph's own, else its style's (and that of the style it is based on)."""
        node = paragraph.find(W + "pPr")
        style_id: str | None = None
        seen: set[str] = set()
        number_id: str | None = None
        level: int | None = None
        while node is not None or style_id:
            if node is not None:
                number_id = number_id or _value(node.find(f"{W}numPr/{W}numId"))
                own = _value(node.find(f"{W}numPr/{W}ilvl"))
                level = int(own) if level is None and own is not None else level
            if number_id is not None:
                break
            style_id = _value(node.find(W + "pStyle")) if not seen and node is not None else style_id
            if not style_id or style_id in seen or style_id not in self._styles:
                break
            seen.add(style_id)
            style = self._styles[style_id]
            node, linked = style.find(W + "pPr"), style_id
            style_id = _value(style.find(W + "basedOn"))
            if node is not None and node.find(f"{W}numPr/{W}numId") is not None and level is None:
                level = self._level_of_style(_value(node.find(f"{W}numPr/{W}numId")) or "", linked)
        return number_id, level or 0

    def _level_of_style(self, number_id: str, style_id: str) -> int | None:
        """A style's level is the one that names the style."""
        number = self._number.get(number_id)
        if number is None:
            return None
        abstract = self._abstract.get(number.find(W + "abstractNumId").get(W + "val"))
        for level in [] if abstract is None else abstract.iter(W + "lvl"):
            if _value(level.find(W + "pStyle")) == style_id:
                return int(level.get(W + "ilvl"))
        return None

    def _definitions(self, abstract_id: str, number: Any) -> dict[int, Any]:
        abstract = self._abstract.get(abstract_id)
        levels = (
            {} if abstract is None else {int(node.get(W + "ilvl")): node for node in abstract.iterchildren(W + "lvl")}
        )
        levels.update({int(node.get(W + "ilvl")): node for node in number.iterfind(f"{W}lvlOverride/{W}lvl")})
        return levels

    def _count(self, abstract_id: str, number_id: str, level: int, definitions: dict[int, Any], number: Any) -> None:
        """Step this level, restart the deeper ones; a number with its own start begins there at its first use."""
        counters = self._counters.setdefault(abstract_id, [None] * 9)
        start = int(_value(definitions[level].find(W + "start")) or 1)
        override = number.find(f'{W}lvlOverride[@{W}ilvl="{level}"]/{W}startOverride')
        if override is not None and (number_id, level) not in self._started:
            counters[level], start = None, int(_value(override) or 1)
        self._started.add((number_id, level))
        current = counters[level]
        counters[level] = start if current is None else current + 1
        for deeper in range(level + 1, 9):
            if deeper in definitions and _value(definitions[deeper].find(W + "lvlRestart")) != "0":
                counters[deeper] = None

    def _render(self, counters: list[int | None], level: int, definitions: dict[int, Any]) -> str:
        definition = definitions[level]
        pattern = _value(definition.find(W + "lvlText")) or ""
        if _value(definition.find(W + "numFmt")) in ("bullet", "none"):
            return ""
        legal = definition.find(W + "isLgl") is not None

        def number(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            shape = _value(definitions[at].find(W + "numFmt")) if at in definitions else "decimal"
            first = int(_value(definitions[at].find(W + "start")) or 1) if at in definitions else 1
            current = counters[at]
            return format_number(first if current is None else current, "decimal" if legal else shape or "decimal")

        text = re.sub(r"%([1-9])", number, pattern).strip()
        spaced = re.search(r"[\w节章条款]$", text) and _value(definition.find(W + "suff")) != "nothing"
        return text + " " if spaced else text


def _value(node: Any) -> str | None:
    return None if node is None else node.get(W + "val")


def format_number(n: int, shape: str) -> str:
    """A number in one of Word's formats (`w:numFmt`); an unknown format gives digits.

    >>> [format_number(12, shape) for shape in ("chineseCounting", "decimalEnclosedCircle", "upperRoman", "decimal")]
    ['十二', '⑫', 'XII', '12']
    """
    for prefix, write in _SHAPES.items():
        if shape.startswith(prefix):
            return write(n)
    return str(n)


def _han(n: int) -> str:
    """Chinese counting numerals as headings use them, 1 to 999; digits beyond."""
    if not 0 < n < 1000:
        return str(n)
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    text = f"{_HAN[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _HAN[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_HAN[ones] if ones else "")


def _roman(n: int) -> str:
    symbols = zip((100, 90, 50, 40, 10, 9, 5, 4, 1), ("C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"), strict=True)
    text = ""
    for value, symbol in symbols:
        text, n = text + symbol * (n // value), n % value
    return text


def _enclosed(first: int) -> Callable[[int], str]:
    """Numerals that Unicode has ready in a circle, in brackets or with a full stop, up to 20."""
    return lambda n: chr(first + n - 1) if 1 <= n <= 20 else str(n)


def _cycle(symbols: str) -> Callable[[int], str]:
    """甲 乙 丙 … and so on from the beginning; letters double at each round."""
    return lambda n: symbols[(n - 1) % len(symbols)] * ((n - 1) // len(symbols) + 1)


# By the beginning of Word's format name; the longer names come first.
_SHAPES: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(
        ("chineseCounting", "japaneseCounting", "taiwaneseCounting", "chineseLegal", "ideographLegal"), _han
    ),
    "ideographDigital": lambda n: "".join(_HAN[int(digit)] for digit in str(n)),
    "ideographTraditional": _cycle("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _cycle("子丑寅卯辰巳午未申酉戌亥"),
    "decimalEnclosedCircle": _enclosed(0x2460),
    "decimalEnclosedParen": _enclosed(0x2474),
    "decimalEnclosedFullstop": _enclosed(0x2488),
    "decimalFullWidth": lambda n: "".join(chr(ord(digit) + 0xFEE0) for digit in str(n)),
    "decimalZero": lambda n: f"{n:02d}",
    "upperLetter": _cycle("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "lowerLetter": _cycle("abcdefghijklmnopqrstuvwxyz"),
    "upperRoman": _roman,
    "lowerRoman": lambda n: _roman(n).lower(),
}
