"""The command line over a small library of its own: what is printed, and how errors end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app import app
from bot.settings import SAMPLE_DOCUMENTS
from tests.model_server import Good, served

SAMPLES = ("浙江省校园午休管理办法.md", "德清县2026年义务教育招生入学通知.txt")
Run = Callable[..., Result]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in SAMPLES:
        (folder / name).write_bytes((SAMPLE_DOCUMENTS / name).read_bytes())
    return folder


@pytest.fixture
def run(tmp_path: Path, documents: Path) -> Run:
    environment = {"YOUJU_HOME": str(tmp_path / "home"), "YOUJU_DOCUMENTS": str(documents)}

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, list(words), env=environment)

    return invoke


def test_sync_tells_what_was_added_and_what_was_refused(run: Run, documents: Path) -> None:
    (documents / "空白.txt").write_bytes(b"")
    result = run("sync")
    assert result.exit_code == 0
    assert "文件库里有 2 份文件" in result.output
    assert all(name in result.output for name in SAMPLES)
    assert "没有收 空白.txt：" in result.output
    assert str(documents) not in result.output


def test_sync_reports_as_json(run: Run) -> None:
    report = json.loads(run("sync", "--json").stdout)
    assert report["documents"] == 2
    assert sorted(report["added"]) == sorted(SAMPLES)


def test_ask_builds_the_library_first_and_answers_with_its_source(run: Run) -> None:
    result = run("ask", "学校午休可以收费吗")
    assert result.exit_code == 0
    assert "每生每月不超过60元" in result.stdout
    assert "[1]" in result.stdout
    assert SAMPLES[0] in result.stdout


def test_ask_as_json_with_place_and_day(run: Run) -> None:
    result = run("ask", "随迁子女什么时候报名", "--place", "德清县", "--on", "2026-06-01", "--json")
    answer = json.loads(result.stdout)
    assert answer["outcome"] == "answered"
    assert "2026年6月20日" in answer["answer"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ask", "午休收费吗", "--place", "火星"), "没有认出“火星”是哪里"),
        (("ask", "午休收费吗", "--on", "昨天"), "日期请写成 2026-11-21 这样的形式。"),
    ],
)
def test_what_was_written_wrong_is_told_on_stderr(run: Run, words: tuple[str, ...], sentence: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_find_lists_sections(run: Run) -> None:
    assert "第五条" in run("find", "浙教示〔2026〕21号 第五条").stdout
    sections = json.loads(run("find", "浙教示〔2026〕21号 第五条", "--json").stdout)
    assert sections[0]["doc_no"] == "浙教示〔2026〕21号"


def test_show_prints_a_section(run: Run) -> None:
    assert "每生每月不超过60元" in run("show", "浙教示〔2026〕21号", "第五条").stdout
    assert "第二章" in run("show", "浙教示〔2026〕21号").stdout


def test_doctor_shows_repairs_with_what_was_there_and_what_is_missing(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "某县通知.txt"
    page.write_text(
        "某县教育局关于补助的通知\n某教〔2024〕3号\n各学校:\n一、补助标准\n每人每月300元,按月发放。\n", encoding="utf8"
    )
    result = run("doctor", str(page))
    assert result.exit_code == 0
    assert "半角标点改为全角" in result.stdout
    assert "每人每月300元," in result.stdout.replace(" ", "")
    clean = tmp_path / "干净.txt"
    clean.write_text("某县教育局关于补助的通知\n各学校：\n每人每月300元。\n某县教育局\n2024年3月1日\n", encoding="utf8")
    assert "没有需要修复的地方" in run("doctor", str(clean)).stdout


def test_an_unreadable_file_ends_with_its_sentence(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "空白.txt"
    empty.write_bytes(b"")
    result = run("doctor", str(empty))
    assert result.exit_code == 1
    assert result.stderr.strip()
    assert str(tmp_path) not in result.stderr


def test_doctor_says_what_it_needs(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert "--llm" in result.stderr
    result = run("doctor", "--llm")
    assert result.exit_code == 1
    assert "没有设置语言模型" in result.stderr


def test_doctor_tries_the_language_model(tmp_path: Path) -> None:
    with served(Good()) as url:
        model = {"YOUJU_LLM": "openai:scripted", "YOUJU_LLM_URL": url, "YOUJU_LLM_KEY": "sk-nobody"}
        result = CliRunner().invoke(app, ["doctor", "--llm"], env=model)
        assert result.exit_code == 0
        assert "语言模型“openai:scripted”可以使用。" in result.stdout
        result = CliRunner().invoke(app, ["doctor", "--llm"], env={**model, "YOUJU_LLM": "scripted"})
        assert result.exit_code == 1
        assert "服务商:模型名" in result.stderr
    result = CliRunner().invoke(app, ["doctor", "--llm"], env=model)
    assert result.exit_code == 1
    assert "请检查服务是否开着" in result.stderr
    assert "sk-nobody" not in result.output


def test_a_setting_that_cannot_work_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["ask", "午休"], env={"YOUJU_PORT": "many"})
    assert result.exit_code == 1
    assert "YOUJU_PORT" in result.stderr


def test_a_backup_is_restored_elsewhere(run: Run, tmp_path: Path, documents: Path) -> None:
    run("sync")
    saved = tmp_path / "saved.tar"
    assert "已经备份第 1 版文件库（2 份文件" in run("backup", str(saved), "--journal").stdout
    other = CliRunner().invoke(
        app,
        ["restore", str(saved)],
        env={"YOUJU_HOME": str(tmp_path / "other"), "YOUJU_DOCUMENTS": str(documents)},
    )
    assert "现在是第 1 版，有 2 份文件可以查" in other.stdout
    saved.write_bytes(b"")
    assert "没有恢复" in run("restore", str(saved)).stderr
