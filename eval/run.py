"""`python -m eval.run`: build a throw-away library, answer every question, score and report (DESIGN section 4)."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from bot.answer import Answerer
from bot.records import Citation, Statement, Turn
from bot.retrieve import weights
from bot.settings import ROOT, Settings
from eval.arguments import repeated
from eval.judge import judge_all
from eval.metrics import Metrics, abstention_curve, differences, importances, summarise, unlabelled_superseded
from eval.report import write_report
from index.embed import load_embedder
from index.generation import discard
from index.library import Library, open_library
from index.llm import LanguageModel
from index.records import Chunk, PolicyDocument
from index.sync import sync

if TYPE_CHECKING:
    from index.llm.usage import Usage

PASSAGES = 10
PASSAGE_LENGTH = 1500
Rows = dict[str, dict[str, Any]]
_PRIVATE = {
    *("home", "documents", "lexicon", "journal_url", "admin_password", "llm_url", "llm_key"),
    *("chroma_url", "chroma_token", "milvus_uri", "milvus_token"),
}


class Metered(LanguageModel, Protocol):
    """A language model that counts what it is used for."""

    def usage(self) -> Usage: ...


def run(
    *,
    documents: Annotated[list[Path], typer.Option(help="folders of documents")],
    questions: Annotated[Path, typer.Option(help="questions, one JSON object a line")],
    out: Annotated[Path, typer.Option(help="folder for the results")],
    today: Annotated[str, typer.Option(help="the day answers are given on, YYYY-MM-DD")] = "",
    llm: Annotated[str, typer.Option(help="answer with this model as well, provider:model")] = "",
    llm_url: Annotated[str, typer.Option(help="where the model is served")] = "",
    judge: Annotated[str, typer.Option(help="let this model judge the answers, provider:model")] = "",
    judge_url: Annotated[str, typer.Option(help="where the judge is served")] = "",
) -> None:
    """Answer every question over the documents and write answers.jsonl, metrics.json, report.md, config.json."""
    on = date.fromisoformat(today) if today else date.today()
    evaluate(documents, questions, out, on, model=_opened(llm, llm_url), judge=_opened(judge, judge_url))
    print((out / "report.md").read_text(encoding="utf8"))


def _opened(name: str, url: str) -> Metered | None:
    """A model with the key, the time and the context of the settings; None without a name."""
    config = Settings(llm=name or None, llm_url=url or None).language_model if name else None
    if config is None:
        return None
    from index.llm.client import open_model

    return open_model(config)


def evaluate(
    documents: Sequence[Path],
    questions: Path,
    out: Path,
    on: date,
    *,
    model: Metered | None = None,
    judge: Metered | None = None,
) -> None:
    """Write the results into `out`; with a model every question is answered a second time, without it, for comparison."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in questions.read_text(encoding="utf8").splitlines() if line.strip()]
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        embedder = load_embedder(settings.embedder)
        server = settings.servers.server()
        report = sync(documents, settings.home, embedder, progress=False, server=server)
        library = open_library(settings.home, embedder, server)
        plain = _answered(Answerer(library, settings), rows, on)
        answers = _answered(Answerer(library, settings, model=model), rows, on) if model else plain
        config = {
            "questions": questions.name, "documents": [d.name for d in documents], "today": on.isoformat(),
            "library": {"documents": report.documents, "chunks": report.chunks}, "embedder": embedder.name,
            "server": type(server).__name__ if server else None, "away": library.away is not None,
            "settings": json.loads(settings.model_dump_json(exclude=_PRIVATE)), "prompts": _prompts(),
        }  # fmt: skip
        discard(settings.home, server)
    if judge:
        counts = Counter(judge_all(rows, answers, judge))
        counts.update(judge_all(rows, plain, judge) if model else {})
        config["judge"] = {"name": judge.name, **counts, "usage": _used(judge)}
    if model:
        written = sum(bool(row["written_by"]) for row in answers.values())
        config["model"] = {"name": model.name, "written": written, "usage": _used(model)}
        _write_lines(out / "answers.plain.jsonl", list(plain.values()))
    _write_lines(out / "answers.jsonl", list(answers.values()))
    metrics, without = summarise(rows, answers), summarise(rows, plain) if model else None
    _write_json(out / "metrics.json", side_by_side(metrics, without) if without else metrics)
    _write_json(out / "config.json", config)
    features = importances(weights(), answers.values())
    write_report(out, metrics, config, abstention_curve(rows, answers), features, plain=without)


