"""Questions in other languages into Chinese, and statements of an answer back, by a language model.

A translation proves nothing: the Chinese statement and its quotes stay, and the translation is shown beside them as one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.additions import foreign_figures, same_numbers
from bot.draft import Draft, lay_out
from bot.records import Answer
from bot.rewriting import ONE_QUESTION, is_wording
from bot.screening import is_foreign
from index.errors import ModelError
from index.llm import LanguageModel
from index.llm.prompting import complete, prompt, said_object, said_texts
from index.tokens import fold

STATEMENTS, LONGER = 12, 6  # statements of an answer that are translated; how many times longer one may become
_EACH = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "text": {"type": "string"}},
    "required": ["number", "text"],
}
_TRANSLATIONS = {
    "type": "object",
    "properties": {"translations": {"type": "array", "items": _EACH}},
    "required": ["translations"],
}
_NUMBERED = re.compile(r"^\s*[\[(]?(\d{1,2})[\]).:：、]\s*(\S.*)$", re.MULTILINE)
# Addresses and markup have no place in a translation, nor has another currency.
_FOREIGN = re.compile(r"://|www\.|[<>\[\]]|[$€£]")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def translated(text: str, model: LanguageModel, seconds: float) -> str | None:
    """A question in Chinese; None where the model gives none with the same figures."""
    try:
        asked = prompt("translate", question=text)
        told = said_texts(complete(model, asked, seconds=seconds, schema=ONE_QUESTION), "question")
    except ModelError:
        return None
    chinese = told[0] if told else ""
    return chinese if is_wording(fold(chinese)) and same_numbers(text, chinese) else None


def answer_in(asked: str, answer: Answer, model: LanguageModel, seconds: float) -> Answer:
    """The answer with its statements also in the language of `asked`; those without a sound translation stay as they are."""
    if not answer.statements:
        return answer
    numbered = "\n".join(f"{n}. {s.text}" for n, s in enumerate(answer.statements[:STATEMENTS], 1))
    wanted = prompt("translate_answer", question=asked, statements=numbered)
    try:
        told = complete(model, wanted, seconds=seconds, schema=_TRANSLATIONS, longest=LONGER * len(numbered) + 400)
    except ModelError:
        return answer
    given = _by_number(told)
    statements = tuple(
        replace(s, translation=given[n]) if n in given and _sound(given[n], s.text) else s
        for n, s in enumerate(answer.statements, 1)
    )
    if statements == answer.statements:
        return answer
    shown = Draft(
        answer.outcome, "", statements, answer.citations, answer.nearest, lead=answer.lead, notes=answer.notes
    )
    return replace(answer, statements=statements, text=lay_out(shown).text)


def _by_number(told: str) -> dict[int, str]:
    """The translations by the number of their statement; of a completion in plain words its numbered lines."""
    found = said_object(told)
    if found is None:
        return {int(number): text.strip() for number, text in _NUMBERED.findall(told)}
    listed = found.get("translations")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return {
        row["number"]: " ".join(row["text"].split())
        for row in rows
        if isinstance(row.get("number"), int) and isinstance(row.get("text"), str)
    }


def _sound(translation: str, chinese: str) -> bool:
    """Whether a text can be shown as the translation of a statement: in another language, with no figure of its own."""
    if not 2 <= len(translation) <= LONGER * len(chinese) + 40 or _FOREIGN.search(translation):
        return False
    other = is_foreign(fold(translation)) or len(_HAN.findall(translation)) * 4 < len(translation)
    return other and not foreign_figures(translation, chinese)
