"""Header blocks that libraries and portals print above a document: key and value in several layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index.boundaries import Line, after_title
from index.dates import parse_date

# What the keys of the dialects mean. Keys are compared without blanks: 【字 号】.
FIELDS = {
    key: field
    for field, keys in {
        "issuer": "制定机关 发布部门 发文机关 发布机构 发布机关 发布单位 发文单位 发文机构 颁布单位 颁布部门 制定单位"
        " 制发机关 公开机构",
        "published": "公布日期 发布日期 发文日期 颁布日期 公开日期 发布时间 公布时间 发文时间 公开时间",
        "written": "成文日期 印发日期 生成日期 成文时间 制发日期",
        "doc_no": "字号 文号 发文字号 发文文号 文件编号 文件号 发文号",
        "effective": "施行日期 实施日期 生效日期 生效时间 实施时间",
        "expires": "失效日期 废止日期 失效时间 废止时间 有效期至",
        "level": "效力等级 效力级别 法律效力",
        "validity": "时效性 有效性 效力状态 时效状态 文件状态",
        "topic": "主题分类 法规类别 主题词 信息分类 文件主题",
        "index_no": "索引号 信息索引号",
        "genre": "体裁分类 体裁 公文种类 文种",
        "title": "标题 信息名称 文件名称",
        "": "来源 浏览次数 阅读次数 点击数 字体 公开方式 公开范围 发布人 责任编辑 编辑 作者 公开形式 载体类型",
    }.items()
    for key in keys.split()
}
_KEY = r"[一-龥][一-龥\s]{0,7}?"
_BRACKETED = re.compile(rf"[•∙·●]?\s*【\s*({_KEY})\s*】")
_LISTED = re.compile(rf"^[•∙·●*\-\s]*[\[［]\s*({_KEY})\s*[\]］]\s*(.*)$")
_COLON = re.compile(
    rf"(?:^|(?<=\s)|(?<=\|))({'|'.join(' *'.join(key) for key in sorted(FIELDS, key=len, reverse=True))})\s*[：:]"
)
_NOTHING = re.compile(r"^(?:无|暂无|空|[-—–/\s]*)$")
_BODY = re.compile(
    r"#|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d+[.．、](?!\d)|第[一二三四五六七八九十百零]+[条章节编]"
)
_FRONT = 30


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says (field → value), its lines, the keys it leaves empty, and the lines that remain."""

    fields: dict[str, str]
    lines: tuple[str, ...]
    empty: tuple[str, ...]
    rest: tuple[Line, ...]

    def date(self, field: str) -> date | None:
        return parse_date(self.fields.get(field, ""))


def read_header(lines: Sequence[Line], title: str) -> Header:
    """The header among the first lines, in whatever dialect; `title` tells where a header without end mark stops."""
    pairs: list[tuple[str, str]] = []
    rest: list[Line] = []
    queue = list(lines[:_FRONT])
    while queue:
        number, text = queue.pop(0)
        if _BODY.match(text):
            rest += [(number, text), *queue]
            break
        found, left = _bracketed(text, title) or _listed(text, queue) or _row(text) or _colons(text) or ([], text)
        pairs += found
        if left:
            rest.append((number, left))
    rest += lines[_FRONT:]
    return _header(pairs, tuple(rest)) if _plausible(pairs) else Header({}, (), (), tuple(lines))


def _plausible(pairs: list[tuple[str, str]]) -> bool:
    """A single 标题： or 来源： inside a text is no header."""
    fields = {FIELDS[key] for key, _ in pairs} - {""}
    return len(pairs) >= 2 or bool(fields & {"doc_no", "published", "written", "index_no"})


def _header(pairs: list[tuple[str, str]], rest: tuple[Line, ...]) -> Header:
    fields: dict[str, str] = {}
    for key, value in pairs:
        if FIELDS[key] and not _NOTHING.match(value):
            fields.setdefault(FIELDS[key], value)
    empty = tuple(key for key, value in pairs if FIELDS[key] and _NOTHING.match(value))
    return Header(fields, tuple(f"【{key}】{value}" for key, value in pairs), empty, rest)


Found = tuple[list[tuple[str, str]], str]


def _bracketed(text: str, title: str) -> Found | None:
    """文章属性•【制定机关】…•【字号】…正文…, on one line or several; what follows the last value is given back."""
    keys = [match for match in _BRACKETED.finditer(text) if _squeezed(match.group(1)) in FIELDS]
    if not keys or text[: keys[0].start()].strip() not in ("", "文章属性"):
        return None
    ends = [match.start() for match in keys[1:]] + [len(text)]
    pairs = [(_squeezed(m.group(1)), text[m.end() : end].strip()) for m, end in zip(keys, ends, strict=True)]
    value, left = _until_title(pairs[-1][1], title)
    pairs[-1] = (pairs[-1][0], value)
    return pairs, left


def _until_title(value: str, title: str) -> tuple[str, str]:
    """The last value ends at the mark 正文 or where the title repeats."""
    for at in range(len(value)) if title else ():
        if after_title(value[at:], title) is not None:
            return value[:at].removesuffix("正文").strip(), value[at:]
    value, _, left = value.partition("正文")
    return value.strip(), left.strip()


def _listed(text: str, queue: list[Line]) -> Found | None:
    """`[ 索引号 ]` with its value on the same line or on the next, which is taken from the queue."""
    match = _LISTED.match(text)
    if not match or (key := _squeezed(match.group(1))) not in FIELDS:
        return None
    value = match.group(2).strip()
    bullet = re.match(r"[•∙·●*\-]", text)
    if (
        not value
        and queue
        and not _LISTED.match(queue[0][1])
        and bool(bullet) == bool(re.match(r"[•∙·●*\-]", queue[0][1]))
    ):
        value = re.sub(r"^[•∙·●*\-\s]+", "", queue.pop(0)[1])
    return [(key, value)], ""


def _row(text: str) -> Found | None:
    """A table row of keys and values in turn."""
    if not text.startswith("|"):
        return None
    cells = [cell.strip() for cell in text.strip("|").split("|")]
    keys = [_squeezed(cell).rstrip("：:") for cell in cells[::2]]
    if not all(key in FIELDS for key, value in zip(keys, cells[1::2], strict=False) if key or value) or not any(keys):
        return None
    return [(key, value) for key, value in zip(keys, cells[1::2], strict=False) if key], ""


def _colons(text: str) -> Found | None:
    """索引号：… 发布日期：… on one line or several; the line must begin with a key."""
    keys = list(_COLON.finditer(text))
    if not keys or keys[0].start() or len(text) > 200:
        return None
    ends = [match.start() for match in keys[1:]] + [len(text)]
    pairs = [(_squeezed(m.group(1)), text[m.end() : end].strip(" |　")) for m, end in zip(keys, ends, strict=True)]
    return None if any(len(value) > 80 or "。" in value for _, value in pairs) else (pairs, "")


def _squeezed(key: str) -> str:
    return re.sub(r"\s+", "", key)
