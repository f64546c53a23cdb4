"""Build `frequencies.tsv.gz`, the word frequencies by which `gbk_shift` chooses between readings of the same bytes.

    python -m index.repair.build_frequencies ../shared/training

Sources: the dictionary of jieba 0.42.1 (MIT licence) and this project's own writing — the lexicon of formal and lay terms
and invented policy passages. No law and no page of the evaluation is in it; the passages of `synthetic.jsonl` are left
out as well, because the tests damage their headings and ask for them back.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import sys
from collections import Counter
from importlib.metadata import distribution
from pathlib import Path

from index.repair.frequencies import DATA, LONGEST, UNIT, phrases

PASSAGES = ("rules.jsonl", "near_misses.jsonl")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_RAREST = 8
# How much of the mixture is policy wording.
_POLICY = 0.5


def build(training: Path) -> dict[str, float]:
    """Words with their probabilities: half general language, half policy wording."""
    general = _jieba_words()
    policy = _policy_phrases(training)
    general_total, policy_total = sum(general.values()), sum(n for w, n in policy.items() if len(w) == 2)
    kept = {w for w, n in general.items() if n >= _RAREST or len(w) == 1} | {w for w, n in policy.items() if n > 1}
    return {
        word: (1 - _POLICY) * general[word] / general_total + _POLICY * policy[word] / policy_total for word in kept
    }


def _jieba_words() -> Counter[str]:
    path = Path(str(distribution("jieba").locate_file("jieba/dict.txt")))
    rows = (line.split(" ") for line in path.read_text(encoding="utf8").splitlines())
    return Counter({row[0]: int(row[1]) for row in rows if len(row[0]) <= LONGEST and _HAN.fullmatch(row[0])})


def _policy_phrases(training: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for name in PASSAGES:
        for line in (training / name).read_text(encoding="utf8").splitlines():
            found.update(phrases(json.loads(line)["text"]))
    for line in (training / "lexicon.tsv").read_text(encoding="utf8").splitlines():
        if line and not line.startswith("#"):
            for term in line.split("\t")[0].split("|"):
                found.update(phrases(term) * 2)
    return found


def main() -> None:
    rows = sorted(build(Path(sys.argv[1])).items())
    lines = [f"{word}\t{round(-UNIT * math.log(chance))}" for word, chance in rows if chance]
    DATA.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    sys.stdout.write(f"{len(lines)} words, {DATA.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
