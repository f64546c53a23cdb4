"""Pages about the library as it is: overview, files and quarantine, taking out and putting back, earlier generations, progress."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response

from bot.admin.desk import Desk
from bot.admin.door import Visit, chosen
from bot.messages import message
from bot.site import BadInput
from index.errors import JournalError, LibraryError, NoLibrary
from index.generation import current, earlier, roll_back
from index.late import tokenizer_version
from index.manifest import Manifest, read_manifest
from index.records import PolicyDocument
from index.removed import removed

PAGE = 100  # files of one page


def overview(desk: Desk, visit: Visit) -> Response:
    """How things stand, with what begins most work; shown too where the library or the journal cannot be read."""
    settings = desk.shelf.settings
    troubles: list[str] = []
    info, held, feedback, questions = None, [], [], []
    try:
        info = desk.shelf.answerer.info
        held = desk.holdings.files(desk.shelf.answerer.library)
    except LibraryError as error:
        troubles.append(str(error))
    try:
        feedback, questions = desk.shelf.journal.feedback(), desk.shelf.journal.questions()
    except JournalError as error:
        troubles.append(str(error))
    return visit.page(
        "overview",
        troubles=troubles,
        info=info,
        samples=settings.uses_samples,
        quarantined=sum(bool(f.reason) for f in held),
        outside=sum(not f.inside for f in held),
        waiting=len(desk.staging.names()),
        bad=sum(not f.good for f, _ in feedback),
        feedback=len(feedback),
        questions=len(questions),
        keeps_questions=settings.keep_questions,
        last=desk.jobs.last,
    )


def files(desk: Desk, visit: Visit) -> Response:
    wanted = visit.field("q").strip()[:100]
    held = [f for f in desk.holdings.files(desk.shelf.answerer.library) if wanted in f.name + _titles(f.documents)]
    number = int(visit.field("page")) if visit.field("page").isdecimal() else 1
    last = max(1, -(-len(held) // PAGE))
    number = min(max(number, 1), last)
    return visit.page(
        "files",
        wanted=wanted,
        count=len(held),
        rows=held[(number - 1) * PAGE : number * PAGE],
        number=number,
        last=last,
        removed=desk.holdings.removed(),
        samples=desk.shelf.settings.uses_samples,
    )


def _titles(documents: Sequence[PolicyDocument]) -> str:
    return " ".join(d.title for d in documents)


def remove(desk: Desk, visit: Visit) -> Response:
    """Ask before a file is taken out, then take it out."""
    held = next((f for f in desk.holdings.files(desk.shelf.answerer.library) if f.name == visit.field("file")), None)
    if held is None or not held.inside:
        raise BadInput(message("file_gone", file="admin"))
    desk.holdings.fixed()
    if visit.request.method != "POST":
        return visit.page("remove", held=held)
    if visit.field("withhold"):
        desk.shelf.journal.withhold([d.id for d in held.documents])
    return desk.change(message("job_remove", file="admin"), lambda: desk.holdings.remove(held.name))


def put_back(desk: Desk, visit: Visit) -> Response:
    removed = next((r for r in desk.holdings.removed() if r.id == visit.field("file")), None)
    if removed is None:
        raise BadInput(message("file_gone", file="admin"))
    return desk.change(message("job_put_back", file="admin"), lambda: desk.holdings.put_back(removed))


def sync(desk: Desk, visit: Visit) -> Response:  # noqa: ARG001
    return desk.change(message("job_sync", file="admin"))


def progress(desk: Desk, visit: Visit) -> Response:
    return visit.page("progress", last=desk.jobs.last)


def generations(desk: Desk, visit: Visit) -> Response:
    """The generations that can be gone back to, and going back: also where the current one is damaged."""
    home = desk.shelf.settings.home
    found = [m for _, m in earlier(home) if _opens(m, desk.shelf.embedder.name)]
    if visit.request.method != "POST":
        try:
            now: Manifest | None = read_manifest(current(home))
        except LibraryError:
            now = None
        return visit.page("generations", now=now, found=found)
    wanted = chosen([visit.field("generation")], [str(m.generation) for m in found])
    if not wanted:
        raise NoLibrary(message("no_generation", file="admin"))
    roll_back(home, int(wanted[0]), keep_removed=_withheld(desk))
    desk.shelf.refresh()
    return RedirectResponse("/admin/generations", 303)


def _withheld(desk: Desk) -> frozenset[str]:
    """What must not come back with an earlier generation: where that cannot be read, all that was ever removed."""
    try:
        return desk.shelf.journal.withheld()
    except JournalError:
        return removed(desk.shelf.settings.home)


def _opens(manifest: Manifest, embedder: str) -> bool:
    """Whether the program as it is can answer from a generation: made by the same model, cut by the same tokenizer."""
    return manifest.embedder == embedder and manifest.versions.get("tokenizer") == tokenizer_version()
