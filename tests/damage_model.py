"""What a mirror site does to a page, forwards: the converter, the cut in the byte stream, the decoder, the folding."""

from __future__ import annotations

import re
import unicodedata

from opencc import OpenCC

_TO_TRADITIONAL = OpenCC("s2t")
_CUT = re.compile(rb"(?:\xa1(?=\xa3\xa8)|\xa3(?=\xa1\xb0))")


def traditional(text: str) -> str:
    """`text` as a converter to traditional script prints it."""
    return str(_TO_TRADITIONAL.convert(text))


def shift_gbk(line: str) -> str:
    """Cut the GBK bytes of `line` inside a character wherever the mirror would, and decode the pieces.

    The cut falls between the two bytes of a character whose second byte and the next character's first read as `。` or `！`.
    """
    data = line.encode("gbk")
    cut = _first_cut(data)
    if cut is None:
        return line
    return data[: cut - 1].decode("gbk") + "?" + decode(data[cut:])


def decode(data: bytes) -> str:
    """GBK as the mirror reads it: private-use pairs vanish, an impossible pair becomes one `?`."""
    text, at = "", 0
    while at < len(data):
        if data[at] < 0x81:
            text, at = text + chr(data[at]), at + 1
            continue
        pair = data[at : at + 2]
        private = len(pair) == 2 and (0xAA <= pair[0] <= 0xAF or pair[0] >= 0xF8) and pair[1] >= 0xA1
        text += "" if private else _character(pair)
        at += 2
    return text


def _character(pair: bytes) -> str:
    try:
        return pair.decode("gbk")
    except UnicodeDecodeError:
        return "?"


def fold(text: str) -> str:
    """Full-width punctuation to ASCII, as normalisation to NFKC does."""
    return "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in text)


def _first_cut(data: bytes) -> int | None:
    """Where the second byte of the cut character stands."""
    at = 0
    while at < len(data):
        size = 1 if data[at] < 0x80 else 2
        if size == 2 and _CUT.match(data, at + 1):
            return at + 1
        at += size
    return None
