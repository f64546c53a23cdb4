"""Metrics of one evaluation run: ranking by ir-measures, the rest by pure functions over question and answer rows.

Rows are those of DESIGN section 4. Texts are compared after folding to letters and digits, as a reader would: width, script,
punctuation and white space do not matter, words and figures do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean, pstdev
from typing import Any

from bot.records import Citation
from index.records import PolicyDocument
from index.tokens import fold

Row = Mapping[str, Any]
Metrics = Mapping[str, Mapping[str, float]]  # by kind and name
_NUMBER_EDGE = re.compile(r"[\d〇零一二两三四五六七八九十百千万亿]")
_SENTENCE = re.compile(r"[。！？!?；;\n]+")


def plain(text: str) -> str:
    """Folded text without anything but letters and digits."""
    return re.sub(r"[^0-9a-z\u3400-\u9fff〇]", "", fold(text))


def ranking(questions: Sequence[Row], answers: Mapping[str, Row]) -> dict[str, float]:
    """hit@1/3/5 and RR@10 over the questions that have gold, by ir-measures on passage ranks."""
    import ir_measures
    from ir_measures import RR, Success

    qrels, run = [], []
    for question in questions:
        if not question["gold"]:
            continue
        qrels.append(ir_measures.Qrel(question["id"], "gold", 1))
        for rank, passage in enumerate(answers[question["id"]]["passages"][:10], 1):
            relevant = any(holds(gold["evidence"], passage["text"]) for gold in question["gold"])
            run.append(ir_measures.ScoredDoc(question["id"], "gold" if relevant else f"other{rank}", 1 / rank))
    best = {(d.query_id, d.doc_id): d for d in reversed(run)}.values()
    measures = {"hit@1": Success @ 1, "hit@3": Success @ 3, "hit@5": Success @ 5, "mrr@10": RR @ 10}
    found = ir_measures.calc_aggregate(list(measures.values()), qrels, list(best)) if qrels else {}
    return {name: float(found.get(measure, 0.0)) for name, measure in measures.items()}


def holds(evidence: str, passage: str) -> bool:
    """Whether a passage contains the evidence, or, for a table row, all its cells in order within 60 characters of each other."""
    if plain(evidence) in plain(passage):
        return True
    cells = [re.escape(c) for c in fold(evidence).split()]
    return len(cells) >= 3 and re.search(r"[\s\S]{0,60}?".join(cells), fold(passage)) is not None


def score(question: Row, answer: Row) -> dict[str, float]:
    """Answer, citation and abstention metrics of one question; a metric that does not apply is absent."""
    text, cited = answer["answer"], answer["citations"]
    answered = answer["status"] == "answered"
    clean = not any(_violates(text, bad, question.get("unless_label") or ()) for bad in question["must_not_include"])
    if not question["gold"]:
        return {"answer_accuracy": float(not answered and clean), "abstention_recall": float(not answered)}
    complete = all(any(contains(text, way) for way in ways) for ways in question["must_include"])
    gold = {g["source"] for g in question["gold"]}
    accepted = gold | set(question.get("acceptable_sources") or ())
    values = {
        "answer_accuracy": float(answered and complete and clean),
        "false_abstention": float(not answered),
        "citation_recall": mean(float(any(c["source"] == source for c in cited)) for source in gold),
    }
    if cited:
        values["citation_precision"] = mean(float(c["source"] in accepted) for c in cited)
    return values


def unlabelled_superseded(citations: Iterable[Citation], newer: Callable[[str], PolicyDocument | None]) -> int:
    """How many citations of superseded documents do not name what took their place in their validity: must be 0.

    `newer` gives what took the place of a document id by the day of the answer (`Succession.newer`).
    """
    taken = [(c, found) for c in citations if (found := newer(c.document_id))]
    return sum(found.title not in c.validity for c, found in taken)


def contains(text: str, wanted: str) -> bool:
    """Whether `wanted` stands in `text`; a figure at its edge must be the whole figure (5% is not in 1.5%)."""
    have, want = _loose(text), _loose(wanted)
    at = have.find(want)
    while at >= 0:
        before, after = have[max(0, at - 2) : at], have[at + len(want) : at + len(want) + 2]
        cut: object = _NUMBER_EDGE.match(want[0]) and re.search(r"[\d〇零一二两三四五六七八九十百千万亿]\.?$", before)
        cut = cut or (want[-1].isdigit() and re.match(r"\d|\.\d", after))
        if not cut:
            return True
        at = have.find(want, at + 1)
    return False


def _loose(text: str) -> str:
    text = re.sub(r"[—–‐‑−~〜]+", "-", re.sub(r"\s+", "", fold(text)))
    return re.sub(r"[\"'“”‘’《》〈〉「」*_`]", "", text.replace("∶", ":"))


def _violates(text: str, bad: str, labels: Iterable[str]) -> bool:
    return any(contains(s, bad) and not any(contains(s, label) for label in labels) for s in _SENTENCE.split(text))


def summarise(questions: Sequence[Row], answers: Mapping[str, Row]) -> dict[str, dict[str, float]]:
    """Mean of every metric for all questions and for each kind, with `n` and, of them, `n_gold` that have an answer."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for question in questions:
        groups["all"].append(question)
        groups[question["kind"]].append(question)
    return {
        name: {
            "n": float(len(group)),
            "n_gold": float(sum(bool(q["gold"]) for q in group)),
            **{metric: round(v, 4) for metric, v in (ranking(group, answers) | _means(group, answers)).items()},
        }
        for name, group in groups.items()
    }


def _means(questions: Sequence[Row], answers: Mapping[str, Row]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for question in questions:
        answer = answers[question["id"]]
        for name, value in score(question, answer).items():
            values[name].append(value)
        for name in ("quote_fidelity", "unlabelled_superseded", "faithfulness", "answer_relevance"):
            if name in answer:
                values[name].append(answer[name])
    return {name: mean(v) for name, v in values.items()}


def differences(metrics: Metrics, others: Metrics) -> dict[str, dict[str, float]]:
    """What each metric has more than in another run over the same questions, by kind, where both have it."""
    return {
        kind: {
            name: round(value - others[kind][name], 4)
            for name, value in values.items()
            if name in others[kind] and name not in ("n", "n_gold")
        }
        for kind, values in metrics.items()
    }


def abstention_curve(questions: Sequence[Row], answers: Mapping[str, Row]) -> list[tuple[float, float, float]]:
    """(threshold, false abstention, abstention recall) as the threshold passes each probability that was given."""
    there = [answers[q["id"]]["probability"] for q in questions if q["gold"]]
    missing = [answers[q["id"]]["probability"] for q in questions if not q["gold"]]
    if not there or not missing:
        return []
    thresholds = sorted({0.0, *there, *missing, 1.01})
    return [(t, mean(float(p < t) for p in there), mean(float(p < t) for p in missing)) for t in thresholds]


def importances(weights: Mapping[str, float], answers: Iterable[Row]) -> list[tuple[str, float, float]]:
    """(feature, weight, weight × standard deviation over the run's passages), the strongest first."""
    seen = [passage["why"] for answer in answers for passage in answer["passages"]]
    found = [(n, w, w * pstdev([why.get(n, 0.0) for why in seen]) if seen else 0.0) for n, w in weights.items()]
    return sorted(found, key=lambda row: -abs(row[2]))
