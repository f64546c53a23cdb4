"""Word packages and PDF files as an attacker makes them, in bytes; none is larger than a few hundred kilobytes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from eval.corpus_files import docx_bytes, pdf_bytes, pdf_from_contents, word_paragraph

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def zipped(entries: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as package:
        for name, data in entries.items():
            package.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, kind)
    return buffer.getvalue()


def repacked(data: bytes, more: dict[str, bytes]) -> bytes:
    """A package with further or other entries, compressed."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return zipped({name: package.read(name) for name in package.namelist()} | more)


def with_password(data: bytes) -> bytes:
    """A zip whose entries say that they are encrypted."""
    changed = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


def lying(data: bytes, name: str, declared: int) -> bytes:
    """A zip whose directory declares another unpacked size for an entry than it has."""
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        length = struct.unpack_from("<H", changed, at + 28)[0]
        if changed[at + 46 : at + 46 + length] == name.encode():
            struct.pack_into("<I", changed, at + 24, declared)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def overlapping(copies: int) -> bytes:
    """A bomb without layers: many directory entries that all unpack the same bytes."""
    whole = zipped({"word/document.xml": bytes(1_000_000)})
    start, end = whole.find(b"PK\x01\x02"), whole.find(b"PK\x05\x06")
    tail = bytearray(whole[end:])
    struct.pack_into("<HHI", tail, 8, copies, copies, (end - start) * copies)
    return whole[:start] + whole[start:end] * copies + bytes(tail)


def word_with_relations(text: str, url: str) -> bytes:
    """A document whose picture, template, frame and sub-document are to be fetched."""
    relation = '<Relationship Id="rId{}" Type="{}/{}" Target="{}" TargetMode="External"/>'
    kinds = ("image", "attachedTemplate", "hyperlink", "frame", "subDocument", "oleObject")
    all_of_them = "".join(relation.format(n, RELATIONS, kind, url) for n, kind in enumerate(kinds, 7))
    relations = f'<Relationships xmlns="{PACKAGE}">{all_of_them}</Relationships>'
    body = word_paragraph(text) + '<w:p><w:r><w:t/></w:r></w:p><w:subDoc r:id="rId11" xmlns:r="' + RELATIONS + '"/>'
    return docx_bytes(body, extra={"word/_rels/document.xml.rels": relations})


def word_with_objects(text: str) -> bytes:
    """A document with an embedded workbook, a macro project and an entry whose name leads outside."""
    more = {
        "word/embeddings/Workbook1.xlsx": zipped({"xl/workbook.xml": b"<a/>"}),
        "word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(64),
        "../../outside.txt": b"x",
        "/etc/cron.d/x": b"x",
    }
    return repacked(docx_bytes(word_paragraph(text)), more)


def word_with_declaration(declaration: str, encoding: str = "utf-8") -> bytes:
    document = f'<?xml version="1.0" encoding="{encoding}"?>{declaration}<a>&b;</a>'
    return repacked(docx_bytes(""), {"word/document.xml": document.encode(encoding)})


def word_with_macros() -> bytes:
    word = docx_bytes(word_paragraph("甲"))
    with zipfile.ZipFile(io.BytesIO(word)) as package:
        types = package.read("[Content_Types].xml")
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return repacked(
        word, {"[Content_Types].xml": types.replace(plain, b"application/vnd.ms-word.document.macroEnabled.main+xml")}
    )


def pdf_with_password() -> bytes:
    entry = "/O <" + "41" * 32 + "> /U <" + "42" * 32 + ">"
    encrypt = f"/Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 {entry} >> /ID [<00> <00>] /Root 1 0 R"
    return pdf_bytes(["甲"]).replace(b"/Root 1 0 R", encrypt.encode())


def pdf_with_actions(text: str, url: str) -> bytes:
    """A PDF that opens a page, starts a program, runs a script, fills a form and carries a file."""
    actions = (
        f"/OpenAction << /S /JavaScript /JS (app.launchURL\\('{url}', true\\); this.submitForm\\('{url}'\\)) >>"
        f" /AA << /WC << /S /Launch /F (/bin/sh) >> /WS << /S /URI /URI ({url}) >> >>"
        " /AcroForm << /Fields [] /XFA (<xdp/>) >>"
        f" /Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec /F (a.exe) /FS /URL /UF ({url}) >>] >> >>"
    )
    return pdf_bytes([text]).replace(b"/Type /Catalog", b"/Type /Catalog " + actions.encode())


def pdf_that_swells(size: int) -> bytes:
    """A page whose content, twice compressed, unpacks to `size` bytes."""
    packed = bytes(zlib.compress(zlib.compress(b" " * size, 9), 9)).hex()
    content = pdf_from_contents(["n"]).replace(b"<< /Length 1 >>\nstream\nn\nendstream", b"@")
    stream = f"<< /Length {len(packed) + 1} /Filter [/ASCIIHexDecode /FlateDecode /FlateDecode] >>\nstream\n{packed}>\nendstream"
    return content.replace(b"@", stream.encode())


def pdf_of_loops() -> bytes:
    """A PDF whose page tree is its own child."""
    return pdf_from_contents(["n"]).replace(b"/Kids [6 0 R]", b"/Kids [2 0 R]")
