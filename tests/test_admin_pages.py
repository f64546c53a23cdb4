"""The administration's pages without a browser: files in and out, corrections, earlier generations, feedback, questions, lexicon."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from bot.admin.jobs import Jobs
from bot.feedback import save_feedback
from bot.receipts import save_receipt
from bot.records import Outcome
from bot.settings import SAMPLE_DOCUMENTS, Settings
from bot.shelf import Shelf
from index.errors import LibraryBusy, LibraryError
from index.generation import current, writing
from tests.small_site import ENROL, NAP, OURS, SmallSite, client_of, small_site
from tests.test_admin_door import PASSWORD, log_in, token_of
from tests.test_sync import NOTICE

ALLOWANCE = "某县教育局关于班主任津贴的通知"
QUESTION = "学校午休可以收费吗"


class Staff:
    """Somebody who is logged in, and who waits for what was begun."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        assert log_in(client) == 303

    def page(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status, response.text
        return response.text

    def post(self, path: str, data: dict[str, object] | None = None, **more: object) -> httpx.Response:
        sent = {"token": token_of(self.page("/admin")), **(data or {})}
        return self.client.post(path, data=sent, headers=OURS, **more)  # type: ignore[arg-type]

    def done(self, response: httpx.Response) -> str:
        """The last page of the job that this began."""
        assert (response.status_code, response.headers["location"]) == (303, "/admin/progress"), response.text
        for _ in range(600):
            page = self.page("/admin/progress")
            if "http-equiv" not in page:
                return page
            time.sleep(0.1)
        raise AssertionError("the job did not end")

    def upload(self, *files: tuple[str, bytes]) -> str:
        return self.done(self.post("/admin/upload", files=[("files", file) for file in files]))


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    (tmp_path / "own.tsv").write_text("# 本县\n午间休息\t睡午觉\n", encoding="utf8")
    return small_site(tmp_path, admin_password=PASSWORD, keep_questions=True, lexicon=tmp_path / "own.tsv")


@pytest.fixture
def staff(site: SmallSite) -> Staff:
    return Staff(site.client)


def notice(amount: int = 300) -> bytes:
    return NOTICE.format(amount=amount).encode()


def test_a_file_is_uploaded_looked_at_taken_in_answered_from_and_removed(site: SmallSite, staff: Staff) -> None:
    question = "某县班主任津贴每人每月多少元"
    assert not any("350元" in c.quote for c in site.shelf.answerer.ask(question).citations)
    assert "检查了 1 个文件" in staff.upload(("津贴.txt", notice(350)))
    waiting = staff.page("/admin/staged")
    assert "津贴.txt" in waiting and ALLOWANCE in waiting
    shown = staff.page("/admin/preview?file=津贴.txt")
    assert all(word in shown for word in ("文本文件", ALLOWANCE, "2025-01-01", "某县教育局", "津贴标准"))
    assert site.shelf.answerer.info.documents == 2
    assert "新收 1 个文件：津贴.txt" in staff.done(staff.post("/admin/admit", {"file": "津贴.txt"}))
    assert (site.folder / "津贴.txt").read_bytes() == notice(350)
    assert any("350元" in c.quote for c in site.shelf.answerer.ask(question).citations)
    assert "津贴.txt" in staff.page("/admin/files")
    assert "里面的 1 份文件" in staff.page("/admin/remove?file=津贴.txt")
    assert "移除 1 个文件：津贴.txt" in staff.done(staff.post("/admin/remove", {"file": "津贴.txt"}))
    assert not (site.folder / "津贴.txt").exists()
    assert not any("350元" in c.quote for c in site.shelf.answerer.ask(question).citations)
    files = staff.page("/admin/files")
    assert "已移除的文件" in files
    trash = re.search(r'name="file" value="([^"]+/津贴\.txt)"', files)
    assert trash
    assert "新收 1 个文件：津贴.txt" in staff.done(staff.post("/admin/put-back", {"file": trash[1]}))
    assert (site.folder / "津贴.txt").exists()


def test_a_file_of_the_same_name_is_replaced_only_when_said_so(site: SmallSite, staff: Staff) -> None:
    (site.folder / "津贴.txt").write_bytes(notice(300))
    site.sync()
    staff.upload(("津贴.txt", notice(400)))
    assert "替换资料文件夹里的同名文件" in staff.page("/admin/staged")
    refused = staff.post("/admin/admit", {"file": "津贴.txt"})
    assert refused.status_code == 400
    assert "资料文件夹里已有同名文件：津贴.txt" in refused.text
    assert (site.folder / "津贴.txt").read_bytes() == notice(300)
    assert "更新 1 个文件：津贴.txt" in staff.done(
        staff.post("/admin/admit", {"file": "津贴.txt", "replace": "津贴.txt"})
    )
    assert (site.folder / "津贴.txt").read_bytes() == notice(400)


def test_what_cannot_be_taken_is_told(site: SmallSite, staff: Staff) -> None:
    assert staff.post("/admin/upload").status_code == 400
    assert "没有选择文件" in staff.post("/admin/upload").text
    page = staff.upload(("空.txt", b""), ("a/津贴.txt", notice()), ("b/津贴.txt", notice(9)), ("..", b"x"))
    assert "同名的文件" in page and "文件名不能用" in page and "检查了 2 个文件" in page
    assert "不能收：文件是空的" in staff.page("/admin/staged")
    assert staff.post("/admin/admit", {"file": "空.txt"}).status_code == 400
    assert staff.post("/admin/admit").status_code == 400
    for path in ("/admin/admit", "/admin/discard"):
        staff.post(path, {"file": ["../documents/" + NAP, "/etc/hostname", "../../documents/" + NAP]})
    assert (site.folder / NAP).exists()
    assert staff.page("/admin/preview?file=../documents/" + NAP, 400)
    assert staff.post("/admin/discard", {"file": ["空.txt", "津贴.txt"]}).status_code == 303
    assert "没有待收的文件" in staff.page("/admin/staged")
    assert {p.name for p in site.folder.iterdir()} == {NAP, ENROL}


def test_an_upload_over_the_size_of_one_file_is_refused(tmp_path: Path) -> None:
    staff = Staff(small_site(tmp_path, admin_password=PASSWORD, max_file_mb=1).client)
    response = staff.post("/admin/upload", files=[("files", ("大.txt", b"x" * 1_000_001))])
    assert response.status_code == 400
    assert "文件超过 1 MB" in response.text


def test_names_of_files_and_titles_are_escaped(staff: Staff) -> None:
    text = NOTICE.format(amount=300).replace("班主任津贴的通知", "<img src=x onerror=alert(1)>的通知", 1)
    staff.upload(("<b>津贴</b>.txt", text.encode()), ("&lt;.txt", text.encode()))
    page = staff.page("/admin/staged")
    assert "<img src" not in page and "<b>" not in page


def test_metadata_are_corrected_by_hand_and_survive_the_next_sync(site: SmallSite, staff: Staff) -> None:
    document = next(d for d in site.shelf.answerer.library.documents() if NAP in d.sources)
    files = staff.page("/admin/files")
    link = re.search(rf'href="(/admin/correct\?[^"]+)">更正<span class="hidden">：{document.title}<', files)
    assert link
    form = staff.page(link[1].replace("&amp;", "&"))
    fields = dict(re.findall(r'<input id="(\w+)" name="\w+" value="([^"]*)"', form))
    assert fields["doc_no"] == "浙教示〔2026〕21号"
    sent = {**fields, "file": NAP, "document": document.title, "waits": ""}
    wrong = staff.post("/admin/correct", {**sent, "place": "火星"})
    assert wrong.status_code == 400
    assert "没有认出更正的地方" in wrong.text
    corrected = {**sent, "doc_no": "浙教示[2026]99号", "validity": "已废止", "effective": ""}
    assert f"更新 1 个文件：{NAP}" in staff.done(staff.post("/admin/correct", corrected))
    after = site.shelf.answerer.library.document(document.id)
    assert (after.doc_no, after.validity, after.effective) == ("浙教示〔2026〕99号", "已废止", None)
    assert set(after.corrected) == {"doc_no", "validity"} | ({"effective"} if document.effective else set())
    assert "有人工更正" in staff.page("/admin/files")
    assert "浙教示〔2026〕99号（人工更正）" in site.client.get(f"/documents/{document.id}").text
    assert "没有变化的文件" not in staff.done(staff.post("/admin/sync"))
    assert site.shelf.answerer.library.document(document.id).doc_no == "浙教示〔2026〕99号"
    staff.done(staff.post("/admin/correct", sent))
    assert site.shelf.answerer.library.document(document.id) == document


def test_a_waiting_file_is_corrected_before_it_enters(site: SmallSite, staff: Staff) -> None:
    staff.upload(("津贴.txt", notice()))
    shown = staff.page("/admin/preview?file=津贴.txt")
    link = re.search(r'href="(/admin/correct\?[^"]+waits=1[^"]*)"', shown)
    assert link
    fields = dict(
        re.findall(r'<input id="(\w+)" name="\w+" value="([^"]*)"', staff.page(link[1].replace("&amp;", "&")))
    )
    sent = {**fields, "file": "津贴.txt", "document": ALLOWANCE, "waits": "1", "place": "四川省绵阳市三台县"}
    assert staff.post("/admin/correct", sent).headers["location"] == "/admin/staged"
    assert "四川省绵阳市三台县（人工更正）" in staff.page("/admin/preview?file=津贴.txt")
    staff.done(staff.post("/admin/admit", {"file": "津贴.txt"}))
    document = next(d for d in site.shelf.answerer.library.documents() if "津贴.txt" in d.sources)
    assert document.place is not None
    assert document.place.full_name == "四川省绵阳市三台县"


@pytest.mark.parametrize(("file", "document"), [("../x", "y"), (NAP, "没有这个标题"), ("", ""), ("nothing.txt", "x")])
def test_what_is_not_there_cannot_be_corrected(staff: Staff, file: str, document: str) -> None:
    assert staff.post("/admin/correct", {"file": file, "document": document}).status_code == 400
    assert staff.client.get("/admin/correct", params={"file": file, "document": document}).status_code == 400


def test_a_removed_document_is_withheld_from_receipts_where_staff_say_so(site: SmallSite, staff: Staff) -> None:
    receipt = save_receipt(site.shelf, site.shelf.answerer.ask(QUESTION))
    staff.done(staff.post("/admin/remove", {"file": NAP, "withhold": "1"}))
    page = site.client.get(f"/a/{receipt}").text
    assert "原文不再提供" in page and "60元" not in page
    assert site.shelf.answerer.ask(QUESTION).outcome is not Outcome.ANSWERED


@pytest.mark.parametrize("name", ["../home/journal.db", "nothing.txt", "", "/etc/hostname"])
def test_only_files_of_the_folder_are_removed(staff: Staff, name: str) -> None:
    assert staff.post("/admin/remove", {"file": name}).status_code == 400
    assert staff.post("/admin/put-back", {"file": name}).status_code == 400


def test_quarantine_names_the_file_and_the_reason(site: SmallSite, staff: Staff) -> None:
    (site.folder / "图片.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    said = staff.done(staff.post("/admin/sync"))
    assert "没有收 图片.txt：这不是文字文件" in said
    assert "没有收：这不是文字文件" in staff.page("/admin/files")
    assert "1 个</a>" in staff.page("/admin")
    staff.done(staff.post("/admin/remove", {"file": "图片.txt"}))
    assert "这不是文字文件" not in staff.page("/admin/files")


def test_rolling_back_answers_from_the_earlier_state_until_the_next_sync(site: SmallSite, staff: Staff) -> None:
    (site.folder / NAP).unlink()
    staff.done(staff.post("/admin/sync"))
    assert site.shelf.answerer.info.documents == 1
    assert "退回第 1 版" in staff.page("/admin/generations")
    assert staff.post("/admin/generations", {"generation": "9"}).status_code == 503
    assert staff.post("/admin/generations", {"generation": "1"}).status_code == 303
    assert site.shelf.answerer.ask(QUESTION).outcome is Outcome.ANSWERED
    page = staff.page("/admin/generations")
    assert "现在是第 1 版" in page and "又会按文件夹里的文件向前" in page and "没有可以退回的版本" in page
    staff.done(staff.post("/admin/sync"))
    assert site.shelf.answerer.info.documents == 1


def test_a_second_job_and_a_second_writer_are_refused_in_words(site: SmallSite, staff: Staff) -> None:
    with writing(site.settings.home):
        assert "另一个程序正在更新文件库" in staff.done(staff.post("/admin/sync"))
    assert "没有做成" in staff.page("/admin")


def test_files_from_elsewhere_are_named_before_they_go(site: SmallSite, tmp_path: Path) -> None:
    settings = site.settings.model_copy(update={"documents": tmp_path / "other"})
    (tmp_path / "other").mkdir()
    staff = Staff(client_of(Shelf(settings)))
    assert "有 2 个文件不在资料文件夹里" in staff.page("/admin")
    assert "这里不能改动" in staff.page("/admin/files")
    assert staff.post("/admin/remove", {"file": NAP}).status_code == 400


def test_with_the_samples_the_first_upload_makes_a_folder_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = small_site(tmp_path)
    shutil.rmtree(site.folder)
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=site.settings.home, admin_password=PASSWORD)  # type: ignore[arg-type]
    assert settings.uses_samples
    staff = Staff(client_of(Shelf(settings)))
    assert "现在用的是示例文件" in staff.page("/admin")
    assert staff.post("/admin/remove", {"file": NAP}).status_code == 400
    staff.upload(("津贴.txt", notice()))
    assert "会新建 documents 文件夹" in staff.page("/admin/staged")
    assert not (tmp_path / "documents").exists()
    staff.done(staff.post("/admin/admit", {"file": "津贴.txt"}))
    assert [p.name for p in (tmp_path / "documents").iterdir()] == ["津贴.txt"]
    assert "示例文件" not in staff.page("/admin")
    assert not (SAMPLE_DOCUMENTS / "津贴.txt").exists()


def test_a_damaged_library_and_a_lost_journal_leave_the_way_back_open(site: SmallSite, staff: Staff) -> None:
    (site.folder / NAP).unlink()
    staff.done(staff.post("/admin/sync"))
    for path in current(site.settings.home).rglob("*.json"):
        path.unlink()
    page = staff.page("/admin/generations")
    assert "现在的版本打不开" in page and "退回第 1 版" in page
    assert staff.post("/admin/generations", {"generation": "1"}).status_code == 303
    assert "现在是第 1 版" in staff.page("/admin/generations")
    (site.settings.home / "journal.db").unlink(missing_ok=True)
    (site.settings.home / "journal.db").mkdir()
    lost = Staff(client_of(Shelf(site.settings)))
    assert "数据库暂时不能用" in lost.page("/admin") and "上传并检查" in lost.page("/admin")
    assert lost.client.get("/admin/feedback").status_code == 503


def test_feedback_is_listed_with_its_answer_and_counted_by_reason(site: SmallSite, staff: Staff) -> None:
    receipt = save_receipt(site.shelf, site.shelf.answerer.ask(QUESTION), place="浙江省")
    save_feedback(site.shelf, receipt, good=False, reasons=["expired"], remark="<i>旧</i>了")
    other = save_receipt(site.shelf, site.shelf.answerer.ask(QUESTION))
    save_feedback(site.shelf, other, good=True)
    page = staff.page("/admin/feedback")
    assert "有帮助 1 条，没有帮上忙 1 条" in page and "已失效 1" in page and "没找到 0" in page
    assert f'href="/a/{receipt}"' in page and "&lt;i&gt;旧" in page and "浙江省" in page
    assert f"/a/{other}" not in staff.page("/admin/feedback?reason=expired")
    assert '评价</dt><dd><a href="/admin/feedback">2 条，其中没有帮上忙 1 条' in staff.page("/admin")


def test_questions_without_an_answer_are_grouped_and_dropped(site: SmallSite, staff: Staff) -> None:
    now = datetime.now(UTC)
    for at, question in enumerate(["校车费用谁出", "坐校车要交钱吗", "校车费用谁出？", "产假多少天"]):
        site.shelf.journal.add_question(question, "德清县", "not_found", now + timedelta(seconds=at))
    page = staff.page("/admin/questions")
    assert "3 次" in page and "1 次" in page and page.index("3 次") < page.index("1 次")
    ids = re.search(r'name="ids" value="([\d,]+)"', page)
    assert ids
    assert ids[1].count(",") == 2
    assert staff.post("/admin/questions", {"ids": ids[1]}).status_code == 303
    assert [q.question for q in site.shelf.journal.questions()] == ["产假多少天"]
    assert staff.post("/admin/questions", {"ids": "x,-1,;DROP"}).status_code == 303
    assert len(site.shelf.journal.questions()) == 1


def test_the_lexicon_is_tried_before_it_is_saved(site: SmallSite, staff: Staff) -> None:
    path = site.settings.lexicon
    assert path is not None
    assert "午间休息 = 睡午觉" in staff.page("/admin/lexicon")
    site.shelf.journal.add_question("德清县喝早茶", "", "not_found", datetime.now(UTC))
    written = "# 本县\r\n报名时间 = 喝早茶\r\n"
    tried = staff.post("/admin/lexicon", {"written": written, "do": "try"}).text
    assert "试用结果" in tried and "还没有保存" in tried and "<td>德清县喝早茶</td>" in tried
    assert path.read_text(encoding="utf8") == "# 本县\n午间休息\t睡午觉\n"
    assert (
        staff.post("/admin/lexicon", {"written": written, "do": "save"}).headers["location"] == "/admin/lexicon?saved=1"
    )
    assert path.read_text(encoding="utf8") == "# 本县\n报名时间\t喝早茶\n"
    assert "已经保存" in staff.page("/admin/lexicon?saved=1")
    assert "喝早茶" in site.shelf.answerer.lexicon


def test_a_lexicon_that_cannot_be_read_is_not_saved(site: SmallSite, staff: Staff) -> None:
    response = staff.post("/admin/lexicon", {"written": "只有一列\n", "do": "save"})
    assert response.status_code == 400
    assert "词表第 1 行" in response.text and "只有一列" in response.text
    assert "午间休息" in (site.settings.lexicon or Path()).read_text(encoding="utf8")


def test_without_a_lexicon_or_questions_the_pages_say_how_to_turn_them_on(tmp_path: Path) -> None:
    staff = Staff(small_site(tmp_path, admin_password=PASSWORD).client)
    assert "YOUJU_LEXICON" in staff.page("/admin/lexicon")
    assert "YOUJU_KEEP_QUESTIONS=true" in staff.page("/admin/questions")
    assert "没有正在进行的操作" in staff.page("/admin/progress")


def test_one_job_at_a_time_and_every_end_is_told() -> None:
    from threading import Event

    jobs, go = Jobs(), Event()

    def slow(tell: object) -> str:
        go.wait(10)
        return "好了"

    jobs.start("甲", slow)
    with pytest.raises(LibraryBusy, match="“甲”正在进行"):
        jobs.start("乙", slow)
    go.set()
    jobs.wait()
    assert jobs.last is not None
    assert (jobs.last.said, jobs.last.running, jobs.last.failed) == ("好了", False, False)

    def failing(tell: object) -> str:
        raise LibraryError("写不进磁盘。")

    def broken(tell: object) -> str:
        raise ZeroDivisionError("/secret/path")

    for work, said in (
        (failing, "写不进磁盘。"),
        (broken, "操作没有做成，原来的文件库没有变动"),
    ):
        jobs.start("丙", work)
        jobs.wait()
        assert jobs.last is not None
        assert (jobs.last.said.startswith(said), jobs.last.failed) == (True, True)
        assert "secret" not in jobs.last.said


class Outline(HTMLParser):
    """What an assistive technology needs of a page: labels of controls, order of headings, no inline code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.headings: list[int] = []
        self.inline: list[str] = []
        self.within_label = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.within_label += tag == "label"
        if tag == "label":
            self.labelled.add(values.get("for") or "")
        if tag in ("input", "textarea", "select", "progress") and values.get("type") != "hidden":
            named = self.within_label or values.get("aria-label")
            self.fields.append({**values, "named": "yes" if named else ""})
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if (
            tag == "style"
            or (tag == "script" and not values.get("src"))
            or any(name == "style" or name.startswith("on") for name, _ in attrs)
        ):
            self.inline.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.within_label -= tag == "label"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A site with something on every page."""
    folder = tmp_path_factory.mktemp("furnished")
    (folder / "own.tsv").write_text("午间休息\t睡午觉\n", encoding="utf8")
    site = small_site(folder, admin_password=PASSWORD, keep_questions=True, lexicon=folder / "own.tsv")
    staff = Staff(site.client)
    receipt = save_receipt(site.shelf, site.shelf.answerer.ask(QUESTION))
    save_feedback(site.shelf, receipt, good=False, reasons=["expired"], remark="旧了")
    save_receipt(site.shelf, site.shelf.answerer.ask("食堂鸡蛋几块钱一斤"))
    staff.upload((NAP, notice()), ("坏.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))
    (site.folder / "空.txt").write_bytes(b"")
    staff.done(staff.post("/admin/sync"))
    yield staff


@pytest.mark.parametrize(
    "path",
    ["/admin", "/admin/files", "/admin/files?q=午休", "/admin/staged", f"/admin/preview?file={NAP}", f"/admin/remove?file={NAP}",
     "/admin/generations", "/admin/feedback", "/admin/questions", "/admin/lexicon", "/admin/progress",
     f"/admin/correct?file={NAP}&document={ALLOWANCE}&waits=1"],
)  # fmt: skip
def test_every_page_is_labelled_in_order_and_without_inline_code(furnished: Staff, path: str) -> None:
    html = furnished.page(path)
    outline = Outline(html)
    assert '<html lang="zh-CN">' in html
    assert all(f["named"] or f.get("id") in outline.labelled for f in outline.fields), outline.fields
    assert outline.headings[0] == 1 and outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False)), outline.headings
    assert outline.inline == []
