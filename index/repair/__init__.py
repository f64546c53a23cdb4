"""Text repairs: a visible, ordered list of named page-level functions, each keeping the number of lines.

`repair` runs them all and logs every changed line of every step; what nothing could repair is logged as damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from index.records import Confidence, Fix, RepairedText
from index.repair.blanks import plain_blanks, question_runs, stray_spaces
from index.repair.chrome import breadcrumbs, page_furniture, spam_lines
from index.repair.damage import find_damage
from index.repair.gbk_shift import unshift_gbk
from index.repair.glosses import strip_glosses
from index.repair.lost_marks import (
    glued_acronyms,
    lost_openings,
    lost_parentheses,
    page_breaks,
    run_in_headings,
    table_captions,
    unit_brackets,
    year_sentences,
)
from index.repair.lost_runs import bare_years, broken_twins, glued_dates, glued_periods
from index.repair.script import script_of, simplify_script
from index.repair.widths import mixed_quotes, widen_punctuation

__all__ = ["REPAIRS", "find_damage", "repair"]

Step = Callable[[str], str]

REPAIRS: tuple[tuple[Step, Confidence], ...] = (
    (plain_blanks, "proved"),
    (question_runs, "proved"),
    (unshift_gbk, "inferred"),
    (strip_glosses, "proved"),
    (simplify_script, "proved"),
    (mixed_quotes, "inferred"),
    (widen_punctuation, "proved"),
    (stray_spaces, "inferred"),
    (breadcrumbs, "proved"),
    (page_furniture, "proved"),
    (spam_lines, "proved"),
    (broken_twins, "proved"),
    (glued_dates, "proved"),
    (glued_periods, "proved"),
    (bare_years, "proved"),
    (lost_openings, "inferred"),
    (table_captions, "inferred"),
    (lost_parentheses, "inferred"),
    (unit_brackets, "inferred"),
    (year_sentences, "inferred"),
    (run_in_headings, "inferred"),
    (glued_acronyms, "inferred"),
    (page_breaks, "inferred"),
)


def repair(text: str) -> RepairedText:
    """Run every repair over a page. The result has exactly as many lines as `text`; a removed line is empty."""
    fixes: list[Fix] = []
    repaired = text
    for step, confidence in REPAIRS:
        after = step(repaired)
        if after != repaired:
            fixes.extend(_changed_lines(step.__name__, repaired, after, confidence))
        repaired = after
    return RepairedText(repaired, (*fixes, *find_damage(repaired, text)), script_of(text))


def _changed_lines(name: str, before: str, after: str, confidence: Confidence) -> Iterator[Fix]:
    pairs = zip(before.split("\n"), after.split("\n"), strict=True)
    return (Fix(name, n, old, new, confidence) for n, (old, new) in enumerate(pairs, 1) if old != new)