def side_by_side(metrics: Metrics, plain: Metrics) -> dict[str, Any]:
    """The metrics with, of each kind, those without the model and what the model adds to them."""
    more = differences(metrics, plain)
    return {kind: {**v, "plain": plain[kind], "difference": more[kind]} for kind, v in metrics.items()}


def _answered(answerer: Answerer, rows: Sequence[Mapping[str, Any]], on: date) -> Rows:
    return {row["id"]: answer_row(answerer, row, on) for row in rows}


def _prompts() -> dict[str, str]:
    """What the answers were asked for with: the hash of each file of prompts."""
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted((ROOT / "prompts").glob("*.md"))}


def _used(model: Metered) -> dict[str, Any]:
    used = model.usage()
    counts = {
        name: getattr(used, name) for name in ("calls", "tokens_in", "tokens_out", "estimated", "seconds", "cost")
    }
    return {**counts, "failures": dict(used.failures)}


def answer_row(answerer: Answerer, row: Mapping[str, Any], on: date) -> dict[str, Any]:
    """One question answered, in the contract's form."""
    history = [Turn(turn["role"], turn["content"]) for turn in row.get("history") or []]
    began = time.perf_counter()
    answer = answerer.ask(row["question"], history=history, on=on)
    elapsed = (time.perf_counter() - began) * 1000
    library = answerer.library
    citations = answer.citations if answer.outcome.gives_answer else ()
    fair = [_faithful(c, library) for c in citations]
    unlabelled = unlabelled_superseded(
        (*citations, *answer.nearest), lambda i: library.succession.newer(i, answer.question.on or on)
    )
    return {
        "id": row["id"],
        "status": "answered" if answer.outcome.gives_answer else "not_found",
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "citations": [_citation(c, library.document(c.document_id)) for c in citations],
        "statements": [_statement(s, citations) for s in answer.statements] if citations else [],
        "written_by": answer.written_by,
        "passages": [{**passage(hit.chunk, library), "why": _rounded(hit.why)} for hit in answer.hits[:PASSAGES]],
        "probability": round(answer.probability, 4),
        "ms": round(elapsed, 1),
        "unlabelled_superseded": unlabelled,
        **({"quote_fidelity": sum(fair) / len(fair)} if fair else {}),
        "question": asdict(answer.question)["search"],
    }


def _citation(citation: Citation, document: PolicyDocument) -> dict[str, str]:
    return {
        "source": Path(citation.source).name,
        "document": citation.title,
        "section": citation.path,
        "quote": verbatim(citation, document),
    }


def _statement(statement: Statement, citations: Sequence[Citation]) -> dict[str, Any]:
    """A statement with the places of its citations in the row's list."""
    return {"text": statement.text, "citations": [i for i, c in enumerate(citations) if c.label in statement.labels]}


def verbatim(citation: Citation, document: PolicyDocument) -> str:
    """The quote with repaired characters elided: what remains stands in the source file letter for letter."""
    parts, at = [], citation.start
    for mark in sorted(document.marks, key=lambda m: m.start):
        if mark.end > at and mark.start < citation.end:
            parts.append(document.text[at : max(at, mark.start)])
            at = max(at, min(mark.end, citation.end))
    parts.append(document.text[at : citation.end])
    return "…".join(parts)


def _faithful(citation: Citation, library: Library) -> float:
    return float(library.document(citation.document_id).text[citation.start : citation.end] == citation.quote)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items() if value}


def passage(chunk: Chunk, library: Library) -> dict[str, str]:
    """The chunk's whole article where it is not too long, else the chunk, under its document's name and its heading path."""
    document = library.document(chunk.document_id)
    article = library.articles(document.id)[chunk.article]
    whole = article.end - article.start <= PASSAGE_LENGTH and not chunk.text.startswith("|")
    text = document.text[article.start : article.end] if whole else f"{chunk.text}\n{chunk.indexed}"
    head = f"{document.title}{document.doc_no or ''}\n{chunk.path}"
    return {"source": Path(document.sources[0]).name, "text": f"{head}\n{text}"}


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf8")


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf8")


def main() -> None:
    """Command-line entry."""
    sys.argv[1:] = repeated(sys.argv[1:], "--documents")
    typer.run(run)


if __name__ == "__main__":
    main()
