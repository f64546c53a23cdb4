"""Bytes to text in the encodings Chinese files come in, decoded exactly or refused.

Only importer of charset_normalizer.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

from index.errors import BinaryFile, TruncatedFile

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DOUBLE_BYTE = ("gb18030", "cp950", "big5hkscs")
_WIDE = ("utf-16-le", "utf-16-be")
# Labels of pages, as browsers read them: GB2312 and GBK mean their superset.
_LABELS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "big5-hkscs": "big5hkscs"}
# The characters that make up nearly half of any Chinese official text, in both scripts.
_FREQUENT = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日"
    "那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已"
    "通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区"
    "强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己"
    "市县省教育师校委府办幼儿园务组织推监督费财"
    "個們來時說為會過還這後對學經動國發進長開問關產業與應實現體點種務質標準構領導設計劃區縣鄉鎮師團隊處辦門機無將聯議責當報達"
    "術頭總結統義務數據線環農權費財續廣場選條單壓證練習課題類節護養護優預級給織組員專屬導"
)
_CUT = "文件末尾的字不完整，可能没有传完，请重新复制或下载。"
_NO_TEXT = "无法识别文件的文字编码，请用记事本打开后另存为 UTF-8 文本再放入。"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x7f\ufffe\uffff]")


_PLAUSIBLE = 0.8


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """Text and the encoding it was in: byte order mark, UTF-8, the declared one, then the most Chinese of the others.

    Raises `TruncatedFile` when the last character is cut, `BinaryFile` when nothing fits.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _without_controls(_whole(data, name)), name
    if b"\0" not in data and (text := _try(data, "utf-8")) is not None:
        return _without_controls(text), "utf-8"
    if declared and (text := _try(data, declared)) is not None and chineseness(text) >= _PLAUSIBLE:
        return _without_controls(text), declared
    if _is_cut_utf8(data):  # before the others: most of them would make something of it
        raise TruncatedFile(_CUT)
    # One reading at a time is kept: a file may be large.
    scores = {name: chineseness(_try(data, name) or "") for name in _candidates(data)}
    name = max(scores, key=lambda candidate: scores[candidate])
    if scores[name] >= _PLAUSIBLE:
        return _without_controls(_whole(data, name)), name
    if any(chineseness(_try(data[:-1], name) or "") >= _PLAUSIBLE for name in scores):
        raise TruncatedFile(_CUT)
    return _other(data)


def declared_charset(data: bytes) -> str | None:
    """The charset that a page names for itself, as a Python codec; `None` when it names none that exists.

    >>> declared_charset(b'<meta http-equiv="Content-Type" content="text/html; charset=GB2312">')
    'gb18030'
    """
    match = re.search(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", data[:4096], re.IGNORECASE)
    if not match:
        return None
    label = match[1].decode("ascii", "ignore").lower()
    try:
        return _LABELS.get(label) or codecs.lookup(label).name
    except LookupError:
        return None


def chineseness(text: str) -> float:
    """How much a text looks like Chinese as it is written, 0 to about 1.5: frequent characters count twice.

    >>> chineseness("教师的工资") > 1.2 > 0.7 > chineseness("諒妗腔馱訧")
    True
    """
    wide = [character for character in text[:20_000] if character > "\x7f"]
    if not wide:
        return 0.0
    common = _common_characters()
    good = sum((character in common) + (character in _FREQUENT) for character in wide)
    return good / len(wide)


@cache
def _common_characters() -> frozenset[str]:
    """Level 1 of GB 2312 and of Big5 (3,755 and 5,401 characters in everyday use) and Chinese punctuation."""
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    simplified = bytes(b for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF) for b in (lead, trail))
    traditional = bytes(b for lead in range(0xA4, 0xC7) for trail in trails for b in (lead, trail))
    characters = simplified.decode("gb18030", "ignore") + traditional.decode("cp950", "ignore")
    return frozenset(c for c in characters if c >= "\u4e00") | frozenset(
        "，。、；：？！“”‘’（）《》〔〕【】—…·\u3000％"
    )


def _candidates(data: bytes) -> tuple[str, ...]:
    return (*_DOUBLE_BYTE, *_WIDE) if len(data) % 2 == 0 else _DOUBLE_BYTE


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _whole(data: bytes, encoding: str) -> str:
    """Decode what a byte order mark names; anything wrong in it means a damaged file."""
    text = _try(data, encoding)
    if text is None:
        raise TruncatedFile(_CUT)
    return text


def _is_cut_utf8(data: bytes) -> bool:
    """Whether only the end is wrong, and what precedes it holds real multi-byte characters."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and chineseness(data[: error.start].decode()) >= _PLAUSIBLE
    return False


def _other(data: bytes) -> tuple[str, str]:
    """Let charset-normalizer choose among the rest (a page in English with curly quotes, a Japanese one)."""
    from charset_normalizer import from_bytes

    match = None if b"\0" in data else from_bytes(data[:200_000], threshold=0.1).best()
    text = _try(data, match.encoding) if match else None
    if match is None or text is None:
        raise BinaryFile(_NO_TEXT)
    return _without_controls(text), match.encoding


def _without_controls(text: str) -> str:
    """The text, unless so many control characters stand in it that it is none; single stray ones are dropped."""
    controls = len(_CONTROL.findall(text))
    if "\0" in text or controls > len(text) / 100:
        raise BinaryFile(_NO_TEXT)
    return _CONTROL.sub("", text) if controls else text
