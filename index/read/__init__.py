"""Path to `SourceFile`: the type by content, the exact text, and a refusal with a reason for what cannot be read.

One module a format, each the only importer of its library; nothing is ever fetched from a network.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import (
    BinaryFile,
    EmptyFile,
    EncryptedFile,
    FileTooLarge,
    SettingsError,
    TruncatedFile,
    UnreadableFile,
    UnsupportedFile,
)
from index.read.text import declared_charset, decode
from index.records import Fix, SourceFile

if TYPE_CHECKING:
    from index.read.pdf import Pictures

MAX_BYTES = 20_000_000
MAX_CHARACTERS = 5_000_000
NO_TEXT = "文件里没有文字，请检查文件内容后重新放入。"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# Names that are never a document, whatever they hold.
_JUNK = {"thumbs.db", "desktop.ini", "overrides.toml"}
_PICTURES_AND_ARCHIVES = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf",
    b"\x7fELF", b"MZ", b"ID3", b"\0\0\0", b"SQLite format 3", b"\xca\xfe\xba\xbe",
)  # fmt: skip
# A page may begin with a byte order mark, an XML declaration or comments; a Markdown file may begin with a comment too.
_HTML_START = re.compile(
    rb"[\xef\xbb\xbf\xff\xfe\s]*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|meta|title|table|div|p|h1)\b",
    re.IGNORECASE | re.DOTALL,
)


def read_file(path: Path, *, max_bytes: int = MAX_BYTES, pictures: Pictures = "leave") -> SourceFile:
    """Read one file; its text has `\\n` line ends and no other line separator. `pictures`: what becomes of scanned pages.

    Raises a kind of `UnreadableFile` whose message says what to do; never another error for what a file holds.
    """
    data = _bytes(path, max_bytes)
    kind = sniff(data)
    pages: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()
    encoding: str | None = None
    if kind == "application/pdf":
        from index.read.pdf import pdf_text

        text, pages, fixes = pdf_text(data, pictures)
    elif kind == DOCX:
        from index.read.word import docx_text

        text = docx_text(data)
    else:
        text, encoding = decode(data, declared_charset(data) if kind == "text/html" else None)
        if kind == "text/html":
            from index.read.html import html_text

            text = html_text(text)
    text = _one_kind_of_line_end(text)
    if not any(c.isprintable() and not c.isspace() for c in text):
        raise EmptyFile(NO_TEXT)
    if len(text) > MAX_CHARACTERS:
        raise FileTooLarge("文件超过五百万字，请拆分成几个文件后再放入。")
    return SourceFile(path, hashlib.sha256(data).hexdigest(), kind, encoding, text, pages, fixes)


def media_type(path: Path, *, max_bytes: int = MAX_BYTES) -> str:
    """What `sniff` says of a file. Raises a kind of `UnreadableFile`."""
    return sniff(_bytes(path, max_bytes))


def collect_files(folders: Iterable[Path]) -> list[Path]:
    """All files below the folders (or the files themselves) where they really lie, sorted, each once.

    Left out: hidden files and lock files of Office (`~$…`). Links that lead outside their folder, linked folders, pipes and
    devices are among them, so that `read_file` refuses them with a reason. Raises `SettingsError` for a folder that is not
    there: an absent folder must not look like an emptied one.
    """
    found: set[Path] = set()
    for folder in folders:
        if not folder.exists():
            raise SettingsError("找不到资料文件夹，请检查文件夹设置，或先建立该文件夹。")
        root = folder.resolve()
        found.update([root] if root.is_file() else (_place(path, root) for path in _walk(root)))
    return sorted(found)


def _place(path: Path, root: Path) -> Path:
    """Where a file lies: a link to a file of the same folder is that file, any other link is nothing but a link."""
    real = Path(os.path.realpath(path))
    return real if real.is_relative_to(root) and os.path.isfile(real) else path  # noqa: PTH113 - this one never raises


def sniff(data: bytes) -> str:
    """The media type by content: PDF, Word, HTML or plain text. Raises for what is none of them."""
    head = data[:1024]
    if b"%PDF-" in head:
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        from index.read.word import check_zip

        check_zip(data)
        return DOCX
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise EncryptedFile("文件设有打开密码，请取消密码后再放入。")
        raise UnsupportedFile("不支持旧版 Office 或 WPS 文件（.doc、.wps、.xls），请另存为 .docx 后再放入。")
    if head.startswith((b"{\\rtf", b"MIME-Version:", b"From: <Saved by")):
        raise UnsupportedFile("不支持 RTF 和单文件网页，请另存为 .docx 或 .txt 后再放入。")
    if b"\0" in head and head.startswith(_PICTURES_AND_ARCHIVES):
        raise BinaryFile("这不是文字文件（可能是图片、压缩包或程序），请转换成 .docx、.pdf 或 .txt 后再放入。")
    return "text/html" if _HTML_START.match(head.replace(b"\0", b"")) else "text/plain"


def _bytes(path: Path, max_bytes: int) -> bytes:
    """The bytes, refused before reading when there are too many, or when the name is only a way to something else."""
    too_large = f"文件超过 {max_bytes // 1_000_000} MB，请拆分或压缩图片后再放入。"
    try:
        with open_file(path) as file:
            if os.fstat(file.fileno()).st_size > max_bytes:
                raise FileTooLarge(too_large)
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise UnreadableFile("文件打不开，请检查文件是否还在、是否有读取权限。") from error
    if len(data) > max_bytes:
        raise FileTooLarge(too_large)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        if data.strip(b" \t\r\n\xef\xbb\xbf"):
            raise TruncatedFile("文件内容全是空字节，可能没有传完，请重新复制或下载。")
        raise EmptyFile("文件是空的，请检查文件内容后重新放入。")
    return data


def open_file(path: Path) -> BufferedReader:
    """Open a regular file for reading: never the target of a link, and without waiting for the other end of a pipe.

    Raises `UnsupportedFile` for what is no regular file or has a name that is no text, `OSError` where it cannot be opened.
    """
    if path.as_posix() != readable(path):
        raise UnsupportedFile("文件名的编码无法识别，请改名后再放入。")
    _require_regular(path.lstat())  # before opening: to open a device may do something
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    try:
        _require_regular(os.fstat(descriptor))
    except UnsupportedFile:
        file.close()
        raise
    return file


def readable(path: Path) -> str:
    """A path as text that can be stored: bytes of its names that are no UTF-8 as escapes.

    >>> readable(Path("资料/通知.txt")), readable(Path(os.fsdecode(b"a/\\xb2\\xb9.txt")))
    ('资料/通知.txt', 'a/\\\\xb2\\\\xb9.txt')
    """
    return os.fsencode(path).decode("utf8", "backslashreplace")


def _require_regular(state: os.stat_result) -> None:
    if stat.S_ISLNK(state.st_mode):
        raise UnsupportedFile("这是指向别处的链接，为安全起见没有收入，请把文件本身放进来。")
    if not stat.S_ISREG(state.st_mode):
        raise UnsupportedFile("这不是普通文件（可能是管道、设备或文件夹），请把文件本身放进来。")


def _walk(folder: Path) -> Iterator[Path]:
    """What lies below `folder` and is no folder, without hidden ones; linked folders are not entered."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        wanted = [name for name in names if not name.startswith((".", "~$")) and name.lower() not in _JUNK]
        yield from (Path(parent, name) for name in (*wanted, *(f for f in folders if Path(parent, f).is_symlink())))


def _one_kind_of_line_end(text: str) -> str:
    """Make `splitlines()` and `split("\\n")` agree, so that line numbers mean the same everywhere.

    >>> _one_kind_of_line_end("一\\r\\n二\\r三\\u2028四")
    '一\\n二\\n三\\n四'
    """
    return "\n".join(text.splitlines())
