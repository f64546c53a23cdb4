"""What a section look-up wants: the query taken apart into numbers, names, references, bodies, places, marks and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from bot.cues import cues, table
from bot.departments import Departments
from bot.facets import kinds_meant
from bot.lexicon import Lexicon
from bot.naming import DocumentNames
from bot.records import Level, Reference
from bot.references import blanked, references, to_han, to_number, without_references, years
from bot.subject import Word, words_of
from bot.understand import strip_question_words
from index.places import place_spans
from index.records import Place
from index.tokens import fold

_QUOTED = re.compile(r"[“\"「『]([^“”\"「」『』]{1,80})(?:[”\"」』]|$)")
_HEADED = re.compile(r"第\s*([一二三四五六七八九十百\d]{1,4})\s*([编章节])")
_HALF = re.compile(r"第[一二三四五六七八九十百\d]*\s*$")  # 第五十九条第二, before 款 is typed
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?=[元块万亿人名所个%分岁平米天])")
_YEARS = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}|\d{2}(?=年))\s*(?:年度?|版)?|[去今前明]年|二[〇零][〇零一二三四五六七八九]{2}年"
)
_MARKS = re.compile(r"[^\w\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query as read. `documents` is None where none is named, empty where one is named that the library lacks.

    `numbers`: 文号 that no document bears, as `Mention.written`. `begun`: documents whose name or number
    begins as the query does. `headed`: labels of chapters and sections (第二章). `text` is what is left, the subject.
    """

    text: str = ""
    words: tuple[Word, ...] = ()
    phrases: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    documents: tuple[str, ...] | None = None
    begun: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    headed: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    any_department: bool = False
    places: tuple[Place, ...] = ()
    kinds: tuple[frozenset[str], ...] = ()
    levels: tuple[Level, ...] = ()
    validity: tuple[str, ...] = ()
    years: tuple[int, ...] = ()

    @property
    def subject(self) -> bool:
        """Whether something inside documents is wanted, not just documents."""
        return bool(self.words or self.phrases or self.references or self.headed or self.numbers or self.by_department)

    @property
    def by_department(self) -> bool:
        return bool(self.departments or self.any_department)

    @property
    def marked(self) -> bool:
        """Whether documents are wanted by what they are."""
        return bool(self.places or self.kinds or self.levels or self.validity or self.years)

    @property
    def labels(self) -> tuple[str, ...]:
        """The headings pointed at, as outlines may write them: 第六条 and 6., 第二章, 三 and 二 of 三、（二）."""
        headed = (f"第{to_han(int(h[:-1]))}{h[-1]}" for h in self.headed)
        articles = (re.match(r"\d+", r.article) for r in self.references)
        numbered = (label for n in articles if n for label in (f"第{to_han(int(n[0]))}条", n[0]))
        steps = (label for r in self.references for n in r.path for label in (to_han(int(n)), n))
        return (*headed, *numbered, *steps)

    def __bool__(self) -> bool:
        return self.subject or self.marked or self.documents is not None or bool(self.begun)


