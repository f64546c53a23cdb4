"""Questions to go on with: from the items beside the cited one, its departments and its document's dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from bot.draft import Readable
from bot.messages import message
from bot.records import Answer, Citation
from bot.references import number_of
from index.records import Article, PolicyDocument

MOST, TRIED = 3, 6
_SHORT_ENOUGH = 18


def suggest(answer: Answer, library: Readable, ask: Callable[[str], Answer]) -> Iterator[tuple[str, ...]]:
    """Up to `MOST` questions, each asked first: it is offered only if the document it comes from answers it.

    Yields those found so far after each one asked, so that who no longer wants them can leave off.
    """
    if not answer.citations:
        return
    cited = answer.citations[0]
    offered: list[str] = []
    for _, question in zip(range(TRIED), _candidates(answer, cited, library), strict=False):
        found = ask(question)
        if found.outcome.gives_answer and any(c.document_id == cited.document_id for c in found.citations):
            offered.append(question)
        yield tuple(offered)
        if len(offered) == MOST:
            return


def _candidates(answer: Answer, cited: Citation, library: Readable) -> Iterator[str]:
    document = library.document(cited.document_id)
    articles = library.articles(document.id)
    here = next((a for a in articles if a.anchor == cited.anchor), articles[0])
    name = _name(document)
    if here.responsible and here.heading and answer.question.answer_type != "who":
        yield message("followup_responsible", name=name, heading=here.heading)
    for article in _beside(here, articles):
        if article.heading and len(article.heading) <= _SHORT_ENOUGH:
            yield message("followup_item", name=name, heading=article.heading)
        elif article.kind == "article" and number_of(article.number):
            yield message("followup_article", name=name, number=article.number)
    if document.effective or document.published:
        yield message("followup_validity", name=name)


def _beside(here: Article, articles: Sequence[Article]) -> Iterator[Article]:
    """The items of the same level after and before the cited one, nearest first."""
    alike = [a for a in articles if a.kind == here.kind and a.level == here.level]
    at = next((i for i, a in enumerate(alike) if a.ordinal == here.ordinal), -1)
    if at >= 0:
        yield from (alike[i] for i in (at + 1, at - 1, at + 2) if 0 <= i < len(alike))


def _name(document: PolicyDocument) -> str:
    """What to call the document: its title, or what it issues, without brackets and 中华人民共和国."""
    title = re.sub(r"[(（][^()（）]*[)）]", "", document.title)
    issued = re.search(r"《([^《》]+)》", title)
    return f"《{(issued[1] if issued else title).replace('中华人民共和国', '')}》"
