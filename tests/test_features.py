"""Features of real candidates: named, finite, and meaning what they say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from bot.answer import Answerer
from bot.answerable import SIGNALS, probability, signals
from bot.features import FEATURES
from bot.retrieve import Pool, gather, retrieve, search_terms, subject, weights
from bot.understand import understand


def pool_of(answerer: Answerer, text: str) -> Pool:
    question = understand(text, names=answerer.names, known_places=answerer.places, on=date(2026, 11, 21))
    return gather(question, search_terms(question, answerer.lexicon), answerer.searcher())


def test_every_feature_has_a_finite_value_for_every_candidate(answerer: Answerer) -> None:
    pool = pool_of(answerer, "德清县随迁子女什么时候报名")
    assert set(pool.columns) == set(FEATURES)
    for name, column in pool.columns.items():
        assert len(column) == len(pool.candidates), name
        assert np.isfinite(column).all(), name


def test_weights_name_features_and_signals() -> None:
    assert set(weights()) <= set(FEATURES)
    assert set(weights("answerable")) <= {"bias", *SIGNALS}


def test_likeness_never_speaks_against_an_answer() -> None:
    learned = weights("answerable")
    assert all(learned.get(name, 0.0) >= 0 for name in ("late", "exact", "coverage", "rare_coverage", "concepts"))
    assert all(learned.get(name, 0.0) <= 0 for name in ("worst", "unmatched", "figure_missing", "unit_missing"))


def test_places_choose_documents_and_are_no_search_words(answerer: Answerer) -> None:
    question = understand("德清县午休收费吗", names=answerer.names, known_places=answerer.places)
    assert "德清" not in subject(question)
    assert "午休" in subject(question)


def test_the_asked_place_is_searched_whole(answerer: Answerer) -> None:
    """Documents of the place enter the candidates even where no word is shared."""
    pool = pool_of(answerer, "德清县量子纠缠咋整")
    here = {c.document.id for c in pool.candidates if c.document.place and c.document.place.name == "德清县"}
    wanted = {d.id for d in answerer.library.documents() if d.place and d.place.name == "德清县"}
    assert here == wanted


@pytest.mark.parametrize(
    ("asked", "near_miss"),
    [("学校午休一个月收多少钱", "学校午休的床要多少钱一张"), ("午休能收费吗", "量子力学怎么入门")],
)
def test_what_is_answered_is_likelier_than_what_is_not(answerer: Answerer, asked: str, near_miss: str) -> None:
    likely, unlikely = (
        probability(q, retrieve(q, answerer.searcher()))
        for q in (understand(t, names=answerer.names, known_places=answerer.places) for t in (asked, near_miss))
    )
    assert likely > unlikely


def test_a_rule_of_the_province_counts_as_one_of_the_place(answerer: Answerer) -> None:
    question = understand("德清县学校午休收费吗", names=answerer.names, known_places=answerer.places)
    hits = [h for h in retrieve(question, answerer.searcher()) if h.why["place_above"]]
    assert hits
    assert signals(question, hits)["place"] == 1.0
