"""The questions that a language model wrote into the library: which articles lack theirs, and a generation that has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from index.asked import Asked, asked_before
from index.build import Change, build
from index.catalogue import Catalogue
from index.doc_questions import Asker, Kept, Topic, topics_of, write_questions
from index.embed import Embedder
from index.generation import current, earlier
from index.manifest import Manifest, read_manifest
from index.stores import Server


@dataclass(frozen=True, slots=True)
class Told:
    """What came of asking: how many articles have questions, how many lack them and why, and the generation that holds them."""

    asked: int
    unasked: int
    failure: str
    manifest: Manifest


def add_questions(home: Path, embedder: Embedder, asker: Asker, *, fresh: bool, server: Server | None = None) -> Told:
    """Ask about every article of the current generation that has not been asked about, and index what came.

    The library's lock must be held. `fresh`: the generation was built just now; the one before it is kept too. Never raises for
    what a model does.
    """
    folder = current(home)
    manifest = read_manifest(folder)
    kept = Kept(home)
    catalogue = Catalogue(folder / "catalogue.db")
    try:
        by_document = {d.id: topics_of(d, catalogue.articles(d.id), asker.model.name) for d in catalogue.documents()}
        files = tuple(catalogue.files().values())
    finally:
        catalogue.close()
    topics = [topic for of_document in by_document.values() for topic in of_document]
    failure = _ask_about([t for t in topics if t.key not in kept], asker, kept)
    asked = {document_id: _texts(of_document, kept) for document_id, of_document in by_document.items()}
    before = asked_before(folder)
    changed = {i: Asked(texts, _digest(texts)) for i, texts in asked.items() if _digest(texts) != before.get(i, "")}
    if changed:
        change = Change((), (), files, asked=changed)
        spares = [spare for spare, _ in earlier(home)[:1]] if fresh else []
        manifest = build(home, folder, change, embedder, spares=spares, server=server)
    done = sum(t.key in kept for t in topics)
    return Told(done, len(topics) - done, failure, manifest)


def _ask_about(missing: list[Topic], asker: Asker, kept: Kept) -> str:
    if not missing or not asker.agree(asker.estimate(missing)):
        return ""
    return write_questions(missing, asker, kept)


def _texts(topics: list[Topic], kept: Kept) -> dict[int, str]:
    return {t.article: text for t in topics if (text := kept.text(t.key))}


def _digest(texts: Mapping[int, str]) -> str:
    """A hash of what was written about a document, empty where nothing was."""
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:16] if texts else ""
