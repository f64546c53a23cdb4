"""Pinyin glosses that a mirror site puts behind characters: 創(chuàng)新."""

from __future__ import annotations

import re
from functools import cache

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
GLOSS = re.compile(rf"([\u3400-\u9fff])[(（]([a-zü]*[{_TONED}][a-zü]*)[)）]")
# From so many on, the glosses are a habit of the page and not notes of its author.
_HABIT = 5


def strip_glosses(text: str) -> str:
    """Remove the readings that a mirror site wrote behind characters of its choice.

    The converter glosses an arbitrary set of characters wherever they occur: 務 becomes 務(wù) all over the page. Nobody
    needs the commonest reading of a character, so such a gloss goes; an unusual reading is a real note (`单(shàn)县`) and
    stays, unless the page glosses as a habit. Brackets around anything else than one toned syllable that the character
    can really have are never touched.

    >>> strip_glosses("創(chuàng)新發(fā)展（試行），單(shàn)縣，教材(b)")
    '創新發展（試行），單(shàn)縣，教材(b)'
    """
    habit = len(GLOSS.findall(text)) >= _HABIT

    def drop(match: re.Match[str]) -> str:
        known = readings(match[1])
        return match[1] if match[2] in (known if habit else known[:1]) else match[0]

    return GLOSS.sub(drop, text)


@cache
def readings(char: str) -> tuple[str, ...]:
    """All readings of a character, the commonest first, in pinyin with tone marks."""
    from pypinyin import Style, pinyin

    return tuple(pinyin(char, style=Style.TONE, heteronym=True)[0])
