PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Not everything is compiled on installation, so what is imported must be kept: without, every process compiles torch for half a minute.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test thorough lint bench load soak scale eval sample results learn train screenshots fuzz clean

# torch goes first: pinned, so that no other package pulls a CUDA build. What is imported is compiled then: all of it takes a minute.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q --no-compile torch==2.13.0
	$(BIN)/python -m pip install -q --no-compile -e '.[dev]'
	touch $(READY)

run: $(READY)
	$(BIN)/python app.py serve

test: $(READY) lint
	$(BIN)/python -m pytest -n 2 --dist loadfile
	$(MAKE) eval

# The long tests whole: more kills, questions and models.
thorough: $(READY)
	THOROUGH=1 FUZZ=2500 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m eval.bench --documents eval/corpus --out out/bench.json

# On the loopback only, about ten minutes; the hour with memory watched is `make soak`.
load: $(READY)
	$(BIN)/python -m pip install -q -e '.[load]'
	$(BIN)/python -m eval.load --out out/load.json

soak: $(READY)
	$(BIN)/python -m pip install -q -e '.[load]'
	$(BIN)/python -m eval.load --out out/soak.json --parts soak --soak 60

# LAWS=folder of many documents; sizes that have been measured are not measured again.
scale: $(READY)
	$(BIN)/python -m eval.scale --documents $(or $(LAWS),eval/corpus) --out out/scale.json

# The sample library's metrics against the committed ones: no overall metric may fall by more than two points.
eval: sample
	$(BIN)/python -m eval.compare eval/results/sample.json out/sample/metrics.json

# A fixed day, so that validity questions have the same answers on every day.
sample: $(READY)
	$(BIN)/python -m eval.run --documents eval/corpus --questions eval/cases.jsonl --out out/sample --today 2026-11-24

results: sample
	mkdir -p eval/results
	cp out/sample/metrics.json eval/results/sample.json

learn: $(READY)
	$(BIN)/python -m eval.learn

train: $(READY)
	$(BIN)/python -m pip install -q -e '.[train]'
	$(BIN)/python -m index.training
	$(BIN)/python -m eval.learn

screenshots: $(READY)
	$(BIN)/python -m tests.screenshots

# Coverage-guided, so many seconds a target; what is found lies in out/fuzz.
FUZZ_SECONDS ?= 180
fuzz: $(READY)
	$(BIN)/python -m pip install -q -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

clean:
	rm -rf $(VENV) data out build *.egg-info
