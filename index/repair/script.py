"""Traditional script; the only importer of OpenCC."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from index.records import Script

if TYPE_CHECKING:
    from opencc import OpenCC

_HALVES = re.compile("[\ud800-\udfff]")
# Characters of GB 2312 that OpenCC changes within some phrase (答覆 → 答复) or that `_ZHE` may change.
_IN_PHRASES = frozenset("覆沈坏藉哩著")
# 著 is right in these words and stands for 着 everywhere else.
_ZHE = re.compile(r"(?<![显名原巨译专论编合土遗拙昭卓所])著(?!名(?![单字额义])|作(?!业)|者|述|称|录|有|书立)")


def simplify_script(text: str) -> str:
    """Convert a page in traditional script to simplified, character by character.

    Mirror sites convert one way and leave one-to-many characters (于, 后, 云) as they were, so the way back is unambiguous
    but for one character: OpenCC keeps 著, which also stands for 着. A page in simplified script is left alone, the odd
    traditional character in it included.

    >>> simplify_script("著力發展義務教育，成效顯著")
    '着力发展义务教育，成效显著'
    >>> simplify_script("著力发展义务教育，《後漢書》")
    '著力发展义务教育，《後漢書》'
    """
    return simplified(text) if script_of(text) == "traditional" else text


def script_of(text: str) -> Script:
    """The script of a page: which of the two has more characters of its own in it.

    >>> script_of("義務教育"), script_of("义务教育"), script_of("中小学")
    ('traditional', 'simplified', 'simplified')
    """
    counts = Counter(text)
    old = sum(n for char, n in counts.items() if is_traditional(char))
    new = sum(n for char, n in counts.items() if is_simplified(char))
    return "traditional" if old > new else "simplified"


def simplified(text: str) -> str:
    """`text` in simplified script, 著 put right."""
    return _ZHE.sub("着", _converted("t2s", text))


def traditional(text: str) -> str:
    """`text` in traditional script, word by word (干部 → 幹部, 干净 → 乾淨), in the common forms (裡, 核對).

    >>> traditional("学校可以收取午休看护服务费")
    '學校可以收取午休看護服務費'
    """
    return _converted("s2tw", text)


@cache
def settled() -> str:
    """The everyday simplified characters, those of GB 2312, that `simplified` leaves alone in any text."""
    codes = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    chars = "".join(code.decode("gb2312", "ignore") for code in codes)
    return "".join(
        c for c, same in zip(chars, _converter("t2s").convert(chars), strict=True) if c == same and c not in _IN_PHRASES
    )


@cache
def is_traditional(char: str) -> bool:
    """Whether a character exists in traditional script only."""
    return char >= "\u3400" and _converted("t2s", char) != char


@cache
def is_simplified(char: str) -> bool:
    """Whether a converter to traditional script would have changed this character."""
    return char >= "\u3400" and not is_traditional(char) and _converted("s2t", char) != char


def _converted(config: str, text: str) -> str:
    """The text through a converter; halves of characters, which it does not take, as U+FFFD."""
    try:
        converted: str = _converter(config).convert(text)
    except UnicodeEncodeError:
        converted = _converter(config).convert(_HALVES.sub("\ufffd", text))
    return converted


@cache
def _converter(config: str) -> OpenCC:
    from opencc import OpenCC

    return OpenCC(config)
