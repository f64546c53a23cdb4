"""How the documents of a library relate: later versions, repeals, issued and forwarded texts, grounds; and who succeeds whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from index.claims import claims_of
from index.records import Claim, PolicyDocument, RelationKind
from index.versions import SHORTEST, base_title, day_of, in_force_from, is_cover, is_draft, version_date

_NUMBER = re.compile(r"(?P<body>[一-龥]+)〔(?P<year>\d{4})〕(?P<serial>\d+)号")
_TOGETHER = timedelta(days=365)  # a notice issues the text of its name that is dated within a year of it
_KEPT_UNHELD = ("supersedes", "based_on")


@dataclass(frozen=True, slots=True)
class Relation:
    """`source` supersedes, amends, issues, forwards or rests on `target`; both are document ids.

    `target` is empty where the library does not hold the text, which `title` names in any case. `since`: the day from which
    the one supersedes the other, None where it is not known. `basis`: the words that say so, empty where titles and dates do.
    """

    kind: RelationKind
    source: str
    target: str
    title: str
    since: date | None = None
    basis: str = ""


def relate(documents: Iterable[PolicyDocument], claims: Iterable[tuple[str, Claim]]) -> tuple[Relation, ...]:
    """All relations of a library, sorted. `claims` come with the id of their document; texts of documents are not read."""
    official = {d.id: d for d in documents if d.kind != "third_party"}
    names = _Names(official.values())
    found = [*_versions(official.values())]
    found += [r for i, claim in claims if i in official for r in names.resolve(official[i], claim)]
    # The same relation by titles and in words is one, in words.
    unique = {
        (r.kind, r.source, r.target or r.title): r for r in sorted(found, key=lambda r: (r.basis != "", *_order(r)))
    }
    return tuple(sorted(unique.values(), key=_order))


def _order(relation: Relation) -> tuple[str, ...]:
    r = relation
    return r.kind, r.source, r.target, r.title, str(r.since), r.basis


def _versions(documents: Iterable[PolicyDocument]) -> Iterator[Relation]:
    """Each version of a title with the one before it. A draft is followed by the next version and follows none."""
    titled: dict[str, list[PolicyDocument]] = defaultdict(list)
    for document in documents:
        if version_date(document):
            titled[base_title(document.title)].append(document)
    for namesakes in titled.values():
        for group in _of_one_place(namesakes) if len(namesakes) > 1 else ():
            levels = _levels([d for d in group if not is_draft(d)])
            pairs = [(old, new[-1]) for olds, new in pairwise(levels) for old in olds]
            for draft in filter(is_draft, group):
                after = next((level for level in levels if day_of(level[-1]) >= day_of(draft)), None)
                pairs += [(draft, after[-1])] if after else []
            for old, new in pairs:
                yield Relation("supersedes", new.id, old.id, old.title, in_force_from(new))


def _of_one_place(documents: Sequence[PolicyDocument]) -> Iterator[list[PolicyDocument]]:
    """Documents of one title by place, else by issuer; those of no known place go with the others of one place."""
    places = {d.place.path for d in documents if d.place}
    if len(places) == 1:
        yield list(documents)
        return
    groups: dict[tuple[str, ...], list[PolicyDocument]] = defaultdict(list)
    for document in documents:
        if document.place or not places:
            groups[document.place.path if document.place else document.issuers].append(document)
    yield from groups.values()


def _levels(documents: Iterable[PolicyDocument]) -> list[list[PolicyDocument]]:
    """Documents by version, oldest first: of one day, or a notice and the text that it issues."""
    levels: list[list[PolicyDocument]] = []
    for document in sorted(documents, key=lambda d: (day_of(d), d.id)):
        last = levels[-1][-1] if levels else None
        if last and (day_of(last) == day_of(document) or _cover_and_text(last, document)):
            levels[-1].append(document)
        else:
            levels.append([document])
    return levels


def _cover_and_text(one: PolicyDocument, other: PolicyDocument) -> bool:
    return is_cover(one) != is_cover(other) and day_of(other) - day_of(one) <= _TOGETHER


class _Names:
    """Documents by what others call them: title, title without place or issuer, 文号."""

    def __init__(self, documents: Iterable[PolicyDocument]) -> None:
        self._titles: dict[str, list[PolicyDocument]] = defaultdict(list)
        self._local: dict[str, list[PolicyDocument]] = defaultdict(list)
        self._numbers: dict[tuple[str, str], list[tuple[str, PolicyDocument]]] = defaultdict(list)
        for document in documents:
            title = base_title(document.title)
            self._titles[title].append(document)
            for short in _short_titles(title, document):
                self._local[short].append(document)
            number = _NUMBER.fullmatch(document.doc_no or "")
            if number:
                self._numbers[number["year"], number["serial"]].append((number["body"], document))

    def resolve(self, document: PolicyDocument, claim: Claim) -> Iterator[Relation]:
        """The relations that a claim of `document` makes; to a text by name alone where the library does not hold it."""
        found = [d for d in self._named(claim) if d.id != document.id and _may_relate(claim.kind, document, d)]
        since = (claim.since or in_force_from(document)) if claim.kind == "supersedes" else None
        if claim.kind == "supersedes":
            found = [d for d in found if _is_older(d, document)]
        elif found:
            found = [_version_at(found, version_date(document))]
        for target in found:
            yield Relation(claim.kind, document.id, target.id, target.title, since, claim.basis)
        if not found and claim.kind in _KEPT_UNHELD and not self._is_own(document, claim):
            yield Relation(claim.kind, document.id, "", claim.title or claim.number, since, claim.basis)

    def _named(self, claim: Claim) -> Sequence[PolicyDocument]:
        number = _NUMBER.fullmatch(claim.number)
        if number:
            same = self._numbers.get((number["year"], number["serial"]), ())
            if found := [d for body, d in same if number["body"].endswith(body)]:
                return found
        title = base_title(claim.title)
        about = title[title.find("关于") :] if "关于" in title else title
        return self._titles.get(title) or self._local.get(title) or self._local.get(about) or () if title else ()

    def _is_own(self, document: PolicyDocument, claim: Claim) -> bool:
        """A law that names its own title as its ground (实施办法 in its own history) says nothing."""
        return claim.kind == "based_on" and base_title(claim.title) == base_title(document.title)


def _short_titles(title: str, document: PolicyDocument) -> set[str]:
    """A title from 关于 on, and without the name of its place: what the document's own issuer may call it."""
    place = document.place
    short = {title[title.find("关于") :]} if "关于" in title else set()
    names = (place.full_name, place.name) if place and place.path else ()
    short |= {title.removeprefix(name) for name in names}
    return {name for name in short if name != title and len(name) >= SHORTEST}


