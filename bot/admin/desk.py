"""What the pages of the administration share, and the jobs that they begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import RedirectResponse, Response

from bot.admin.door import Door
from bot.admin.holdings import Holdings
from bot.admin.jobs import Jobs, Tell
from bot.admin.staging import Staging
from bot.messages import message
from bot.shelf import Shelf
from index.sync import SyncReport, sync


@dataclass(frozen=True, slots=True)
class Desk:
    """The library being served, the folder it is made of, and what is on its way in."""

    shelf: Shelf
    door: Door
    jobs: Jobs
    staging: Staging
    holdings: Holdings

    def change(self, name: str, first: Callable[[], None] | None = None) -> Response:
        """Begin a job that does `first` and then brings the library up to date; the page to look at meanwhile."""

        def work(tell: Tell) -> str:
            if first is not None:
                first()
            return self._sync(tell)

        self.jobs.start(name, work)
        return RedirectResponse("/admin/progress", 303)

    def _sync(self, tell: Tell) -> str:
        settings = self.shelf.settings
        size = settings.max_file_mb * 1_000_000
        # One process: the other core is for visitors.
        folders = [self.holdings.folder]
        report = sync(
            folders, settings.home, self.shelf.embedder, progress=False, max_bytes=size, tell=tell, processes=1,
            server=settings.servers.server(),
        )  # fmt: skip
        self.shelf.refresh()  # what was taken out does not answer any more when the job is over
        return _told(report)


def make_desk(shelf: Shelf, password: str) -> Desk:
    settings = shelf.settings
    staging = Staging(Path(settings.home) / "staging", settings.max_file_mb * 1_000_000)
    return Desk(shelf, Door(password), Jobs(), staging, Holdings(settings))


def _told(report: SyncReport) -> str:
    """What a sync did, in sentences."""

    def said(key: str, **variables: Any) -> str:
        return message(key, file="page", **variables)

    lines = [said("synced", documents=report.documents, chunks=report.chunks, seconds=round(report.seconds, 1))]
    for key in ("added", "changed", "removed"):
        names = getattr(report, key)
        if names:
            lines.append(said(f"synced_{key}", count=len(names), names="、".join(names[:20])))
    lines += [said("synced_refused", name=name, reason=reason) for name, reason in report.quarantined[:20]]
    return "\n".join(lines)
