"""Why a section was chosen, in words: which words it shares with the question and which features spoke for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language import Language, said
from bot.messages import wordings
from bot.records import Citation, Hit
from bot.retrieve import weights
from bot.wording import strip_question_words
from index.tokens import fold

STRONGEST = 5
_HAN = re.compile(r"[\u4e00-\u9fff0-9]")


def reasons(citation: Citation, hits: Sequence[Hit], search: str, language: Language = "zh-CN") -> list[str]:
    """Sentences on a citation, the strongest first; the texts are the `why_…` keys of `prompts/page.md`."""
    shared = shared_words(f"{citation.title}{citation.path}{citation.quote}", search)
    found = [said("why_words", language, words="、".join(f"“{word}”" for word in shared))] if shared else []
    hit = _hit_of(citation, hits)
    return [*found, *(said(f"why_{name}", language) for name in _strongest(hit))] if hit else found


def shared_words(text: str, search: str) -> list[str]:
    """The longest runs of two characters or more that the question's own words share with a text, in the question's order.

    >>> shared_words("学校可以收取午休看护服务费", "学校的午休可以收费吗")
    ['学校', '午休', '可以收']
    """
    written, asked = fold(text), strip_question_words(fold(search))
    found, at = [], 0
    while at < len(asked):
        end = at
        while end < len(asked) and _HAN.fullmatch(asked[end]) and asked[at : end + 1] in written:
            end += 1
        if end - at > 1:
            found.append(asked[at:end])
        at = max(end, at + 1)
    return list(dict.fromkeys(found))


def _hit_of(citation: Citation, hits: Sequence[Hit]) -> Hit | None:
    """The hit whose passage the citation comes from, else the best one of its document."""
    same = [h for h in hits if h.chunk.document_id == citation.document_id]
    within = [h for h in same if h.chunk.start < citation.end and citation.start < h.chunk.end]
    return next(iter(within or same), None)


def _strongest(hit: Hit) -> list[str]:
    """Names of the features that added most to the hit's score and have words, one for each wording."""
    added = {name: weight * hit.why.get(name, 0.0) for name, weight in weights().items()}
    words = wordings("page")
    named = [n for n in sorted(added, key=lambda n: -added[n]) if added[n] > 0 and f"why_{n}" in words]
    by_wording = {words[f"why_{n}"]: n for n in reversed(named)}
    return sorted(by_wording.values(), key=lambda n: -added[n])[:STRONGEST]
