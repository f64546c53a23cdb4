"""`python -m eval.learn`: fit the reranker and the answerability model on training questions, never on evaluation ones.

Training documents are whole laws of the training questions (with all their articles as distractors) and the written passages set
as documents with headings, so that neither length nor the presence of a heading tells the right passage. Only passages that the
embedded model did not see are used (`held_out`): features of a model that knows the question are too good.
"""

from __future__ import annotations

import json
import re
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from bot.answer import Answerer
from bot.answerable import SIGNALS, probability, signals
from bot.features import FEATURES
from bot.records import Hit, Question
from bot.retrieve import retrieve, weights
from bot.settings import ROOT, Settings
from bot.understand import understand
from eval.metrics import plain
from index.embed import load_embedder
from index.library import open_library
from index.sync import sync

TRAINING = ROOT.parent / "shared" / "training"
LAWS = ROOT.parent / "shared" / "corpus" / "laws-all.tar.xz"
NEGATIVES = 12
ABSTAIN_SHARE = 0.5  # every second answerable question also serves, its answer taken away, as an unanswerable one


@dataclass(frozen=True, slots=True)
class Asked:
    """A training question with the words of the passage that answers it; None where the library does not hold it."""

    question: str
    answer: str | None


def learn(out: Annotated[Path, typer.Option(help="folder for the two weight files")] = ROOT / "bot") -> None:
    """Build the training library, fit both models, print cross-validated figures and write the weights."""
    with tempfile.TemporaryDirectory() as folder:
        asked = list(write_documents(Path(folder) / "documents"))
        settings = Settings(home=Path(folder) / "home")
        embedder = load_embedder(settings.embedder)
        sync([Path(folder) / "documents"], settings.home, embedder, progress=True)
        answerer = Answerer(open_library(settings.home, embedder), settings)
        found = [(a, *_retrieve(answerer, a.question)) for a in asked]
    reranker = fit_reranker(found)
    _save(out / "reranker.json", reranker)
    weights.cache_clear()
    reranked = [(a, q, sorted(hits, key=lambda h: -_linear(h.why, reranker))) for a, q, hits in found]
    answerable = fit_answerable(reranked)
    _save(out / "answerable.json", answerable)


def _linear(values: dict[str, float], by_name: dict[str, float]) -> float:
    return sum(w * values.get(n, 0.0) for n, w in by_name.items())


def _retrieve(answerer: Answerer, text: str) -> tuple[Question, list[Hit]]:
    question = understand(text, names=answerer.names, known_places=answerer.places)
    return question, retrieve(question, answerer.library, answerer.lexicon, answerer.superseded)


def is_gold(asked: Asked, hit: Hit) -> bool:
    """Whether a hit's chunk is (part of) the passage that answers."""
    if asked.answer is None:
        return False
    chunk, answer = plain(hit.chunk.text), plain(asked.answer)
    return len(chunk) >= 8 and (chunk in answer or answer in chunk or answer[:60] in chunk)


def fit_reranker(found: Sequence[tuple[Asked, Question, list[Hit]]]) -> dict[str, float]:
    """Pairwise logistic regression: the right hit against the best wrong ones of the same question."""
    from sklearn.linear_model import LogisticRegression

    differences, groups = [], []
    for number, (asked, _, hits) in enumerate(found):
        gold = [h for h in hits if is_gold(asked, h)][:1]
        for right in gold:
            wrong = [h for h in hits if not is_gold(asked, h)][:NEGATIVES]
            differences += [[right.why[f] - h.why[f] for f in FEATURES] for h in wrong]
            groups += [number] * len(wrong)
    x = np.array(differences)
    print(f"reranker: {len(x)} pairs of {len(set(groups))} questions")
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=2000)
    model.fit(np.concatenate([x, -x]), np.concatenate([np.ones(len(x)), np.zeros(len(x))]))
    learned = dict(zip(FEATURES, (round(float(w), 3) for w in model.coef_[0]), strict=True))
    _report_ranking(found, learned)
    return learned


def _report_ranking(found: Sequence[tuple[Asked, Question, list[Hit]]], learned: dict[str, float]) -> None:
    for name, by_name in (("before", None), ("after", learned)):
        ranks = []
        for asked, _, hits in found:
            if asked.answer is not None:
                order = hits if by_name is None else sorted(hits, key=lambda h: -_linear(h.why, by_name))
                ranks.append(next((i for i, h in enumerate(order) if is_gold(asked, h)), 99))
        shares = {f"hit@{k}": round(float(np.mean([r < k for r in ranks])), 3) for k in (1, 5, 10, 50)}
        print(name, len(ranks), shares)


