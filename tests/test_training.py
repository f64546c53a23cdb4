"""Training material in the repository: questions and invented documents fit together."""

from __future__ import annotations

import re

from index.training.asked import INVENTED, asked_questions
from index.training.data import FOLDS, bare_title, fold_of


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_answers_stand_in_the_invented_documents() -> None:
    texts = {p.name: plain(p.read_text(encoding="utf8")) for p in INVENTED.glob("*.txt")}
    asked = [(q, source, words) for q in asked_questions() for source, words in q.answers if source in texts]
    assert len(asked) > 300
    assert [q.id for q, source, words in asked if plain(words) not in texts[source]] == []


def test_questions_have_names_of_their_own_and_some_have_no_answer() -> None:
    questions = asked_questions()
    assert len({q.id for q in questions}) == len(questions)
    assert 0.2 < sum(not q.answers for q in questions) / len(questions) < 0.4


def test_versions_of_a_law_are_in_one_fold() -> None:
    names = ("体育法(2016-11-07).md", "体育法(2022-06-24).md", "中华人民共和国体育法")
    assert {bare_title(n) for n in names} == {"体育法"}
    assert {fold_of(bare_title(n)) for n in names} < set(range(FOLDS))


def test_invented_documents_say_so() -> None:
    for path in INVENTED.glob("*.txt"):
        assert "（示例）" in path.read_text(encoding="utf8")[:120], path.name
