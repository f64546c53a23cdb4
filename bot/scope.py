"""Which documents apply to the asker's place and day: places, later versions, repeals."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from index.places import short_name
from index.records import Place, PolicyDocument
from index.tokens import fold

_REPEALED = re.compile(
    r"《([^《》]{3,60})》(?:[（(][^（）()]*[)）])?(?:、《[^《》]+》)*(?:同时|即行|予以|自[^，。]{4,14}起)废止"
)


def applies(document: PolicyDocument, places: Sequence[Place]) -> bool:
    """Whether the document's rules hold in one of the places: its own place or an ancestor's; no place asks for any.

    A third-party text rules nowhere; it speaks about the places that it names.
    """
    if not places:
        return True
    if document.kind == "third_party":
        return any(short_name(place.name) in document.text for place in places)
    return document.place is not None and any(document.place.covers(place) for place in places)


def standing(document: PolicyDocument, places: Sequence[Place]) -> str:
    """How a document stands to the asked places, as a message key: of a level above them, or nothing to say."""
    above = document.place is not None and bool(places) and document.kind != "third_party"
    return "higher_level" if above and document.place not in places and applies(document, places) else ""


def later_versions(documents: Iterable[PolicyDocument]) -> dict[str, PolicyDocument]:
    """For each superseded document id the document that took its place: a later version of its title, or its repeal."""
    by_title: dict[str, list[PolicyDocument]] = defaultdict(list)
    for document in documents:
        if document.kind != "third_party":
            by_title[base_title(document.title)].append(document)
    superseded: dict[str, PolicyDocument] = {}
    for versions in by_title.values():
        dated = sorted((d for d in versions if version_date(d)), key=lambda d: version_date(d) or date.min)
        superseded |= {old.id: dated[-1] for old in dated[:-1] if version_date(old) != version_date(dated[-1])}
    for versions in by_title.values():
        for document in versions:
            for repealed in _REPEALED.findall(document.text) if "废止" in document.text else ():
                for old in by_title.get(base_title(repealed), ()):
                    if old.id != document.id and old.id not in superseded:
                        superseded[old.id] = superseded.get(document.id, document)
    return superseded


def base_title(title: str) -> str:
    """A title without 中华人民共和国, brackets and marks of trial or year, so that versions of one text meet."""
    return re.sub(r"中华人民共和国|[(（][^()（）]*[)）]|[《》]", "", fold(title))


def version_date(document: PolicyDocument) -> date | None:
    """The day that orders versions of one text: its last amendment or publication, whichever is known to be later."""
    return max((d for d in (document.written, document.published) if d), default=document.effective)
