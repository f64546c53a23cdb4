"""Imports point one way, and each heavy library has one importer."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = {"index": {"index"}, "bot": {"bot", "index"}, "eval": {"eval", "bot", "index"}}
# library → the modules that may import it (training scripts run apart from the program and are left out)
IMPORTERS = {
    "tantivy": {"index/lexical.py"},
    "chromadb": {"index/dense.py", "index/chroma_server.py"},  # a folder, a server
    "langchain_chroma": {"index/dense.py"},
    "langchain_milvus": {"index/milvus_server.py"},
    "pymilvus": {"index/milvus_server.py"},
    "sqlite3": {"index/catalogue.py"},
    "sentence_transformers": {"index/embed.py"},
    "opencc": {"index/repair/script.py"},
    "trafilatura": {"index/read/html.py"},
    "docx": {"index/read/word.py"},
    "pypdfium2": {"index/read/pdf.py"},
    "rapidocr": {"index/read/scan.py"},
    "charset_normalizer": {"index/read/text.py"},
    "pydantic_settings": {"bot/settings.py"},
    "gradio": {"bot/chat.py"},
    "ahocorasick_rs": {"index/matcher.py"},
    "cn2an": {"bot/notations.py"},
    "ir_measures": {"eval/metrics.py"},
    "matplotlib": {"bot/picture.py", "eval/report.py"},
    "watchdog": {"index/watch.py"},
    "sqlalchemy": {"bot/journal.py"},
    "itsdangerous": {"bot/admin/door.py"},
    "mcp": {"bot/tools.py"},
    "limits": {"bot/pace.py"},
    "prometheus_client": {"bot/metrics.py"},
    "uvicorn": {"bot/proxies.py"},
    "langchain_text_splitters": {"eval/peers.py"},
    "locust": {"eval/load_traffic.py"},
    "langchain": {"index/llm/client.py"},
}


@cache
def sources() -> list[Path]:
    found = [ROOT / "app.py", *(p for layer in LAYERS for p in (ROOT / layer).rglob("*.py"))]
    apart = ("training", "corpus")  # run by hand, not by the program
    return [p for p in found if not any(part.startswith(apart) for part in p.parts[len(ROOT.parts) :])]


@cache
def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", sources(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    if layer in LAYERS:
        ours = imported(path) & {"app", "index", "bot", "eval", "tests"}
        assert ours <= LAYERS[layer]


@pytest.mark.parametrize("library", IMPORTERS)
def test_heavy_libraries_have_one_importer(library: str) -> None:
    users = {p.relative_to(ROOT).as_posix() for p in sources() if library in imported(p)}
    assert users <= IMPORTERS[library]
    assert users, f"nobody imports {library}: drop the dependency"
