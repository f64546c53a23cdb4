"""How real pages get damaged: the forward mechanisms behind the sample library, as pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

# The sentence-ends after which a sharing site begins a new line.
_SENTENCE = re.compile(r"(?<=[。；！？])(?!”)")


def folded(text: str) -> str:
    """Full-width punctuation (U+FF01 to U+FF5E) to ASCII, as an upstream normaliser did to every page."""
    return "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)


def traditional(text: str) -> str:
    """Character by character to traditional script, as mirror sites do."""
    convert = _converter()
    return "".join(convert(character) for character in text)


@cache
def _converter() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("s2tw").convert
    return cache(convert)


def glossed(text: str, carriers: str) -> str:
    """A pinyin gloss after every occurrence of some characters: 體(tǐ)."""
    from pypinyin import Style, pinyin

    def gloss(match: re.Match[str]) -> str:
        return f"{match[0]}({pinyin(match[0], style=Style.TONE)[0][0]})"

    return re.sub(f"[{carriers}]", gloss, text)


def shifted(line: str) -> str:
    """The GBK byte shift: cut where a trail and a lead byte read as `。` or `！`, the rest read one byte off."""
    data = f"{line}</p>".encode("gbk")
    at = 0
    while at + 3 < len(data):
        step = 2 if data[at] >= 0x80 else 1
        crossing = data[at + 1 : at + 3]
        if step == 2 and crossing in (b"\xa1\xa3", b"\xa3\xa1") and data[at + 3] in (0xA8, 0xB0):
            return data[:at].decode("gbk") + "?" + _off_by_one(data[at + 1 :])
        at += step
    raise ValueError(f"no place for a byte shift in {line}")


def _off_by_one(data: bytes) -> str:
    """Read byte pairs until an ASCII byte puts the reader back in step; private-use pairs vanish."""
    text = ""
    at = 0
    while at < len(data):
        if data[at] < 0x80:
            return (text + data[at:].decode("gbk")).removesuffix("</p>")
        lead, pair = data[at], data[at : at + 2]
        private = (0xAA <= lead <= 0xAF or 0xF8 <= lead <= 0xFE) and pair[-1] >= 0xA1
        if not private:
            text += pair.decode("gbk", "replace").replace("\ufffd", "?")[:1]
        at += 2
    return text


def losing(lines: Sequence[str], losses: dict[str, str]) -> list[str]:
    """Short spans that a text extraction lost; each must be there to lose."""
    text = "\n".join(lines)
    for before, after in losses.items():
        if before not in text:
            raise ValueError(f"nothing to lose: {before}")
        text = text.replace(before, after)
    return text.split("\n")


def cell_runs(lines: Sequence[str]) -> list[str]:
    """Tables with one cell a line; a group cell is printed once."""
    result: list[str] = []
    group = ""
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        if cells and cells[0] == group:
            cells = cells[1:]
        elif cells:
            group = cells[0]
        result += [part for cell in cells for part in cell.split("<br>")] if cells else [line]
    return result


def spaced(lines: Sequence[str]) -> list[str]:
    """A blank line between all lines."""
    return "\n\n".join(lines).split("\n")


def by_sentence(lines: Sequence[str]) -> list[str]:
    """One sentence a line with blank lines between; the next heading sticks to a responsibility tail."""
    glued = re.sub(r"(（责任单位：[^）]*）)\n", r"\1", "\n".join(lines))
    return spaced([part for line in glued.split("\n") for part in _SENTENCE.split(line) if part])


def share_header(lines: Sequence[str], values: dict[str, str], *, mark: str, glue: str = "") -> str:
    """Dialect 1 of the document-sharing sites: fields, then `正文` glued to the title."""
    return "文章属性" + "".join(f"{mark}【{key}】{value}{glue}" for key, value in values.items()) + "正文" + lines[0]


def share_fields(issuer: str, published: str, number: str, effective: str, topic: str) -> dict[str, str]:
    """The seven fields of dialect 1."""
    values = {"制定机关": issuer, "公布日期": published, "字号": number, "施行日期": effective}
    return {**values, "效力等级": "地方规范性文件", "时效性": "现行有效", "主题分类": topic}


def law_header(lines: Sequence[str], values: dict[str, str]) -> str:
    """Dialect 2: fields glued to the title on both sides, without `正文`."""
    return lines[0] + "".join(f"【{key}】{value}" for key, value in values.items()) + lines[0]
