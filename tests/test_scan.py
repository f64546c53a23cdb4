"""Scanned pages: with a recogniser of known readings, and with the real one where the extra `ocr` and a Chinese font are here."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bot.answer import Answerer
from bot.find import Finder
from bot.records import Outcome
from bot.settings import Settings
from eval.corpus_files import pdf_bytes
from index.embed import load_embedder
from index.errors import FileTooLarge, ScannedPdf
from index.ingest import parse_apart, parse_file
from index.library import open_library
from index.read import read_file
from index.read.scan import SCANNED, UNREAD, Picture, ReadLine, Recogniser, installed, rows, settings
from index.sync import sync

FONT = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")
NOTICE = (
    "德清县教育局关于发放班主任津贴的通知", "德教〔2024〕17号", "各学校：", "　　现就班主任津贴发放有关事项通知如下。",
    "一、发放标准", "　　初中班主任津贴每人每月600元，按十个月计发。", "二、值班补助", "　　值班人员每班补助85元。",
    "三、经费来源", "　　所需经费由县财政承担80%，学校承担20%。", f"{'　' * 20}德清县教育局", f"{'　' * 20}2024年7月3日",
)  # fmt: skip
DOUBTFUL = {"600": 0.62, "17": 0.9}


def known(text: str, top: float, left: float = 200, sure: float = 1.0) -> ReadLine:
    """A line as a recogniser gives it, each character surely read but the doubtful figures."""
    each = [sure] * len(text)
    for figure, own in DOUBTFUL.items():
        at = text.find(figure)
        if at >= 0:
            each[at] = own
    indent = len(text) - len(text.lstrip("　"))
    text, each, left = text[indent:], each[indent:], left + 44 * indent
    return ReadLine(text, tuple(each), left, top, left + 44 * len(text), top + 44)


class KnownReadings(Recogniser):
    """Reads the notice in every picture."""

    def lines(self, picture: Picture) -> Sequence[ReadLine]:
        return [known(text, 100 + 70 * n) for n, text in enumerate(NOTICE)]


class Unsure(Recogniser):
    """Reads one line well and one badly."""

    def lines(self, picture: Picture) -> Sequence[ReadLine]:
        return [known("关于值班的通知", 100), known("每班补助95元，由学校发放。", 200, sure=0.7)]


class Blind(Recogniser):
    def lines(self, picture: Picture) -> Sequence[ReadLine]:
        return []


def scanned(*pages: Sequence[str], blurred: dict[str, float] | None = None, dpi: int = 200, font: bool = True) -> bytes:
    """A PDF whose pages are pictures of these lines; `blurred` lines are out of focus by so many pixels."""
    pictures = [picture_of(lines, blurred or {}, dpi) if font else Image.new("L", (1654, 2339), 255) for lines in pages]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "pdf", save_all=True, append_images=pictures[1:], resolution=dpi)
    return buffer.getvalue()


def picture_of(lines: Sequence[str], blurred: dict[str, float], dpi: int) -> Image.Image:
    size = 15 * dpi // 72
    picture = Image.new("L", (int(8.27 * dpi), int(11.69 * dpi)), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT.as_posix(), size, index=2)
    for row, line in enumerate(lines):
        top = dpi + int(row * size * 1.7)
        pen.text((dpi, top), line, font=font, fill=0)
        box = (0, top - 6, picture.width, top + size + 16)
        soft = max((blur for piece, blur in blurred.items() if piece in line), default=0)
        picture.paste(picture.crop(box).filter(ImageFilter.GaussianBlur(soft)), box[:2])
    return picture


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "documents" / "班主任津贴.pdf"
    path.parent.mkdir()
    path.write_bytes(scanned((), font=False))
    return path


def with_images(text: str, *numbers: int, pages: int) -> bytes:
    """Pages of text, the numbered ones (from 0) pictures instead."""
    import pypdfium2

    mixed = pypdfium2.PdfDocument.new()
    for number in range(pages):
        data = scanned((), font=False) if number in numbers else pdf_bytes([text])
        mixed.import_pages(pypdfium2.PdfDocument(data))
    buffer = io.BytesIO()
    mixed.save(buffer)
    return buffer.getvalue()


# --- with known readings ------------------------------------------------------------------------------------------


def test_figures_not_surely_read_are_taken_out_and_told(scan: Path) -> None:
    (parsed,) = parse_file(scan, pictures=KnownReadings)
    document = parsed.document
    assert document.recognised
    assert "每人每月□□□元，按十个月计发。" in document.text
    assert "600" not in document.text + "".join(c.text + c.indexed for c in parsed.chunks)
    assert "每班补助85元" in document.text
    assert [g.basis for g in document.gaps if "□" in g.what] == [
        "来源第2行残缺：17（把握 90%）",
        "来源第6行残缺：600（把握 62%）",
    ]
    assert document.doc_no is None  # rather none than one that may be another document's
    recognised = [f for f in document.fixes if f.name == "recognised"]
    assert len(recognised) == len(NOTICE)
    assert all("把握" in f.before for f in recognised)


def test_no_figure_of_a_badly_read_line_is_kept(scan: Path) -> None:
    text = read_file(scan, pictures=Unsure).text
    assert text == "关于值班的通知\n每班补助□□元，由学校发放。"
    (parsed,) = parse_file(scan, pictures=Unsure)
    assert {"扫描件此处的文字识别没有把握", "扫描件此处的数字识别没有把握（□）"} <= {
        g.what for g in parsed.document.gaps
    }


def test_what_stands_at_one_height_is_one_line() -> None:
    table = [known("学段", 100), known("小学", 170), known("标准", 102, left=900), known("720元", 168, left=900)]
    assert [line.text for line in rows(table)] == ["学段 标准", "小学 720元"]
    assert all(len(line.text) == len(line.sure) for line in rows(table))


def test_a_scan_is_refused_where_nothing_reads_it(scan: Path) -> None:
    with pytest.raises(ScannedPdf, match="youju\\[ocr\\]"):
        read_file(scan)
    with pytest.raises(ScannedPdf) as caught:
        read_file(scan, pictures=Blind)
    assert str(caught.value) == UNREAD


def test_a_picture_among_pages_of_text_is_a_gap_or_read(tmp_path: Path) -> None:
    path = tmp_path / "混排.pdf"
    path.write_bytes(with_images("# 关于经费的通知 各学校按规定使用经费，专款专用。", 1, pages=3))
    (left,) = parse_file(path)
    assert ["扫描件" in g.what or "图片" in g.what for g in left.document.gaps].count(True) == 1
    assert not left.document.recognised
    with pytest.raises(ScannedPdf):
        read_file(path, pictures="refuse")
    assert "每班补助85元" in read_file(path, pictures=KnownReadings).text


def test_blank_pages_are_no_scans(tmp_path: Path) -> None:
    path = tmp_path / "空白页.pdf"
    path.write_bytes(pdf_bytes(["# 关于经费的通知", *["各学校按规定使用经费，专款专用。" * 9] * 9]))
    assert read_file(path, pictures="refuse").fixes == ()


def test_too_many_pictures_are_refused(tmp_path: Path) -> None:
    most = settings()["page"]["most"]
    path = tmp_path / "长.pdf"
    path.write_bytes(scanned(*[()] * (most + 1), font=False, dpi=20))
    with pytest.raises(FileTooLarge, match=f"超过 {most} 页"):
        read_file(path, pictures=KnownReadings)


def answerer_of(parsed_from: Path, home: Path) -> Answerer:
    embedder = load_embedder(None)
    sync([parsed_from], home, embedder, progress=False)
    return Answerer(open_library(home, embedder), Settings(home=home))


# --- with the real recogniser -------------------------------------------------------------------------------------

real = pytest.mark.skipif(not (installed() and FONT.exists()), reason="the extra `ocr` or a Chinese font is not here")


@real
def test_a_clean_scan_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "通知.pdf"
    path.write_bytes(scanned(NOTICE))
    (parsed,) = parse_apart(path)
    document = parsed.document
    assert document.title == NOTICE[0]
    assert document.doc_no == "德教〔2024〕17号"
    assert "".join(NOTICE[5].split()) in document.text
    assert "□" not in document.text
    assert document.recognised


@real
def test_an_answer_from_a_scan_says_so_and_never_uses_what_is_blurred(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "通知.pdf").write_bytes(scanned(NOTICE, blurred={"600": 7}))
    answerer = answerer_of(documents, tmp_path / "home")
    sharp = answerer.ask("德清县值班人员每班补助多少")
    assert sharp.outcome is Outcome.ANSWERED
    assert "85元" in sharp.text
    assert any("扫描件" in note for note in sharp.notes)
    assert all("扫描件识别，可能有误，请核对原件" in c.remarks for c in sharp.citations)
    blurred = answerer.ask("德清县初中班主任津贴每人每月多少元")
    legible = re.findall(r"\d+", "".join(line for line in NOTICE if "600" not in line))
    said = [figure for s in blurred.statements for figure in re.findall(r"\d+", s.text)]
    assert set(said) <= set(legible)
    found = Finder(answerer.library).find("值班补助")
    assert "扫描件识别，可能有误，请核对原件" in found[0].remarks


@pytest.mark.skipif(installed(), reason="the extra `ocr` is here")
def test_without_the_extra_a_scan_is_refused_with_the_hint(scan: Path) -> None:
    with pytest.raises(ScannedPdf) as caught:
        parse_apart(scan)
    assert str(caught.value) == SCANNED
