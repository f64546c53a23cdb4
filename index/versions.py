"""What makes two documents versions of one text: a common base title, and the day that orders them."""

from __future__ import annotations

import re
from datetime import date

from index.records import PolicyDocument
from index.tokens import fold

# Brackets that tell versions of one text apart; （二）, （浙江）, （2018年） and （2021—2025年） belong to its name.
_VERSION = re.compile(
    r"[(（](?:试行|暂行|示例|(?:修订)?草案|征求意见稿|送审稿|讨论稿|(?:\d{4}年?)?第?[一二三四五六七八九十]*次?(?:修订|修正|修改|版)[本稿]?)[)）]"
)
_DRAFT = re.compile(r"[(（](?:修订)?(?:草案|征求意见稿|送审稿|讨论稿)[)）]")
_TRIAL = re.compile("(?:试行|暂行)(?=(?:办法|规定|条例|细则|方案|意见|标准|规则|制度|规程|准则)$)")
_ISSUED = re.compile("关于(?:印发|发布|公布)(?:《(?P<named>.+)》|(?P<plain>[^《》]+?))的?(?:通知|公告|决定)$")
SHORTEST = 6  # 实施方案 names nothing


def base_title(title: str) -> str:
    """A title by which versions of one text meet: what a notice issues, without 中华人民共和国 and marks of version or trial.

    >>> base_title("某局关于印发《某市午休管理暂行办法（试行）》的通知"), base_title("某法解释（二）")
    ('某市午休管理办法', '某法解释(二)')
    """
    title = fold(title)
    issued = _ISSUED.search(title)
    inner = (issued["named"] or issued["plain"]) if issued else ""
    bare = re.sub(
        r"中华人民共和国|[《》〈〉<>“”\"'\s]", "", _VERSION.sub("", inner if len(inner) >= SHORTEST else title)
    )
    return _TRIAL.sub("", bare)


def is_draft(document: PolicyDocument) -> bool:
    """Whether it is only a draft by its title: 征求意见稿, 草案."""
    return _DRAFT.search(document.title) is not None


def version_date(document: PolicyDocument) -> date | None:
    """The day that orders versions of one text: of a law its last amendment or publication, else when it was written."""
    stated = [d for d in (document.written, document.published) if d]
    if not stated:
        return document.effective
    return max(stated) if document.kind == "law" else stated[0]


def in_force_from(document: PolicyDocument) -> date | None:
    """The first day of this version: an amended law states when the law first came into force, not this version of it."""
    day = version_date(document)
    if document.kind == "law" and document.effective and day:
        return max(document.effective, day)
    return document.effective or day


def is_cover(document: PolicyDocument) -> bool:
    """Whether it only issues the text that its title names: 关于印发《…》的通知."""
    return _ISSUED.search(fold(document.title)) is not None


def day_of(document: PolicyDocument) -> date:
    """`version_date`, for sorting: the first of all days where it is not known."""
    return version_date(document) or date.min
