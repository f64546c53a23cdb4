"""The page on which what was read of a document is corrected by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from starlette.responses import RedirectResponse, Response

from bot.admin.desk import Desk
from bot.admin.door import Visit
from bot.messages import message
from bot.site import BadInput
from index.errors import OverridesError
from index.overrides import DAYS, FIELDS, Override, apply_overrides, correct, corrected_value, overrides_of
from index.records import Place, PolicyDocument


def correction(desk: Desk, visit: Visit) -> Response:
    """Show a document's facts to be corrected, or keep what was: of a file of the library, or of one that waits."""
    file, found, waits = visit.field("file"), visit.field("document"), visit.field("waits") == "1"
    folder = desk.staging.folder if waits else desk.holdings.folder
    original = _original(desk, file, found, waits=waits)
    if visit.request.method != "POST":
        now = apply_overrides(original, [*_earlier(desk, file, waits=waits), *overrides_of(folder, file)])
        rows = [(name, _written(now, name), _written(original, name)) for name in FIELDS]
        return visit.page("correction", file=file, found=found, waits=waits, rows=rows, days=DAYS, said="")
    try:
        values = {name: corrected_value(name, visit.field(name).strip()) for name in FIELDS}
    except OverridesError as error:
        rows = [(name, visit.field(name), _written(original, name)) for name in FIELDS]
        return visit.page("correction", 400, file=file, found=found, waits=waits, rows=rows, days=DAYS, said=str(error))
    changed = {name: value for name, value in values.items() if value != getattr(original, name)}
    if waits:
        correct(folder, [file], found, changed)
        return RedirectResponse("/admin/staged", 303)
    files = _reposts(desk, original, file)
    return desk.change(message("job_correct", file="admin"), lambda: correct(folder, files, found, changed))


def _original(desk: Desk, file: str, found: str, *, waits: bool) -> PolicyDocument:
    """The document as it is read without corrections. Raises `BadInput` where there is none of this title in the file."""
    from index.ingest import parse_apart

    if waits:
        preview = desk.staging.preview(file)
        parsed = list(preview.documents) if preview else []
    else:
        desk.holdings.fixed()
        path = desk.holdings.path(file)
        parsed = parse_apart(path, max_bytes=desk.shelf.settings.max_file_mb * 1_000_000)
    document = next((p.document for p in parsed if p.document.title == found), None)
    if document is None:
        raise BadInput(message("document_gone", file="admin"))
    return document


def _earlier(desk: Desk, file: str, *, waits: bool) -> Sequence[Override]:
    return overrides_of(desk.holdings.folder, file) if waits and desk.holdings.has(file) else ()


def _reposts(desk: Desk, original: PolicyDocument, file: str) -> list[str]:
    """The files that hold the same document: it is told by the first of them, whichever that is after the next change."""
    held = desk.holdings.files(desk.shelf.answerer.library)
    others = [f.name for f in held if f.inside and any(d.id == original.id for d in f.documents)]
    return list(dict.fromkeys([file, *others]))


def _written(document: PolicyDocument, name: str) -> str:
    """A field as it stands in the form."""
    value = getattr(document, name)
    if isinstance(value, tuple):
        return "、".join(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.full_name if isinstance(value, Place) else value or ""
