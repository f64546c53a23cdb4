"""文号: a library's document numbers found in a text, in any bracket style, in part, or while they are being typed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bot.references import to_number
from index.places import short_name
from index.records import PolicyDocument
from index.tokens import fold

_NUMERAL = "一二三四五六七八九十百〇零0-9"
_OPEN, _CLOSE = r"[\[〔【(（「『〈《<{]", r"[\]〕】)）」』〉》>}]"
_YEAR = r"(?:19|20)\d{2}|[一二][〇零九][〇零一二三四五六七八九]{2}"
_MENTION = re.compile(
    rf"(?P<body>[\u4e00-\u9fff]{{1,12}}?)\s*字?\s*{_OPEN}?\s*(?:(?P<year>{_YEAR})\s*{_CLOSE}?\s*年?的?\s*)?"
    rf"第?\s*(?P<number>\d{{1,4}}|[{_NUMERAL}]{{1,6}})\s*号(?!线|楼|院|店|门|房|考)"
)
_BEGUN = re.compile(
    rf"(?P<body>[\u4e00-\u9fff]{{2,12}}?)\s*字?\s*第?(?P<open>{_OPEN})?\s*(?P<year>\d{{0,4}})\s*{_CLOSE}?\s*第?\s*"
    r"(?P<number>\d{0,4})\s*号?"
)
_OWN = re.compile(r"(?P<body>[\u4e00-\u9fff]{1,12})〔(?P<year>\d{4})〕(?P<number>\d+)号")
_ORDER = re.compile(rf"(国务院|主席|教育部|[\u4e00-\u9fff]{{2,8}}政府)?令第?(\d+|[{_NUMERAL}]+)号")
_FRONT = 600  # characters in which a document states its own order
_LEAST_PART, _LEAST_CALLER = 2, 3  # letters of a 文号 (教体示14号), of an issuer (教育厅2022年5号), that name it
_LEAD = "查看找请按照据与和及对的在问是发"  # what may stand before it in a question
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text gives a 文号, `written` as 教基 2020 7; `documents` is empty where the library has none of it."""

    start: int
    end: int
    written: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Number:
    """A document's own number, and what people put before it: its letters, its issuers, its place."""

    body: str
    year: str
    number: int
    callers: tuple[str, ...]
    document: str

    @property
    def newest(self) -> tuple[int, int]:
        """The key that sorts the newest number first."""
        return -int(self.year or 0), self.number

    def fits(self, body: str, year: str) -> int:
        """How many letters at the end of `body` name this number's letters or issuer; 0 where they do not."""
        if year and self.year and year != self.year:
            return 0
        whole = next((len(name) for name in (self.body, *self.callers) if body.endswith(name)), 0)
        if whole:
            return whole
        for start in range(len(body) - _LEAST_PART + 1):
            if start and body[start - 1] not in _LEAD:
                continue  # 浙教示 is not 德教示
            part = body[start:]
            issuer = year and len(part) >= _LEAST_CALLER and any(name.endswith(part) for name in self.callers)
            # With its year a number is given in full: 晋教〔2009〕20号 is not 晋教基〔2009〕20号.
            if self.body.endswith(part) or issuer or (not year and part in self.body):
                return len(part)
        return 0

    def begins(self, body: str, year: str, number: str, *, bracket: bool) -> bool:
        """Whether the number begins with what is typed; without a bracket the first digits may be either (晋教5)."""
        if not (self.body.endswith(body) or body.endswith((self.body, *self.callers))):
            return False
        own = str(self.number)
        if not bracket and not number and own.startswith(year):
            return True
        return bool(self.year) and self.year.startswith(year) and own.startswith(number)


class DocumentNumbers:
    """The numbers of a library's documents, made once for each generation."""

    def __init__(self, documents: Iterable[PolicyDocument]) -> None:
        self._own = [number for document in documents for number in _own_numbers(document)]
        self._by_number: dict[int, list[_Number]] = defaultdict(list)
        for own in self._own:
            self._by_number[own.number].append(own)
        self._bodies = tuple({own.body for own in self._own})

    def mentions(self, text: str) -> list[Mention]:
        """The numbers in the folded text, whole or in part (晋教5号, 教基2020 7号, 国务院令188号).

        A number that no document bears counts where it gives its year in brackets or begins as one of the library's.
        """
        found = []
        for match in _MENTION.finditer(text):
            body, year = match["body"], (match["year"] or "").translate(_HAN_DIGITS)
            number = to_number(match["number"])
            fitting = [(own.fits(body, year), own) for own in self._by_number.get(number, ())]
            documents = tuple(dict.fromkeys(own.document for size, own in fitting if size))
            known = max((size for size, _ in fitting), default=0) or self._known(body)
            if documents or known or (year and re.search(_OPEN, match[0])):
                start = match.end("body") - (known or len(body))
                written = f"{text[start : match.end('body')]} {year} {number}"
                found.append(Mention(start, match.end(), written, documents))
        return found

    def half_typed(self, text: str) -> tuple[str, ...] | None:
        """Documents with a number that the whole folded text begins (晋教〔20, 晋教5), the one that it ends first.

        None where the text begins no number: 晋教〔2019 does although no document bears one, 工资（ does not.
        """
        typed = _BEGUN.fullmatch(text)
        if typed is None or not (typed["open"] or typed["year"]):
            return None
        body, year, number, bracket = typed["body"], typed["year"], typed["number"], bool(typed["open"])
        found = [own for own in self._own if own.begins(body, year, number, bracket=bracket)]
        if not found and not (bracket and (year or self._known(body))):
            return None
        whole = number or year
        return _ids(sorted(found, key=lambda own: (str(own.number) != whole, *own.newest)))

    def begun(self, text: str) -> tuple[str, ...]:
        """Documents with a number whose letters begin as the whole folded text does (晋教), where it is no word, newest first."""
        if not re.fullmatch(r"[\u4e00-\u9fff]{2,12}", text) or _is_word(text):
            return ()
        found = [own for own in self._own if own.body.startswith(text)]
        return _ids(sorted(found, key=lambda own: (own.body != text, *own.newest)))

    def _known(self, body: str) -> int:
        return max((len(own) for own in self._bodies if body.endswith(own)), default=0)


def cites(text: str, written: str) -> bool:
    """Whether a folded text gives a number (`Mention.written`), however it writes it."""
    return f"{written.replace(' ', '')}号" in _squeezed(text)


def _squeezed(text: str) -> str:
    """Text without what separates the parts of a number: 教基〔2020〕7号 → 教基20207号."""
    return re.sub(rf"{_OPEN}|{_CLOSE}|\s|第(?=\d)|字(?=.?\d)", "", text)


def _ids(numbers: Iterable[_Number]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(own.document for own in numbers))


def _own_numbers(document: PolicyDocument) -> list[_Number]:
    numbers = []
    own = _OWN.fullmatch(document.doc_no or "")
    if own:
        place = document.place
        of_place = (place.name, short_name(place.name)) if place and place.path else ()
        callers = (*(fold(i) for i in document.issuers), *of_place)
        numbers.append(_Number(own["body"], own["year"], int(own["number"]), callers, document.id))
    for order in _ORDER.finditer(fold(document.text[:_FRONT])):
        numbers.append(_Number(f"{order[1] or ''}令", "", to_number(order[2]), (), document.id))
    return numbers


def _is_word(text: str) -> bool:
    import rjieba

    return len(rjieba.cut(text, False)) == 1
