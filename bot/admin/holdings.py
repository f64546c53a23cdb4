"""The documents folder as staff keep it: what each file holds, correcting what was read of it, taking it out and putting it back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.messages import message
from bot.settings import Settings
from bot.site import BadInput
from index.catalogue import FileEntry
from index.library import Library
from index.records import PolicyDocument


@dataclass(frozen=True, slots=True)
class Held:
    """A source file: its name below the documents folder, its documents, or why it is in quarantine; `inside` the folder or not."""

    name: str
    documents: tuple[PolicyDocument, ...]
    reason: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that was taken out: where it lies in the trash, the name it had, and when."""

    id: str
    name: str
    when: str


class Holdings:
    """The folder that is the truth, and the trash beside the library."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.trash = settings.home / "trash"

    @property
    def folder(self) -> Path:
        return self._settings.documents_folder

    def own_folder(self) -> Path:
        """The folder for new files, made where only the samples are there. Raises `BadInput` where it cannot be written."""
        try:
            if self._settings.uses_samples and self._settings.documents is None:
                Path("documents").mkdir(exist_ok=True)
            self.fixed()
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(message("folder_unwritable", file="admin")) from error
        return self.folder

    def files(self, library: Library) -> list[Held]:
        """The files of the library by name, those in quarantine first."""
        root = self.folder.resolve()
        documents = {d.id: d for d in library.documents()}
        held = [_held(entry, root, documents) for entry in library.files().values()]
        return sorted(held, key=lambda h: (not h.reason, h.name))

    def has(self, name: str) -> bool:
        """Whether the folder holds a file of this name."""
        return not self._settings.uses_samples and (self.folder / name).exists()

    def fixed(self) -> None:
        """Raises `BadInput` where the files are the samples, which nobody changes."""
        if self._settings.uses_samples:
            raise BadInput(message("samples_fixed", file="admin"))

    def path(self, name: str) -> Path:
        """A file of the folder. Raises `BadInput` for a name that leads elsewhere or to nothing."""
        return self._inside(self.folder, name)

    def remove(self, name: str) -> None:
        """Move a file into the trash."""
        self.fixed()
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        self._move(self.path(name), self.trash / stamp / name)

    def removed(self) -> list[Removed]:
        """What lies in the trash, newest first."""
        if not self.trash.is_dir():
            return []
        paths = sorted((p for p in self.trash.rglob("*") if p.is_file()), reverse=True)
        rows = ((p.relative_to(self.trash), p) for p in paths)
        return [
            Removed(below.as_posix(), "/".join(below.parts[1:]), _when(below.parts[0]))
            for below, _ in rows
            if len(below.parts) > 1
        ]

    def put_back(self, removed: Removed) -> None:
        """Move a file from the trash to where it was. Raises `BadInput` where another one has taken its place."""
        target = self._inside(self.own_folder(), removed.name, there=False)
        if target.exists():
            raise BadInput(message("name_taken", file="admin", name=removed.name))
        self._move(self._inside(self.trash, removed.id), target)

    def _inside(self, root: Path, name: str, *, there: bool = True) -> Path:
        """The path of a name below a folder. Raises `BadInput` for one that leads elsewhere or to nothing."""
        path = root / name
        if not Path(os.path.realpath(path)).is_relative_to(root.resolve()) or (there and not path.is_file()):
            raise BadInput(message("file_gone", file="admin"))
        return path

    def _move(self, path: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
        except OSError as error:
            raise BadInput(message("folder_unwritable", file="admin")) from error


def _held(entry: FileEntry, root: Path, documents: Mapping[str, PolicyDocument]) -> Held:
    path = Path(entry.path)
    inside = path.is_relative_to(root)
    name = path.relative_to(root).as_posix() if inside else path.name
    return Held(name, tuple(documents[i] for i in entry.documents if i in documents), entry.reason, inside)


def _when(stamp: str) -> str:
    try:
        return datetime.strptime(stamp, "%Y%m%d-%H%M%S-%f").strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return ""
