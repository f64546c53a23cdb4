"""Texts → vectors: the embedded model or any other sentence-transformers model (the only importer of sentence_transformers)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import SettingsError
from index.pieces import load_tokenizer, pieces_of
from index.tokens import fold

BUILTIN = Path(__file__).with_name("model")
_BATCH = 256
_PARTS = ("model.safetensors", "tokenizer.json", "modules.json")
# The files of a model folder that decide its vectors.
_DECIDING = ("*.safetensors", "*.bin", "*.model", "tokenizer.json", "vocab.txt", "modules.json")


class Embedder(Protocol):
    """Turns texts into unit vectors. `name` tells one model from another; vectors of two models never mix."""

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model, loaded at first use (the import alone takes seconds). `local`: never ask a network."""

    def __init__(self, spec: str, name: str, *, local: bool) -> None:
        self._spec = spec
        self._local = local
        self.name = name

    @cached_property
    def _model(self) -> Any:
        return self._opened()

    def _opened(self) -> Any:
        if self._local:
            os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        try:
            # Half-precision weights save space on disk; processors compute faster in single precision.
            return SentenceTransformer(self._spec, device="cpu", local_files_only=self._local).float()
        except (OSError, ValueError) as error:
            raise SettingsError("嵌入模型打不开，请检查 YOUJU_EMBEDDER，或删去这项设置改用自带模型。") from error

    @cached_property
    def dimensions(self) -> int:
        return int(self.embed(["长度"]).shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimensions) unit rows; a text without any known token gets the zero vector."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        folded = [fold(t) for t in texts]
        vectors = self._model.encode(folded, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.nan_to_num(np.asarray(vectors, dtype=np.float32))


class BuiltinEmbedder(SentenceTransformerEmbedder):
    """The embedded model: `encode` in all but the tokenizer, whose work is shared with the tokens that are stored."""

    @cached_property
    def _model(self) -> Any:
        model = self._opened()
        model[0].tokenizer = load_tokenizer(BUILTIN)  # one in memory instead of two, 50 MB each
        return model

    @property
    def rows(self) -> NDArray[np.float32]:
        """(V, dimensions): each token's vector times its weight, in the memory of the model itself."""
        return np.asarray(self._model[0].embedding.weight.detach().numpy(), dtype=np.float32)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimensions) unit rows; a text without any known token gets the zero vector."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        model = self._model
        import torch

        pieces = pieces_of(load_tokenizer(BUILTIN))
        ids = [pieces.ids(fold(t)) for t in texts]
        joined = np.fromiter(chain.from_iterable(ids), dtype=np.int64)
        starts = np.cumsum([0, *map(len, ids[:-1])])
        with torch.inference_mode():
            features = {"input_ids": torch.from_numpy(joined), "offsets": torch.from_numpy(starts)}
            means = model(features)["sentence_embedding"]
            return np.asarray(torch.nn.functional.normalize(means).numpy(), dtype=np.float32)


def load_embedder(spec: str | None = None) -> Embedder:
    """The model named by `spec` (a folder or a hub name), else the embedded one, which a process loads once.

    Raises `SettingsError` where there is none.
    """
    if spec and Path(spec).is_dir():
        return SentenceTransformerEmbedder(spec, f"{Path(spec).resolve().name}:{_digest(Path(spec))}", local=True)
    if spec:
        return SentenceTransformerEmbedder(spec, spec, local=False)
    return builtin()


@cache
def builtin() -> BuiltinEmbedder:
    """The embedded model. Raises `SettingsError` where it is not whole."""
    if not all((BUILTIN / name).is_file() for name in _PARTS):
        raise SettingsError("自带的嵌入模型不完整，请重新安装本程序，或用 YOUJU_EMBEDDER 指定别的模型。")
    return BuiltinEmbedder(str(BUILTIN), f"builtin:{_digest(BUILTIN)}", local=True)


def _digest(folder: Path) -> str:
    """Hash of a model's weights and tokenizer: a model trained anew in the same folder is another model."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in _DECIDING for p in folder.rglob(pattern)):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:8]
