"""The reader's language: texts of the page, and the program's own sentences turned from simplified Chinese into it."""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from typing import Any, Literal, TypeVar, get_args

from markupsafe import Markup

from bot.messages import message, wordings
from index.repair.script import traditional

Language = Literal["zh-CN", "zh-Hant", "en"]
Text = TypeVar("Text", str, Markup)
LANGUAGES: tuple[Language, ...] = get_args(Language)
PATHS: dict[Language, str] = {"zh-CN": "/", "zh-Hant": "/zh-Hant", "en": "/en"}

_VARIABLE = re.compile(r"\\\{(\w+)\\\}")
# A document's number is a name: it stays as its issuer wrote it.
_DOC_NO = re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[【(（](?:19|20)\d{2}[〕\]】)）]第?\d+号")


def said(key: str, language: Language = "zh-CN", /, *, file: str = "page", **variables: Any) -> str:
    """A text of the page, in the reader's language."""
    script = "english" if language == "en" else "simplified"
    return in_script(message(key, file=file, script=script, **variables), language)


def language_of(written: str) -> Language:
    """The language that an address names; simplified Chinese where it names none of ours."""
    return next((language for language in LANGUAGES if language == written), "zh-CN")


def local(address: str, language: Language) -> str:
    """The address of a page of ours in the reader's language.

    >>> local("/documents/0a?quote=1-2#a1", "en"), local("/documents", "zh-CN")
    ('/documents/0a?quote=1-2&lang=en#a1', '/documents')
    """
    if language == "zh-CN":
        return address
    page, hash_sign, anchor = address.partition("#")
    return f"{page}{'&' if '?' in page else '?'}lang={language}{hash_sign}{anchor}"


def speech(language: Language, file: str = "page") -> dict[str, Any]:
    """What a template says in the reader's language: its texts, the program's sentences, texts of documents, addresses."""

    def text(key: str, **variables: Any) -> str:
        return said(key, language, file=file, **variables)

    return {
        "text": text,
        "words": partial(translated, language=language),
        "script": partial(in_script, language=language),
        "local": partial(local, language=language),
        "home": PATHS[language],
        "language": language,
    }


def in_script(text: Text, language: Language) -> Text:
    """Chinese text in the reader's script; numbers of documents, and markup as markup, stay.

    >>> in_script("依据浙教〔2023〕8号办理", "zh-Hant")
    '依據浙教〔2023〕8号辦理'
    """
    if language != "zh-Hant":
        return text
    pieces: list[str] = []
    at = 0
    for number in _DOC_NO.finditer(text):
        start = number.start() + _leading_words(number[0])
        pieces += [traditional(text[at:start]), text[start : number.end()]]
        at = number.end()
    return type(text)("".join([*pieces, traditional(text[at:])]))


def _leading_words(number: str) -> int:
    """How many characters before a document number are the sentence's and not the number's."""
    found = re.match(r".*(?:依据|根据|按照|按|见|《|》|的|和|与|及)(?=.{1,8}[〔\[【(（])", number)
    return found.end() if found else 0


def translated(sentence: str, language: Language) -> str:
    """One of the program's own sentences as the reader's language has it; any other text in the reader's script.

    >>> translated("尚未施行（2027-02-01起施行）", "en")
    'Not yet in force (from 2027-02-01)'
    """
    return _english(sentence) if language == "en" else in_script(sentence, language)


@lru_cache(maxsize=2000)
def _english(sentence: str) -> str:
    for pattern, script_file, key in _patterns():
        found = pattern.fullmatch(sentence.strip())
        if found:
            variables = {name: _english(value) for name, value in found.groupdict().items()}
            return message(key, file=script_file, script="english", **variables).strip()
    return sentence


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """What each translated sentence looks like in Chinese, the longest first."""
    found = []
    for name in ("messages", "page", "receipt"):
        chinese, english = wordings(name), wordings(f"{name}.en")
        for key in chinese.keys() & english.keys():
            literal = re.sub(r"\{\w+\}", "", chinese[key])
            if literal.strip("，。、：；（）() "):
                found.append((len(literal), _pattern(chinese[key].strip()), name, key))
    return tuple((pattern, name, key) for _, pattern, name, key in sorted(found, key=lambda f: (-f[0], f[2], f[3])))


def _pattern(template: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def variable(match: re.Match[str]) -> str:
        again = match[1] in seen
        seen.add(match[1])
        return f"(?P={match[1]})" if again else f"(?P<{match[1]}>.*?)"

    return re.compile(_VARIABLE.sub(variable, re.escape(template)), re.DOTALL)
