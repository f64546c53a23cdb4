"""English questions in the words of the documents: places by pinyin, laws and terms by a glossary."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.cues import table
from index.places import all_places, short_name
from index.records import Place

_WORDS = re.compile(r"[a-z]+(?:['’-][a-z]+)*")
_LONGEST_NAME = 4  # words of one place name: hu he hao te


def chinese_for(folded: str, known: Sequence[Place] = ()) -> str:
    """An English question as it is searched: its places, laws and terms in Chinese, and the words that have none.

    >>> chinese_for("how much is a class teacher paid in beijing?")
    '北京市 班主任 paid'
    """
    rest = folded
    found = {place.full_name: None for place in english_places(folded, known)}
    for glossary in ("places", "laws", "terms"):
        words = table("english")[glossary]
        found |= {words[match[0]]: None for match in _phrases(glossary).finditer(rest)}
        rest = _phrases(glossary).sub(" ", rest)
    dropped = {*table("english")["words"]["drop"], *_by_sound(frozenset(known))}
    left = [w for w in re.findall(r"[^\s?!,;\"]+", rest) if re.sub(r"['’]s$|['’.-]", "", w) not in dropped]
    return " ".join([*found, *left])


def english_places(folded: str, known: Sequence[Place] = ()) -> tuple[Place, ...]:
    """Places named by pinyin (Jinchang, Yong'an, Bei Jing). Of several that sound the same the only one in `known` is meant."""
    words = [re.sub(r"['’]s$|['’-]", "", word) for word in _WORDS.findall(folded)]
    by_sound = _by_sound(frozenset(known))
    found: dict[Place, None] = {}
    at = 0
    while at < len(words):
        for size in range(_LONGEST_NAME, 0, -1):
            meant = by_sound.get("".join(words[at : at + size]), ())
            in_library = [p for p in meant if p in known]
            only = in_library if len(in_library) == 1 else meant
            if len(only) == 1:
                found[only[0]] = None
                at += size - 1
                break
        at += 1
    return tuple(found)


@lru_cache(maxsize=4)
def _by_sound(known: frozenset[Place]) -> dict[str, tuple[Place, ...]]:
    """Provinces and prefectures and the library's own places, by the pinyin of their short names."""
    from pypinyin import lazy_pinyin

    special = table("english")["places"]
    found: dict[str, dict[Place, None]] = defaultdict(dict)
    for place in _high_and(known):
        sound = "".join(lazy_pinyin(short_name(place.name)))
        if sound not in special:
            found[sound][place] = None
    return {sound: tuple(places) for sound, places in found.items()}


def _high_and(known: Iterable[Place]) -> Iterable[Place]:
    yield from (p for p in all_places() if p.adcode.endswith("00"))
    yield from known


@lru_cache(maxsize=4)
def _phrases(glossary: str) -> re.Pattern[str]:
    names = sorted(table("english")[glossary], key=len, reverse=True)
    return re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, names))})(?![a-z])")
