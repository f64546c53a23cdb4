"""What staff corrected by hand: `overrides.toml` beside the documents, applied when a file is parsed (ADR 12)."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from index.errors import OverridesError
from index.metadata import normal_number
from index.places import NATION, places_in
from index.records import NATIONAL, Place, PolicyDocument

NAME = "overrides.toml"
DAYS = ("written", "published", "effective", "expires")
FIELDS = ("title", "issuers", "doc_no", *DAYS, "validity", "place")
LONGEST = 300
Value = str | date | Place | tuple[str, ...] | None
_HEAD = (
    '# 人工更正的文件信息。file 是文件名，found 是程序认出的标题，其余各项是更正后的内容；写成 "" 的一项表示没有。\n'
)


@dataclass(frozen=True, slots=True)
class Override:
    """What was corrected of one document: of the file at `file` (relative to the folder) the one whose parsed title is `found`."""

    file: str
    found: str
    values: tuple[tuple[str, Value], ...]


def corrected_value(field: str, written: object) -> Value:
    """What a written correction means; empty for a document that has none. Raises `OverridesError` saying what is wrong."""
    if field not in FIELDS:
        raise OverridesError(f"更正里的“{str(field)[:30]}”不是可以更正的项目。")
    if field in DAYS:
        return _day(written)
    if field == "issuers":
        parts = written if isinstance(written, list | tuple) else str(written).replace("，", "、").split("、")
        return tuple(text for part in parts if (text := _text(part)))
    text = _text(written)
    if field == "title" and not text:
        raise OverridesError("更正后的标题不能是空的。")
    if field == "place":
        return _place(text)
    return (normal_number(text) or text if field == "doc_no" else text) or None


def _text(written: object) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in str(written)).split())
    if len(text) > LONGEST:
        raise OverridesError(f"更正的内容太长，每项请写在 {LONGEST} 字以内。")
    return text


def _day(written: object) -> date | None:
    if isinstance(written, date):
        return written
    try:
        return date.fromisoformat(_text(written)) if written else None
    except ValueError as error:
        raise OverridesError("更正的日期请写成 2026-11-21 这样的形式。") from error


def _place(text: str) -> Place | None:
    if text in ("", NATIONAL, "全国"):
        return NATION if text else None
    found = places_in(text)
    if not found:
        raise OverridesError(f"没有认出更正的地方“{text[:30]}”，请写全称，例如：四川省绵阳市三台县。")
    return found[-1]


def apply_overrides(document: PolicyDocument, overrides: Sequence[Override]) -> PolicyDocument:
    """The document with what was corrected of it; its text, its outline and its id stay as they were parsed."""
    values = dict(value for o in overrides if o.found == document.title for value in o.values)
    return replace(document, **values, corrected=tuple(values)) if values else document  # type: ignore[arg-type]


def fingerprint(overrides: Sequence[Override]) -> str:
    """What these corrections amount to, as a part of the identity of their file; empty for none."""
    return hashlib.sha256(repr(overrides).encode()).hexdigest()[:16] if overrides else ""


def read_overrides(folder: Path) -> tuple[Override, ...]:
    """The corrections of a folder, none where it has no such file. Raises `OverridesError`: a lost correction must be noticed."""
    path = folder / NAME
    if not path.is_file():
        return ()
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("document", [])
        return tuple(_override(row) for row in rows)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, TypeError, KeyError) as error:
        raise OverridesError(f"人工更正的文件 {NAME} 写法有误，请改正后再试；原来的文件库没有变动。") from error
    except OSError as error:
        raise OverridesError(f"人工更正的文件 {NAME} 打不开，请检查读取权限；原来的文件库没有变动。") from error


def _override(row: Mapping[str, Any]) -> Override:
    fields = {k: v for k, v in row.items() if k not in ("file", "found")}
    return Override(str(row["file"]), str(row["found"]), tuple((k, corrected_value(k, v)) for k, v in fields.items()))


def by_path(folders: Iterable[Path]) -> dict[str, tuple[Override, ...]]:
    """The corrections of several folders by the resolved path of the file that they are about."""
    found: dict[str, tuple[Override, ...]] = {}
    for folder in folders:
        for override in read_overrides(folder):
            path = (folder.resolve() / override.file).as_posix()
            found[path] = (*found.get(path, ()), override)
    return found


def overrides_of(folder: Path, file: str) -> tuple[Override, ...]:
    """What was corrected of one file of a folder."""
    return tuple(o for o in read_overrides(folder) if o.file == file)


def correct(folder: Path, files: Sequence[str], found: str, values: Mapping[str, Value]) -> None:
    """Keep corrections of the document `found` of these files in place of earlier ones; no values take those back."""
    others = [o for o in read_overrides(folder) if o.found != found or o.file not in files]
    write_overrides(folder, [*others, *(Override(file, found, tuple(values.items())) for file in files)])


def write_overrides(folder: Path, overrides: Iterable[Override]) -> None:
    """Replace the corrections of a folder in one step. Raises `OverridesError` where it cannot be written."""
    blocks = [_HEAD, *(_block(o) for o in sorted(overrides, key=lambda o: (o.file, o.found)) if o.values)]
    fresh = folder / f".{NAME}.new"
    try:
        with fresh.open("w", encoding="utf8") as file:
            file.write("\n".join(blocks))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / NAME)
    except (OSError, UnicodeEncodeError) as error:
        raise OverridesError("更正写不进资料文件夹，请检查磁盘空间和文件夹权限后再试。") from error


def _block(override: Override) -> str:
    lines = ["[[document]]", f"file = {_toml(override.file)}", f"found = {_toml(override.found)}"]
    return "\n".join([*lines, *(f"{name} = {_toml(value)}" for name, value in override.values)]) + "\n"


def _toml(value: Value) -> str:
    """A value as TOML: a JSON string is a TOML string."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return json.dumps(list(value), ensure_ascii=False)
    text = value.full_name if isinstance(value, Place) else value or ""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
