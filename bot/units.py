"""What a question counts in (几块钱, 多少分, 几个月), and whether a text has a figure in that unit."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from bot.cues import cues, table

_ASKED = re.compile(r"(?:几|多少)[多大]?(?:个|来|百|千|万|十)*([\u4e00-\u9fff]{0,3})")
_NUMERAL = r"[\d〇零一二两三四五六七八九十百千万亿半双]"


def asked_units(folded: str) -> tuple[str, ...]:
    """The kinds of unit that a question asks for, by the sections of `[asked]` in `units.toml`.

    >>> asked_units("小班最多收几个孩子"), asked_units("面试多少分算过"), asked_units("补多少钱"), asked_units("怎么报名")
    (('person',), ('score',), ('money',), ())
    """
    found: dict[str, None] = {}
    for match in _ASKED.finditer(folded):
        kind = next((k for k in table("units")["asked"] if match[1].startswith(cues("asked", k, "units"))), "")
        found |= {kind: None} if kind in table("units")["figures"] else {}
    for kind in table("units")["words"]:
        if any(word in folded for word in cues("words", kind, "units")):
            found[kind] = None
    return tuple(found)


@cache
def _figure(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(word.replace("#", rf"{_NUMERAL}+(?:\.\d+)?") for word in cues("figures", kind, "units")))


@lru_cache(maxsize=4096)
def has_unit(kind: str, text: str) -> bool:
    """Whether a folded text has a figure of that kind."""
    return bool(_figure(kind).search(text))