class QueryReader:
    """Reads queries over one library's names, places and bodies."""

    def __init__(
        self, names: DocumentNames, places: frozenset[Place], departments: Departments, lexicon: Lexicon
    ) -> None:
        self._names = names
        self._places = places
        self._departments = departments
        self._lexicon = lexicon

    def read(self, query: str, on: date) -> Wanted:
        """Take a query apart, the surest parts first; each takes its words out of the text."""
        text = " ".join(fold(part) for part in query.split())
        whole = fold(query)
        phrases, text = self._phrases(text)
        documents, numbers, text = self._documents(text)
        begun = self._names.begun(whole) if documents is None and not phrases else ()
        half_typed = self._names.numbers.half_typed(whole) if documents is None else None
        if half_typed is not None:
            documents, begun, text = half_typed, (), ""
        pointed, headed, text = _pointed(text)
        spans = place_spans(text, self._places)
        text = blanked(text, [(start, end) for start, end, _ in spans])
        departments, any_department, text = self._departments.asked(text)
        asked, text = _years(text, on)
        validity, text = _standing(text, {key: tuple(words) for key, words in table("find")["validity"].items()})
        levels, text = _standing(text, {key: tuple(words) for key, words in table("find")["levels"].items()})
        kinds, text = _standing(text, {word: (word,) for word in _kind_words()})
        text = _MARKS.sub(" ", strip_question_words(text)).strip()
        wanted = Wanted(
            text=text,
            words=words_of(text, self._lexicon),
            phrases=phrases,
            numbers=numbers,
            documents=documents,
            begun=begun,
            references=pointed,
            headed=headed,
            departments=departments,
            any_department=any_department,
            places=tuple(dict.fromkeys(place for _, _, place in spans)),
            kinds=_kinds(kinds),
            levels=tuple(levels),  # type: ignore[arg-type]
            validity=tuple(validity),
            years=asked,
        )
        return wanted if wanted else replace(wanted, words=words_of(text, self._lexicon, every=True))

    def _phrases(self, text: str) -> tuple[tuple[str, ...], str]:
        """What stands in quotation marks, unless the marks belong to a title (“十四五”规划)."""
        if not (found := list(_QUOTED.finditer(text))):
            return (), text
        titles = [(a, b) for a, b, _ in self._names.name_spans(text)]
        kept = [m for m in found if not any(a < m.start() < b or a < m.end() < b for a, b in titles)]
        return tuple(m[1] for m in kept if m[1].strip()), blanked(text, [m.span() for m in kept])

    def _documents(self, text: str) -> tuple[tuple[str, ...] | None, tuple[str, ...], str]:
        """The documents named, the numbers that none bears, and the text without either."""
        mentions = self._names.numbers.mentions(text)
        borne = tuple(dict.fromkeys(i for m in mentions for i in m.documents))
        if mentions:
            unborne = tuple(m.written for m in mentions if not m.documents)
            return borne, () if borne else unborne, blanked(text, [(m.start, m.end) for m in mentions])
        titled = self._names.by_title(text)
        spans = [(a, b) for a, b, _ in self._names.name_spans(text)]
        return (titled, (), blanked(text, spans)) if titled else (None, (), text)


def _pointed(text: str) -> tuple[tuple[Reference, ...], tuple[str, ...], str]:
    headed = tuple(f"{to_number(m[1])}{m[2]}" for m in _HEADED.finditer(text))
    text = _HEADED.sub(" ", text)
    found = references(text)
    return found, headed, _HALF.sub("", without_references(text)) if found else text


def _years(text: str, on: date) -> tuple[tuple[int, ...], str]:
    if not _YEARS.search(text):
        return (), text
    plain = _FIGURE.sub(" ", text)
    relative = any(word in plain for word in ("去年", "今年", "前年", "明年"))
    found = years(re.sub("十[一二三四五六]五", " ", plain), on if relative else None)
    return (found, _YEARS.sub(" ", text)) if found else ((), text)


def _standing(text: str, meanings: dict[str, tuple[str, ...]]) -> tuple[list[str], str]:
    """The meanings whose words stand apart in the text, and the text without them."""
    found = []
    for meaning, words in meanings.items():
        match = _apart(words).search(text)
        if match:
            found.append(meaning)
            text = blanked(text, [match.span()])
    return found, text


@cache
def _apart(words: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(map(re.escape, sorted((w for w in words if not w.endswith("的")), key=len, reverse=True)))
    carried = "".join(f"|{re.escape(word)}" for word in words if word.endswith("的"))
    return re.compile(rf"(?<![^\s的和、])(?:(?:{joined})类?(?=的|文件|\s|、|和|$){carried})")


@cache
def _kind_words() -> tuple[str, ...]:
    found = table("find")
    kinds = [word for name, words in found["kinds"].items() for word in (name, *words)]
    words = (*found["kind_groups"], *kinds, *found["genres"]["words"])
    return tuple(sorted(dict.fromkeys(words), key=len, reverse=True))


def _kinds(words: Sequence[str]) -> tuple[frozenset[str], ...]:
    """What the words for documents mean: one of the kinds named, and one of the genres named."""
    genres = frozenset(cues("genres", "words", "find"))
    meant = [kinds_meant(word) for word in words]
    either = (frozenset().union(*(m for m in meant if (m <= genres) is genre)) for genre in (False, True))
    return tuple(kinds for kinds in either if kinds)
