"""Coverage-guided fuzzing with atheris (`make fuzz`): `python -m tests.fuzz [--seconds N] [TARGET …]`.

Each target runs in a process of its own and goes on after a failure; each kind of failure is written once, as the input that made
it, to `out/fuzz/`. What is found there and put right becomes a case of `tests/cases/fuzz.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from bot.settings import ROOT, SAMPLE_DOCUMENTS
from tests.fuzz_targets import TARGETS, within
from tests.test_fuzz_files import BASES, PIECES

OUT = ROOT / "out" / "fuzz"
CASES = Path(__file__).with_name("cases")
LONGEST = 1_200  # bytes: some four hundred characters, of which many can be tried in a minute


def seeds(target: str) -> Iterator[bytes]:
    """What a target begins with: cases that once failed, real questions or the beginnings of documents, and pieces of both."""
    yield from (
        c["text"].encode() for c in json.loads((CASES / "fuzz.json").read_text("utf8")) if c["target"] == target
    )
    if target in ("understand", "find"):
        rows = (ROOT / "eval" / "cases.jsonl").read_text("utf8").splitlines()
        yield from (json.loads(row)["question"].encode() for row in rows)
        yield from (
            case["query"].encode()
            for group in json.loads((CASES / "find.json").read_text("utf8")).values()
            for case in group
        )
    else:
        yield from (path.read_bytes()[: LONGEST // 2] for path in sorted(SAMPLE_DOCUMENTS.glob("*.*")))
    if target == "read":
        yield from (data[: LONGEST * 4] for data in BASES.values())
    yield "".join(PIECES).encode("utf8", "ignore")[:LONGEST]


def mutated(data: bytes, longest: int, seed: int) -> bytes:
    """Now and then a change of what policies are made of, which changes of bytes hardly ever hit upon."""
    import atheris

    chance = random.Random(seed)
    if chance.random() < 0.4:
        return bytes(atheris.Mutate(data, longest))
    text = data.decode("utf8", "ignore")
    at = chance.randint(0, len(text))
    end = min(len(text), at + chance.choice((1, 2, 8, 40)))
    piece = chance.choice((*PIECES, text[at:end] * chance.choice((2, 20)), text[::-1][:9]))
    text = chance.choice((text[:at] + piece + text[at:], text[:at] + piece + text[end:], text[:at] + text[end:]))
    return text.encode("utf8", "ignore")[:longest]


def fuzz_one(target: str, seconds: int) -> None:
    """Fuzz in this process, which ends with it."""
    import atheris

    OUT.mkdir(parents=True, exist_ok=True)
    corpus = OUT / f"seeds-{target}"
    corpus.mkdir(exist_ok=True)
    for data in seeds(target):
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    TARGETS[target]("第一条".encode())  # what is loaded at first use is no part of an input's time

    def run(data: bytes) -> None:
        try:
            with within():
                TARGETS[target](data)
        except Exception as error:
            _keep(target, data, error)

    options = [f"-max_total_time={seconds}", "-rss_limit_mb=4096", "-timeout=120", f"-artifact_prefix={OUT}/"]
    options.append(f"-max_len={LONGEST * 4 if target == 'read' else LONGEST}")
    atheris.Setup([sys.argv[0], *options, str(corpus)], run, custom_mutator=mutated)
    atheris.Fuzz()


def _keep(target: str, data: bytes, error: Exception) -> None:
    """Write the input, once for each place in our code where it failed."""
    ours = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if f.filename.startswith(str(ROOT)) and ".venv" not in f.filename
    ]
    where = " ".join(f"{Path(f.filename).name}:{f.lineno}" for f in ours[-2:])
    name = hashlib.sha256(f"{type(error).__name__} {where}".encode()).hexdigest()[:8]
    path = OUT / f"{target}-{name}.bin"
    if not path.exists():
        path.write_bytes(data)
        told = "".join(traceback.format_exception(error))
        path.with_suffix(".txt").write_text(f"{told}\n{data!r}\n", encoding="utf8", errors="backslashreplace")
        sys.stderr.write(f"FOUND {path.name}: {type(error).__name__} {where}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], default=[])
    parser.add_argument("--seconds", type=int, default=60, help="of each target")
    parser.add_argument("--here", action="store_true", help="fuzz the one target in this process")
    asked = parser.parse_args()
    if asked.here:
        fuzz_one(asked.targets[0], asked.seconds)
        return 0
    before = set(OUT.glob("*.bin"))
    for target in asked.targets or TARGETS:
        command = [sys.executable, "-m", "tests.fuzz", target, "--here", "--seconds", str(asked.seconds)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False).stderr
        found = re.findall(r"^FOUND .*", said, re.MULTILINE)
        done = re.search(r"^Done (\d+) runs in (\d+) second", said, re.MULTILINE)
        ended = f"{done[1]} runs in {done[2]} s" if done else f"stopped: {said[-800:]}"
        sys.stdout.write("\n".join([f"{target}: {ended}, {len(found)} failures", *found, ""]))
        sys.stdout.flush()
    return 1 if set(OUT.glob("*.bin")) - before else 0


if __name__ == "__main__":
    if "--here" in sys.argv:  # before our modules are imported, so that they are instrumented
        import atheris

        with atheris.instrument_imports(include=["index", "bot"]):
            for module in [name for name in sys.modules if name.split(".")[0] in ("index", "bot", "tests")]:
                del sys.modules[module]
            from tests.fuzz import main as instrumented
        sys.exit(instrumented())
    sys.exit(main())