def _may_relate(kind: RelationKind, document: PolicyDocument, other: PolicyDocument) -> bool:
    """Whether the places allow it: one forwards and rests on what holds above it, and repeals what is its own."""
    if document.place is None or other.place is None:
        return True
    if kind in ("forwards", "based_on"):
        return other.place.covers(document.place)
    if kind == "issues" and not _together(document, other):
        return False
    return document.place == other.place


def _together(cover: PolicyDocument, text: PolicyDocument) -> bool:
    days = version_date(cover), version_date(text)
    return not is_cover(text) and (None in days or abs(day_of(cover) - day_of(text)) <= _TOGETHER)


def _is_older(old: PolicyDocument, document: PolicyDocument) -> bool:
    """Whether `document` can have repealed `old`, which may since have been issued anew under the same name."""
    day, begun = version_date(old), document.effective or version_date(document)
    if day is None or begun is None:
        return base_title(old.title) != base_title(document.title)
    return day < begun and day < day_of(document)


def _version_at(versions: Sequence[PolicyDocument], day: date | None) -> PolicyDocument:
    """The version that a document of that day means: the newest one not after it, else the oldest."""
    ordered = sorted((d for d in versions if not is_draft(d)), key=lambda d: (day_of(d), d.id)) or list(versions)
    return next((d for d in reversed(ordered) if day and day_of(d) <= day), ordered[0])


class Succession:
    """Which document has taken the place of which, as of any day."""

    def __init__(self, documents: Mapping[str, PolicyDocument], relations: Iterable[Relation]) -> None:
        self._documents = documents
        self._next: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for relation in relations:
            if relation.kind == "supersedes" and relation.target:
                self._next[relation.target].append((relation.since or date.min, relation.source))

    def newer(self, document_id: str, on: date) -> PolicyDocument | None:
        """The document that has taken the place of this one by that day, the last of a chain; None where it still stands."""
        at, seen = document_id, {document_id}
        while due := [(since, i) for since, i in self._next.get(at, ()) if since <= on and i not in seen]:
            at = max(due)[1]
            seen.add(at)
        return self._documents[at] if at != document_id else None

    @lru_cache(maxsize=8)  # noqa: B019  a succession lives as long as its library
    def as_of(self, on: date) -> Mapping[str, PolicyDocument]:
        """Every document id that is superseded on that day, with what took its place."""
        return {i: newer for i in self._next if (newer := self.newer(i, on))}


def later_versions(documents: Iterable[PolicyDocument]) -> Mapping[str, PolicyDocument]:
    """What is superseded today and by what, read from the texts themselves; a library has it stored."""
    by_id = {d.id: d for d in documents}
    claims = ((d.id, claim) for d in by_id.values() for claim in claims_of(d))
    return Succession(by_id, relate(by_id.values(), claims)).as_of(date.today())
