"""Pages about what visitors asked and thought: feedback, questions without an answer, and the words of the staff lexicon."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from starlette.responses import RedirectResponse, Response

from bot.admin.desk import Desk
from bot.admin.door import Visit
from bot.feedback import reason_label
from bot.kept import REASONS, Unanswered
from bot.likeness import alike, bare, distinct
from bot.messages import message
from bot.rehearsal import rehearse, to_file, to_page
from bot.site import BadInput
from index.errors import LexiconError

SHOWN, GROUPS, REHEARSED = 200, 200, 60
EXAMPLES = Path(__file__).resolve().parent.parent / "examples.toml"


def feedback(desk: Desk, visit: Visit) -> Response:
    kept = desk.shelf.journal.feedback()
    wanted = visit.field("reason")
    counts = Counter(reason for given, _ in kept for reason in given.reasons)
    rows = [(given, receipt) for given, receipt in kept if not wanted or wanted in given.reasons]
    return visit.page(
        "feedback",
        good=sum(given.good for given, _ in kept),
        bad=sum(not given.good for given, _ in kept),
        reasons=[(reason, reason_label(reason), counts[reason]) for reason in REASONS],
        wanted=wanted,
        label=reason_label,
        rows=rows[:SHOWN],
        count=len(rows),
    )


def questions(desk: Desk, visit: Visit) -> Response:
    """Questions that found no answer, those alike together; those that were dealt with are dropped."""
    journal = desk.shelf.journal
    if visit.request.method == "POST":
        journal.drop_questions([int(i) for i in visit.field("ids").split(",") if i.isdecimal()][:10_000])
        return RedirectResponse("/admin/questions", 303)
    kept = journal.questions()
    groups = _grouped(desk, kept)
    keeps = desk.shelf.settings.keep_questions
    return visit.page("questions", keeps=keeps, groups=groups[:GROUPS], count=len(kept), days=journal.days)


def _grouped(desk: Desk, kept: list[Unanswered]) -> list[list[Unanswered]]:
    if not kept:
        return []
    vectors = desk.shelf.embedder.embed([bare(q.question) for q in kept])
    return [[kept[i] for i in group] for group in alike(vectors)]


def lexicon(desk: Desk, visit: Visit) -> Response:
    """Edit the staff lexicon: try it on known questions first, then save it."""
    path = desk.shelf.settings.lexicon
    if path is None:
        return visit.page("lexicon", path=None, written="", changes=None, tried=0, said="", saved=False)
    if visit.request.method != "POST":
        saved = visit.field("saved") == "1"
        return visit.page(
            "lexicon", path=path.name, written=to_page(_read(path)), changes=None, tried=0, said="", saved=saved
        )
    written = to_file(visit.field("written"))
    asked = _known_questions(desk)
    try:
        changes = rehearse(desk.shelf.answerer, written, asked)
    except LexiconError as error:
        return visit.page(
            "lexicon",
            400,
            path=path.name,
            written=to_page(written),
            changes=None,
            tried=0,
            said=str(error),
            saved=False,
        )
    if visit.field("do") == "save":
        _write(path, written)
        desk.shelf.reload()
        return RedirectResponse("/admin/lexicon?saved=1", 303)
    return visit.page(
        "lexicon", path=path.name, written=to_page(written), changes=changes, tried=len(asked), said="", saved=False
    )


def _known_questions(desk: Desk) -> list[str]:
    """The example questions and the newest unanswered ones."""
    visitors = tomllib.loads(EXAMPLES.read_text(encoding="utf8"))["visitor"]
    examples = [question for visitor in visitors for question in visitor["questions"]]
    unanswered = [q.question for q in desk.shelf.journal.questions(REHEARSED)]
    return distinct([*examples, *unanswered])[:REHEARSED]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(message("lexicon_unreadable", file="admin")) from error


def _write(path: Path, text: str) -> None:
    """Replace the file in one step, so that no server reads half of it."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(text, encoding="utf8")
        fresh.replace(path)
    except OSError as error:
        raise BadInput(message("lexicon_unwritable", file="admin")) from error