def fit_answerable(found: Sequence[tuple[Asked, Question, list[Hit]]]) -> dict[str, float]:
    """Logistic regression on whether the first hit is right; near misses and answers taken away are the negatives."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    rows, right = [], []
    for number, (asked, question, hits) in enumerate(found):
        for kept in _views(asked, hits, number):
            if kept:
                rows.append([signals(question, kept)[s] for s in SIGNALS])
                right.append(is_gold(asked, kept[0]))
    x, y = np.array(rows), np.array(right, dtype=float)
    model = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced")
    predicted = cross_val_predict(model, x, y, cv=5, method="predict_proba")[:, 1]
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
        answered = predicted >= threshold
        print(
            f"threshold {threshold}: answers {answered[y == 1].mean():.3f} of the right, {answered[y == 0].mean():.3f} of the wrong"
        )
    model.fit(x, y)
    return {"bias": round(float(model.intercept_[0]), 3)} | dict(
        zip(SIGNALS, (round(float(w), 3) for w in model.coef_[0]), strict=True)
    )


def _views(asked: Asked, hits: list[Hit], number: int) -> Iterator[list[Hit]]:
    yield hits
    if asked.answer is not None and number % int(1 / ABSTAIN_SHARE) == 0:
        yield [h for h in hits if not is_gold(asked, h)]


def write_documents(folder: Path) -> Iterator[Asked]:
    """Write the training documents and yield their questions."""
    folder.mkdir(parents=True)
    held_out = set(json.loads((ROOT / "index" / "model" / "held_out.json").read_text(encoding="utf8")))
    yield from _laws(folder, held_out)
    yield from _plans(folder, held_out)
    yield from _notices(folder, held_out)


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TRAINING / f"{name}.jsonl").read_text(encoding="utf8").splitlines() if line]


def _laws(folder: Path, held_out: set[str]) -> Iterator[Asked]:
    passages = {r["id"]: r for r in _rows("passages") if r["id"] in held_out}
    titles = {_title(r["law"]) for r in passages.values()}
    with tarfile.open(LAWS) as archive:
        for member in archive:
            name = Path(member.name)
            file = archive.extractfile(member) if name.suffix == ".md" else None
            if file is not None and _title(name.stem) in titles:
                (folder / name.name).write_bytes(file.read())
    for row in _rows("questions"):
        if row["id"] in passages:
            yield from (Asked(q, passages[row["id"]]["text"]) for q in row["q"])


def _title(name: str) -> str:
    return re.sub(r"[(（].*|^中华人民共和国", "", name)


def _plans(folder: Path, held_out: set[str]) -> Iterator[Asked]:
    """Synthetic passages under their own document and headings; rules as numbered items of one collection a topic."""
    documents: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows("synthetic"):
        documents[row["doc"]].append((row["head"], row["text"]))
        if row["id"] in held_out:
            yield from (Asked(q, row["text"]) for q in row["q"])
    for row in _rows("rules"):
        documents[f"学校工作规定汇编{row['id'][:4]}"].append((row["topic"], row["text"]))
        if row["id"] in held_out:
            yield from (Asked(q, row["text"]) for q in row["q"])
    _write(folder, documents)


def _notices(folder: Path, held_out: set[str]) -> Iterator[Asked]:
    documents: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for number, row in enumerate(_rows("near_misses")):
        documents[f"教育工作通知汇编{number // 20:02d}"].append(("", row["text"]))
        if row["id"] in held_out:
            yield from (Asked(q, row["text"]) for q in row["answers"])
        yield from (Asked(q, None) for q in row["misses"])
    _write(folder, documents)


def _write(folder: Path, documents: dict[str, list[tuple[str, str]]]) -> None:
    for title, items in documents.items():
        lines, last = [title.strip("《》")], [""]
        for number, (head, text) in enumerate(items, 1):
            heads = [h.strip() for h in head.split(" / ") if h.strip()]
            numbered = bool(heads) and bool(re.match(r"[一二三四五六七八九十]+、|（", heads[0]))
            if numbered:
                lines += [h for i, h in enumerate(heads) if last[: i + 1] != heads[: i + 1]]
                lines.append(text)
                last = heads
            else:
                lines.append(f"{number}. {head}。{text}" if head else f"{number}. {text}")
        safe = re.sub(r"[^\w\u4e00-\u9fff]", "", title)
        (folder / f"{safe}.txt").write_text("\n".join(lines), encoding="utf8")


def _save(path: Path, learned: dict[str, float]) -> None:
    path.write_text(json.dumps(learned, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    print(path.name, json.dumps(learned, ensure_ascii=False))


def curve(found: Iterable[tuple[Asked, Question, list[Hit]]]) -> list[tuple[float, bool]]:
    """Probability and truth of each question's first hit, for the trade-off curve."""
    return [(probability(q, hits), is_gold(a, hits[0])) for a, q, hits in found if hits]


def main() -> None:
    """Command-line entry."""
    typer.run(learn)


if __name__ == "__main__":
    main()
