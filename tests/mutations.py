"""Ways to make a true answer false: each changes one figure, bound, label or quote, found without the code under test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from bot.records import Citation, Statement
from index.records import PolicyDocument

_ARABIC = re.compile(r"\d+(?:\.\d+)?")
_LINE_NUMBER = re.compile(r"(?m)^[ \t　]*[（(]?\d{1,2}(?:[.．、)）])")
_HAN = re.compile(
    r"[二两三四五六七八九十]+(?=[百千万]*(?:元|年|个|名|人|次|项|所|周岁|岁|倍|天|日|月|级|条|款|批|部门|学期|学年|小时))"
)
_UNITS = (
    ("万元", "元"), ("(?<!万)元", "万元"), ("亿元", "万元"), ("[%％]", "个百分点"), ("个百分点", "%"), ("个月", "年"), ("(?<!\\d{4})年(?!级)", "个月"),
    ("个?工作日", "日"), ("天", "周"), ("周?岁", "年"), ("课时", "学时"), ("学时", "课时"), ("分钟", "小时"), ("小时", "分钟"), ("名", "%"),
    ("人(?!次)", "元"), ("所", "人"), ("次", "人"), ("倍", "%"), ("米", "公里"), ("万人", "人"),
)  # fmt: skip
_BOUNDS = (
    ("不(?:得|应|能)?[少低]于|至少|最[少低]", "不超过"), ("不(?:得|应|能)?超过|不高于|[至最]多", "不少于"), ("(?<!不)(?<!得)超过", "不足"),
    ("约", "不足"), ("未满|不满", "年满"), ("年满", "未满"),
)  # fmt: skip
_BEHIND = (("以上", "以下"), ("以下", "以上"), ("以内|(?<!以)内", "后"), ("左右", "以上"), ("底?前", "后"))
_NUMERAL = r"[\d二三四五六七八九十]"
_UNIT_PATTERNS = [(re.compile(rf"(?<=[\d二三四五六七八九十百千万]){old}"), new) for old, new in _UNITS]
_BOUND_PATTERNS = [
    *((re.compile(rf"(?:{old})(?=[^，。；、：:,;\n]{{0,16}}?{_NUMERAL})"), new) for old, new in _BOUNDS),
    *((re.compile(rf"(?<={_NUMERAL}[%元年岁人名次个日月所倍天])(?:{old})"), new) for old, new in _BEHIND),
]
_PERIODS = ("学期", "学年", "年", "月", "周", "天")


@dataclass(frozen=True)
class Drafted:
    """An answer about to leave."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]

    def cited(self, statement: Statement) -> list[Citation]:
        return [c for c in self.citations if c.label in statement.labels]

    def with_text(self, i: int, text: str) -> Drafted:
        return self._with(i, replace(self.statements[i], text=text))

    def with_labels(self, i: int, labels: tuple[int, ...]) -> Drafted:
        return self._with(i, replace(self.statements[i], labels=labels))

    def with_citation(self, citation: Citation) -> Drafted:
        return replace(self, citations=tuple(citation if c.label == citation.label else c for c in self.citations))

    def _with(self, i: int, statement: Statement) -> Drafted:
        return replace(self, statements=(*self.statements[:i], statement, *self.statements[i + 1 :]))


Mutation = Callable[[Random, Drafted, int, Mapping[str, PolicyDocument]], Drafted | None]


