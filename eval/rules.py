"""Documents made up to test the library with: as many as wanted, in versions that can be told apart."""

from __future__ import annotations

from pathlib import Path

_NUMERALS = "一二三四五六七八九十"


def write_rules(folder: Path, count: int = 110, version: int = 0) -> None:
    """`count` documents of ten short articles: eleven chunks each, so that 110 are more than one page of vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        articles = "\n\n".join(
            f"第{numeral}条 第{number}号办法规定，学校应当在{at + version}日内公示第{number * 10 + at}项内容。"
            for at, numeral in enumerate(_NUMERALS, 1)
        )
        (folder / f"{number}.txt").write_text(f"某县第{number}号办法\n\n{articles}\n", encoding="utf8")


def version_told(text: str) -> int:
    """The version that the first article of such a document tells."""
    return int(text.split("学校应当在", 1)[1].split("日内", 1)[0]) - 1
