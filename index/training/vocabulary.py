"""The tokenizer: words with their log frequencies as a Unigram model, so that Viterbi finds the likeliest segmentation."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

WORDS, LEAST, LONGEST = 60_000, 3, 6
_UNKNOWN = ("[UNK]", -30.0)
_RARE = 0.5


def build_tokenizer(texts: Iterable[str], extra: Sequence[str] = ()) -> Tokenizer:
    """Words of at least `LEAST` occurrences by jieba's dictionary, every character seen twice, and `extra` words."""
    import jieba

    words: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for text in texts:
        characters.update(text)
        words.update(w for w in jieba.cut(text, HMM=False) if len(w) <= LONGEST and w.strip())
    counts: dict[str, float] = {w: float(n) for w, n in words.most_common(WORDS) if n >= LEAST}
    for word in [*(c for c, n in characters.items() if n >= 2 and c.strip()), *extra]:
        counts.setdefault(word, _RARE)
    total = sum(counts.values())
    vocabulary = [_UNKNOWN, *((w, math.log(n / total)) for w, n in counts.items())]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    return tokenizer


def inverse_frequency(tokenizer: Tokenizer, texts: Sequence[str]) -> list[float]:
    """Smoothed inverse document frequency of every token, by token id."""
    seen: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch([t[:400] for t in texts]):
        seen.update(set(encoding.ids))
    return [math.log(1 + len(texts) / (1 + seen[i])) for i in range(tokenizer.get_vocab_size())]


def wordless(tokenizer: Tokenizer) -> set[int]:
    """Ids of tokens without a letter or figure."""
    return {i for token, i in tokenizer.get_vocab().items() if not re.search(r"\w", token)}
