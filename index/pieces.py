"""Folded texts → token ids of a model. Each distinct piece between two marks is tokenized once: a text is stored and embedded."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from tokenizers import Tokenizer

# Marks that the tokenizer makes tokens of their own (and blanks, which it drops), so that no token reaches across one.
_MARK = re.compile(r"([ ,;:()。、《》“”])")
_WORD = re.compile(r"[\u4e00-\u9fff〇a-z0-9]+")  # what its normalizer and its pre-tokenizer leave as it is
_REMEMBERED = 65_536


class Pieces:
    """A tokenizer that sets punctuation apart and remembers the pieces it has met last."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._model = tokenizer.model
        self._ids_of = lru_cache(_REMEMBERED)(self._piece)

    def ids(self, text: str) -> list[int]:
        """What the tokenizer makes of a text."""
        found: list[int] = []
        for piece in _MARK.split(text):
            found += self._ids_of(piece)
        return found

    def _piece(self, piece: str) -> tuple[int, ...]:
        if _WORD.fullmatch(piece):  # straight to the model: normalizing takes longer than all the rest
            return tuple(token.id for token in self._model.tokenize(piece))
        return tuple(self._tokenizer.encode(piece, add_special_tokens=False).ids)


@cache
def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder, read once."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@cache
def pieces_of(tokenizer: Tokenizer) -> Pieces:
    """The pieces of a tokenizer, shared by all that read texts with it."""
    return Pieces(tokenizer)