def digit(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """Another digit in an Arabic number."""
    text = drafted.statements[i].text
    places = [k for m in _figures(text) for k in range(*m.span()) if text[k].isdigit()]
    if not places:
        return None
    at = random.choice(places)
    changed = text[:at] + random.choice([d for d in "0123456789" if d != text[at]]) + text[at + 1 :]
    word = next(m for m in _ARABIC.finditer(changed) if m.start() <= at < m.end())[0]
    return None if Decimal(word) in _shown(drafted, i) else drafted.with_text(i, changed)


def han(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """Another digit in a Chinese numeral."""
    text = drafted.statements[i].text
    match = _any(random, _HAN, text)
    if match is None:
        return None
    at = random.randrange(*match.span())
    same = "两二" if text[at] in "两二" else text[at]
    changed = text[:at] + random.choice([d for d in "二三四五六七八九" if d not in same]) + text[at + 1 :]
    beside = " ".join(c.title + c.path for c in drafted.cited(drafted.statements[i]))
    return None if changed[match.start() : match.end() + 1] in beside else drafted.with_text(i, changed)


def unit(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """Another unit behind a number."""
    text = drafted.statements[i].text
    found = [(m, new) for pattern, new in _UNIT_PATTERNS for m in pattern.finditer(text)]
    match, new = random.choice(found) if found else (None, "")
    if match is None or re.search(r"(?:^|[^\d.])0+\.?0*万?$", text[: match.start()]):
        return None
    number = re.search(r"[\d二三四五六七八九十][\d.,二三四五六七八九十百千万]*$", text[: match.start()])
    if number is None or f"{number[0]}{new}" in _words(drafted, i) or _LINE_NUMBER.match(number[0]):
        return None
    return drafted.with_text(i, text[: match.start()] + new + text[match.end() :])


def bound(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """A bound turned round: 不少于 → 不超过."""
    text = drafted.statements[i].text
    found = [(m, new) for pattern, new in _BOUND_PATTERNS for m in pattern.finditer(text)]
    if not found:
        return None
    match, new = random.choice(found)
    return drafted.with_text(i, text[: match.start()] + new + text[match.end() :])


def day(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """A date some years, months or days off."""
    text = drafted.statements[i].text
    match = _any(random, re.compile(r"(?<!\d)(?:(?:19|20)\d\d(?=年)|\d{1,2}(?=月)|(?<=月)\d{1,2}(?=日))"), text)
    if match is None:
        return None
    word = str(max(int(match[0]) + random.choice([-3, -2, -1, 1, 2, 3]), 1))
    if word == match[0] or Decimal(word) in _shown(drafted, i):
        return None
    return drafted.with_text(i, text[: match.start()] + word + text[match.end() :])


def ratio(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """7:3 → 3:7."""
    text = drafted.statements[i].text
    match = _any(random, re.compile(r"(?<![\d:])(\d+)([:：∶比])(\d+)(?![\d:])"), text)
    if match is None or match[1] == match[3]:
        return None
    return drafted.with_text(i, text[: match.start()] + match[3] + match[2] + match[1] + text[match.end() :])


def period(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """每月 → 每年."""
    text = drafted.statements[i].text
    words = "|".join(_PERIODS)
    match = _any(
        random,
        re.compile(rf"(?<=每)(?:{words})(?=[^，。；、：:,;\n\d二三四五六七八九十]{{0,6}}[\d二三四五六七八九十])"),
        text,
    )
    if match is None:
        return None
    other = random.choice([word for word in _PERIODS if word != match[0]])
    return drafted.with_text(i, text[: match.start()] + other + text[match.end() :])


def appended(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """One figure more."""
    number = random.randrange(2, 100_000)
    if Decimal(number) in _shown(drafted, i):
        return None
    more = random.choice(["，另发{}元", "，共{}人", "，达到{}%", "，不少于{}次", "，为期{}年", "，即{}"]).format(number)
    return drafted.with_text(i, drafted.statements[i].text + more)


def repeated(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """A figure in the place of its neighbour: 小学400元，初中500元 → 小学500元，初中500元."""
    text = drafted.statements[i].text
    first = _any(random, re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?=万?元|%|人|名|次)"), text)
    second = _any(random, re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?=万?元|%|人|名|次)"), text)
    if first is None or second is None or first[0] == second[0]:
        return None
    if Decimal(second[0]) in {
        Decimal(m[0]) for c in drafted.cited(drafted.statements[i]) for m in _ARABIC.finditer(c.title + c.path)
    }:
        return None
    return drafted.with_text(i, text[: first.start()] + second[0] + text[first.end() :])


def shifted(random: Random, drafted: Drafted, i: int, documents: Mapping[str, PolicyDocument]) -> Drafted | None:
    """A quote at other offsets."""
    citation = random.choice(drafted.cited(drafted.statements[i]))
    by, longer = random.choice([-7, -3, -2, -1, 1, 2, 3, 7]), random.choice([-1, 0, 0, 1])
    start, end = citation.start + by, citation.end + by + longer
    moved = replace(citation, start=max(start, 0), end=end)
    same = documents[citation.document_id].text[moved.start : end] == citation.quote
    return None if same else drafted.with_citation(moved)


def elsewhere(random: Random, drafted: Drafted, i: int, documents: Mapping[str, PolicyDocument]) -> Drafted | None:
    """A quote said to be of another document, or of none that there is."""
    citation = random.choice(drafted.cited(drafted.statements[i]))
    other = random.choice([*documents, "none"])
    if other in documents and documents[other].text[citation.start : citation.end] == citation.quote:
        return None
    return drafted.with_citation(replace(citation, document_id=other))


def altered(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """Another character in a quote, or one more or fewer."""
    citation = random.choice(drafted.cited(drafted.statements[i]))
    at = random.randrange(len(citation.quote))
    new = random.choice(["", citation.quote[at] + "，", *"0159一元年%不。"])
    quote = citation.quote[:at] + new + citation.quote[at + 1 :]
    return None if quote == citation.quote else drafted.with_citation(replace(citation, quote=quote))


def exchanged(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """The label of another quote, which lacks a number of the statement."""
    others = [c for c in drafted.citations if c.label not in drafted.statements[i].labels]
    if not others:
        return None
    other = random.choice(others)
    if other.quote.startswith("|"):  # a row shows its table's caption and columns, which the statement may be
        return None
    own = {int(n) for m in _figures(drafted.statements[i].text) for n in m[0].split(".")}
    held = " ".join((other.quote, other.title, other.path, other.doc_no or "", *(d for _, d in other.dates)))
    if own <= {int(n) for n in re.findall(r"\d+", held)}:
        return None
    return drafted.with_labels(i, (other.label,))


def unlabelled(random: Random, drafted: Drafted, i: int, _: object) -> Drafted | None:
    """No label, or one that does not exist."""
    labels = drafted.statements[i].labels
    return drafted.with_labels(i, random.choice([(), (99,), (*labels, 99), (0, *labels)]))


MUTATIONS: tuple[Mutation, ...] = (
    digit, han, unit, bound, day, ratio, period, appended, repeated, shifted, elsewhere, altered, exchanged, unlabelled,
)  # fmt: skip


def mutated(
    random: Random, drafted: Drafted, i: int, documents: Mapping[str, PolicyDocument]
) -> tuple[str, Drafted] | None:
    """The answer made false in one way that suits it, and the name of the way."""
    for mutation in random.sample(MUTATIONS, len(MUTATIONS)):
        changed = mutation(random, drafted, i, documents)
        if changed is not None:
            return mutation.__name__, changed
    return None


def _any(random: Random, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return random.choice(found) if found else None


def _figures(text: str) -> list[re.Match[str]]:
    """Arabic numbers that do not number a line."""
    numbering = {k for m in _LINE_NUMBER.finditer(text) for k in range(*m.span())}
    return [m for m in _ARABIC.finditer(text) if m.start() not in numbering]


def _words(drafted: Drafted, i: int) -> str:
    beside = " ".join(
        f"{c.quote} {c.title} {c.path} {c.doc_no} {c.dates}" for c in drafted.cited(drafted.statements[i])
    )
    return f"{drafted.statements[i].text} {beside}"


def _shown(drafted: Drafted, i: int) -> set[Decimal]:
    """Every number that the statement, its quotes and what stands beside them have: to write it again is not yet false."""
    return {Decimal(m[0]) for m in _ARABIC.finditer(_words(drafted, i))}
