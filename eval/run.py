"""`python -m eval.run`: build a throw-away library, answer every question, score and report (DESIGN section 4)."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.answer import Answerer
from bot.records import Citation, Turn
from bot.retrieve import weights
from bot.settings import Settings
from eval.arguments import repeated
from eval.metrics import abstention_curve, importances, summarise, unlabelled_superseded
from eval.report import write_report
from index.embed import load_embedder
from index.library import Library, open_library
from index.records import Chunk, PolicyDocument
from index.sync import sync

PASSAGES = 10
PASSAGE_LENGTH = 1500


def run(
    documents: Annotated[list[Path], typer.Option(help="folders of documents")],
    questions: Annotated[Path, typer.Option(help="questions, one JSON object a line")],
    out: Annotated[Path, typer.Option(help="folder for the results")],
    today: Annotated[str, typer.Option(help="the day answers are given on, YYYY-MM-DD")] = "",
) -> None:
    """Answer every question over the documents and write answers.jsonl, metrics.json, report.md, config.json."""
    out.mkdir(parents=True, exist_ok=True)
    on = date.fromisoformat(today) if today else date.today()
    rows = [json.loads(line) for line in questions.read_text(encoding="utf8").splitlines() if line.strip()]
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        embedder = load_embedder(settings.embedder)
        report = sync(documents, settings.home, embedder, progress=False)
        library = open_library(settings.home, embedder)
        answerer = Answerer(library, settings)
        answers = {row["id"]: answer_row(answerer, row, on) for row in rows}
        config = {
            "questions": questions.name, "documents": [d.name for d in documents], "today": on.isoformat(),
            "library": {"documents": report.documents, "chunks": report.chunks}, "embedder": embedder.name,
            "settings": json.loads(settings.model_dump_json(exclude={"home", "documents", "lexicon"})),
        }  # fmt: skip
    _write_lines(out / "answers.jsonl", list(answers.values()))
    metrics = summarise(rows, answers)
    (out / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False, indent=1), encoding="utf8")
    (out / "config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1), encoding="utf8")
    write_report(out, metrics, config, abstention_curve(rows, answers), importances(weights(), answers.values()))
    print((out / "report.md").read_text(encoding="utf8"))


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


def main() -> None:
    """Command-line entry."""
    sys.argv[1:] = repeated(sys.argv[1:], "--documents")
    typer.run(run)


if __name__ == "__main__":
    main()
