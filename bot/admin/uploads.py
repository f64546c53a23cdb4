"""Pages about files on their way in: upload, what was read of them, taking them in."""

from __future__ import annotations

from datetime import date

from starlette.responses import RedirectResponse, Response

from bot.admin.desk import Desk
from bot.admin.door import Visit, chosen
from bot.admin.jobs import Tell
from bot.admin.staging import Preview
from bot.document_view import excerpts, fix_label, view
from bot.messages import message
from bot.site import BadInput
from index.overrides import overrides_of
from index.records import ParsedDocument

SHOWN_FIXES = 20


def upload(desk: Desk, visit: Visit) -> Response:
    """Keep what was uploaded and begin to read it; what was not taken is told on the page of waiting files."""
    refused: list[str] = []
    taken: set[str] = set()
    for file in [*visit.files("files"), *visit.files("folder")]:
        try:
            desk.staging.put(file.filename or "", file.file, taken)
        except BadInput as error:
            refused.append(str(error))
    if not taken:
        raise BadInput("\n".join(refused) or message("upload_nothing", file="admin"))

    def work(tell: Tell) -> str:
        count = desk.staging.read(tell)
        return "\n".join([message("checked", file="admin", count=count), *refused])

    desk.jobs.start(message("job_check", file="admin"), work)
    return RedirectResponse("/admin/progress", 303)


def check(desk: Desk, visit: Visit) -> Response:  # noqa: ARG001
    """Read what is waiting and unread, as after a restart."""
    said = message("job_check", file="admin")
    desk.jobs.start(said, lambda tell: message("checked", file="admin", count=desk.staging.read(tell)))
    return RedirectResponse("/admin/progress", 303)


def staged(desk: Desk, visit: Visit) -> Response:
    rows = [(name, desk.staging.preview(name), desk.holdings.has(name)) for name in desk.staging.names()]
    settings = desk.shelf.settings
    return visit.page(
        "staged",
        rows=rows,
        unread=len(desk.staging.unread()),
        makes_folder=settings.uses_samples and settings.documents is None,
        samples=settings.uses_samples,
    )


def preview(desk: Desk, visit: Visit) -> Response:
    name = visit.field("file")
    found = corrected(desk, name)
    if found is None:
        raise BadInput(message("file_unread", file="admin"))
    known = {d.id for d in desk.shelf.answerer.library.documents()}
    documents = [_shown(d, known=d.document.id in known) for d in found.documents]
    return visit.page("preview", file=found, documents=documents, replaces=desk.holdings.has(name))


def corrected(desk: Desk, name: str) -> Preview | None:
    """A waiting file with what was corrected of it, and of a file of its name that it will replace."""
    earlier = overrides_of(desk.holdings.folder, name) if desk.holdings.has(name) else ()
    return desk.staging.corrected(name, earlier)


def _shown(parsed: ParsedDocument, *, known: bool) -> dict[str, object]:
    """What the page shows of a document: its facts, outline, repairs with examples, and what is missing."""
    document = parsed.document
    shown = view(document, parsed.articles, parsed.tables, on=date.today())
    fixes = [f for f in document.fixes if f.confidence != "damaged"]
    return {
        "document": document,
        "known": known,
        "facts": shown.facts,
        "fixes": shown.fixes,
        "examples": [(f.line, fix_label(f.name), *excerpts(f)) for f in fixes[:SHOWN_FIXES]],
        "damaged": shown.damaged,
        "outline": [(s["level"], s["label"]) for s in shown.sections if s["label"]],
        "tables": len(parsed.tables),
        "chunks": len(parsed.chunks),
        "found": document.text.partition("\n")[0],
    }


def admit(desk: Desk, visit: Visit) -> Response:
    """Take the chosen files in; one that replaces a file needs a second tick."""
    names = chosen(visit.fields("file"), desk.staging.names())
    agreed = set(visit.fields("replace"))
    unread = [n for n in names if (p := desk.staging.preview(n)) is None or p.refused]
    over = [n for n in names if desk.holdings.has(n) and n not in agreed]
    if not names or unread or over:
        key = "admit_nothing" if not names else "admit_unread" if unread else "admit_over"
        raise BadInput(message(key, file="admin", names="、".join((unread or over)[:5])))
    folder = desk.holdings.own_folder()
    return desk.change(message("job_admit", file="admin"), lambda: desk.staging.admit(names, folder))


def discard(desk: Desk, visit: Visit) -> Response:
    desk.staging.discard(chosen(visit.fields("file"), desk.staging.names()))
    return RedirectResponse("/admin/staged", 303)
