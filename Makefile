# A fresh machine needs git, make and Python 3.11 to 3.13. Every target installs what it
# needs into .venv/ first.

PYTHON ?= python3
BIN := .venv/bin
DEMO := runs/demo
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version=3.11
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: demo test test-long parity lint docs lock audit clean

.venv: .venv/.development ;

# A file at the end, so that an install that broke off is not taken for a whole one.
.venv/.installed: requirements.lock
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), \
	  f"Python 3.11 to 3.13 is needed, this is {sys.version}: set PYTHON=python3.11"'
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	touch $@

# The demo does without: tests, the page, Beam, the TPU's compiler.
.venv/.development: .venv/.installed requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	touch $@

# Everything from nothing: corpus, vocabulary, shards, training, evaluation, export.
demo: .venv/.installed
	rm -rf $(DEMO)
	$(BIN)/python -m sample_corpus --megabytes=12 --output=$(DEMO)/text
	$(BIN)/python prepare.py --corpus='$(DEMO)/text/*.txt' --language=es --vocab_size=4096 \
	  --max_seq_length=32 --valid_fraction=0.02 --output=$(DEMO)/data
	$(BIN)/python pretrain.py --config=configs/demo.py \
	  --config.data.directory=$(DEMO)/data --workdir=$(DEMO)/workdir
	$(BIN)/python evaluate.py --workdir=$(DEMO)/workdir --output=$(DEMO)/eval.json \
	  > $(DEMO)/eval.txt
	$(BIN)/python export.py --workdir=$(DEMO)/workdir --output=$(DEMO)/export \
	  --formats=saved_model,huggingface,keras
	$(BIN)/python demo.py --model=$(DEMO)/export \
	  --text="el zorro rojo es muy ser" \
	  --text="el zorro rojo es muy astuto" \
	  --text="la enfermera está muy cansado" \
	  --text="mañana el panadero vendió pan en la panadería" \
	  --text="los estudiantes lee libros en la biblioteca"
	@echo; cat $(DEMO)/eval.txt
	@echo; echo "A page:           make .venv && $(BIN)/python demo.py --model=$(DEMO)/export"
	@echo "Curves:           $(BIN)/tensorboard --logdir=$(DEMO)/workdir"
	@echo "Your own corpus:  $(BIN)/python prepare.py --corpus='TEXT/*.txt.gz' --output=runs/data"

# Two at a time: most of a test is tracing, which is one thread's work.
test: .venv
	$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal --durations=25

# What takes minutes each and has shorter neighbours in `make test`.
test-long: .venv
	$(BIN)/python -m pytest -m long

# What we export and import, live against transformers and torch, in a venv of its own.
parity: .venv-parity/.installed
	.venv-parity/bin/python -m pytest -m parity tests/interop/parity_test.py \
	  tests/finetuning/parity_test.py

.venv-parity/.installed: requirements-dev.lock requirements-parity.txt
	rm -rf .venv-parity
	$(PYTHON) -m venv .venv-parity
	.venv-parity/bin/pip install --quiet --require-hashes \
	  --requirement requirements-dev.lock
	.venv-parity/bin/pip install --quiet --requirement requirements-parity.txt
	touch $@

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The documentation as a site; a broken link is an error.
docs: .venv
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open runs/site/index.html"

# After a change of requirements*.txt.
lock: .venv
	$(LOCK) requirements.txt --output-file=requirements.lock
	$(LOCK) requirements-dev.txt --constraint=requirements.lock \
	  --output-file=requirements-dev.lock

# Known vulnerabilities of what is locked, from PyPI's advisories; an audit that cannot
# look a package up fails.
audit: .venv
	$(BIN)/pip-audit --strict --disable-pip --requirement requirements-dev.lock

# Not the other trainings under runs/.
clean:
	rm -rf .venv .venv-parity $(DEMO)
