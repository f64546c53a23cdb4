"""Who answers for an item: `（责任单位：市发改局、教育局，各乡镇人民政府）` as names."""

from __future__ import annotations

import re

_ROLE = r"(?:牵头|责任|配合|主管|主办|协办|负责|参与|参加|落实|实施)"
_LABEL = re.compile(rf"{_ROLE}{{1,2}}(?:单位|部门|处室|主体|领导)?(?:及分工)?\s*[：:]")
_TAIL = re.compile(rf"[（(【\[]\s*(?={_LABEL.pattern})([^（）()]*(?:[（(][^（）()]*[）)][^（）()]*)*)[）)】\]]")
_OWN_LINE = re.compile(rf"^{_LABEL.pattern}(.+)$", re.MULTILINE)
_BELOW = re.compile(r"以下(?:各项|各条|任务)?均需(.{2,20}?)(?:共同|分别|配合)?(?:落实|负责|参与|配合)")
_NAMED = re.compile(r"[（(][^（）()]*[）)]")
_DUTY = re.compile(
    r"^[和及与]|(?:等|等部门|等单位)?(?:按|依|根据)?(?:照)?(?:职责|分工|各自职责)*(?:分工)*(?:牵头|负责|配合|落实)?$"
)
_GRADE = re.compile(r"^(?:中共)?(省|市|县|区|州|盟|旗)(?!场|政)")
_COMMITTEE = re.compile(r"^(?:中共)?([省市县区州盟旗])委(?=.*[部办委]$)")
_COMMITTEE_OFFICE = re.compile(r"(?:宣传部|组织部|统战部|政法委|编办|网信办|社会工作部)$")
# Bodies whose short name takes the grade of the one named before it; a school or a place of its own does not.
_OFFICE = re.compile(r"^(?![各省州县区乡镇国团中]|市(?!场)).{1,8}?(?:局|厅|委|办|部|法院|检察院|联|总工会)$")


def responsible_units(text: str) -> tuple[str, ...]:
    """The bodies named as responsible in an item, in order, each with its grade; empty when none are named.

    >>> responsible_units("办好学校。（责任单位：市委编办，市发改局、教育局，永安职专）")
    ('市委编办', '市发改局', '市教育局', '永安职专')
    """
    names: list[str] = []
    for listed in [m[1] for m in _TAIL.finditer(text)] or [m[0] for m in _OWN_LINE.finditer(text)]:
        for group in re.split(r"[，,；;。]|\s{2,}", _LABEL.sub("，", _NAMED.sub("", listed))):
            if not group.startswith("以下") and "不再" not in group:
                names += _graded([_DUTY.sub("", name.strip()) for name in group.split("、")])
    return tuple(dict.fromkeys(name for name in names if len(name) >= 2))


def responsible_below(text: str) -> tuple[str, ...]:
    """Bodies that an item makes responsible for all items after it too.

    >>> responsible_below("（责任单位：市教育局。以下均需各乡镇党委和人民政府落实，不再一一列出）")
    ('各乡镇党委和人民政府',)
    """
    return tuple(match[1] for match in _BELOW.finditer(text))


def _graded(names: list[str]) -> list[str]:
    """`市发改局、教育局` distributes its 市 to what follows without a grade."""
    grade = committee = ""
    graded = []
    for name in names:
        if own := _GRADE.match(name):
            grade = own[1]
            committee = f"{grade}委" if _COMMITTEE.match(name) and _COMMITTEE_OFFICE.search(name) else ""
        elif grade and _OFFICE.match(name):
            office = committee if committee and _COMMITTEE_OFFICE.search(name) else grade
            graded.append(f"{office}{name}")
            continue
        graded.append(name)
    return graded
