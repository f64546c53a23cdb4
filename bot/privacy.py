"""Personal numbers out of what visitors typed, before it is kept: identity cards, telephones, bank cards, mail addresses."""

from __future__ import annotations

import re
import unicodedata

from bot.messages import message

LONG = 11  # no number of a rule has so many digits in a row
_MAIL = r"[A-Za-z0-9._%+-]{2,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63})+"
_GAP = r"(?:\) ?|[ \t\-.·_－—–])"
_RUN = rf"(?<![A-Za-z0-9])(?:[A-Za-z]{{1,2}}|\+)?\d(?:{_GAP}?\d){{6,}}(?:{_GAP}?[Xx](?![A-Za-z]))?"
_NAMED = r"(?:电话|手机|座机|联系方式|号码|微信|QQ|[Tt]el(?:ephone)?|[Pp]hone|身份证|学籍号|学号|考号|准考证|银行卡|账号|卡号)"
_AFTER_NAME = rf"{_NAMED}[号码是为:：\s]{{0,4}}([A-Za-z]?\d(?:{_GAP}?\d){{4,}}[Xx]?)"
_IDENTITY = re.compile(r"[1-9]\d{5}(?:19|20)?\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]?")
_TELEPHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|(?:\+?86)?0\d{2,3}-?\d{7,8}")
_PASSPORT = re.compile(r"[A-Za-z]\d{8}")
_YEARS = re.compile(r"(?:(?:19|20)\d\d)+")


def for_keeping(text: str) -> str:
    """What a visitor typed as it is kept: no personal numbers, and no characters that cannot be seen or that a database refuses."""
    return without_personal_numbers("".join(c for c in text if c.isprintable() or c == "\n").strip())


def without_personal_numbers(text: str) -> str:
    """The text with personal numbers replaced by a word that says so. Dates, amounts and 文号 stay.

    >>> without_personal_numbers("我的身份证110101199003077758，电话 138 0013 8000，2026-2027学年补助1200元吗")
    '我的身份证［号码已隐去］，电话 ［号码已隐去］，2026-2027学年补助1200元吗'
    """
    plain, origin = _plain(text)
    spans = [m.span() for m in re.finditer(_MAIL, plain)]
    spans += [m.span(1) for m in re.finditer(_AFTER_NAME, plain)]
    spans += [m.span() for m in re.finditer(_RUN, plain) if _personal(m.group())]
    kept, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            kept += [text[origin[at] : origin[start]], message("hidden_number", file="receipt")]
        at = max(at, end)
    return "".join([*kept, text[origin[at] :]])


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with wide digits and letters as ASCII, and where each of its characters stands in `text`."""
    folded = [unicodedata.normalize("NFKC", c) if not c.isascii() else c for c in text]
    starts = [i for i, piece in enumerate(folded) for _ in piece]
    return "".join(folded), [*starts, len(text)]


def _personal(run: str) -> bool:
    """Whether a run of digits holds somebody's number: by its form, written in groups or not, or as nothing else is so long."""
    groups = re.split(_GAP, run)
    if any(len(re.sub(r"\D", "", group)) >= LONG for group in groups):
        return True
    bounds = [(i, j) for i in range(len(groups)) for j in range(i + 1, min(i + 7, len(groups)) + 1)]
    return any(_has_form("".join(groups[i:j])) for i, j in bounds if all(map(_is_group, groups[i:j])))


def _is_group(digits: str) -> bool:
    """Whether people write a part of a number so: the months and days of dates are shorter."""
    return len(digits) >= 3 or digits in ("86", "+86")


def _has_form(number: str) -> bool:
    if any(form.fullmatch(number) for form in (_TELEPHONE, _IDENTITY, _PASSPORT)):
        return True
    return 16 <= len(number) <= 19 and not _YEARS.fullmatch(number) and _luhn(number)


def _luhn(digits: str) -> bool:
    """The check that bank card numbers pass."""
    if not digits.isdecimal():
        return False
    values = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(v - 9 if v > 9 else v for v in values) % 10 == 0
