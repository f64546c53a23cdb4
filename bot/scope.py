"""Which documents apply to the asker's place."""

from __future__ import annotations

from collections.abc import Sequence

from index.places import short_name
from index.records import Place, PolicyDocument


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
