# Every command of the project. `make help` lists them; README.md says how to do each without make.

PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
INSTALLED := .venv/installed.stamp
FRONT_END := node_modules/.package-lock.json
FRONT_END_TESTS := node_modules/vnu-jar/package.json
PAGE := _build/html/index.html

QUIETLY := --no-audit --no-fund --loglevel=error

export TQDM_DISABLE = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup book slides talk check test chromium audit lab notebook notebooks student \
	result results bench headline weights lock clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1|\2/' | awk -F'|' '{printf "%-16s%s\n", $$1, $$2}'

setup: $(INSTALLED) $(FRONT_END)  ## Create .venv and node_modules, or bring them up to date

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, and $(PYTHON) is {sys.version.split()[0]}: name another one, as in `make PYTHON=python3.12 book`.")'
	$(PYTHON) -m venv .venv

$(INSTALLED): .venv/pyvenv.cfg requirements.txt pyproject.toml
	TORCH=$(TORCH) $(BIN)/python tools/install.py
	@touch $@

$(FRONT_END): package.json package-lock.json | $(INSTALLED)
	$(BIN)/python book/_ext/unrolled_book/node.py ci --omit=dev $(QUIETLY)
	@touch $@

# What only the tests need is ten times as large.
$(FRONT_END_TESTS): package.json package-lock.json | $(INSTALLED)
	$(BIN)/python book/_ext/unrolled_book/node.py ci $(QUIETLY)
	@touch $(FRONT_END) $@

book: setup  ## Build the book; a warning is an error
	@$(BIN)/python tools/book.py
	@echo "The first page: $(CURDIR)/$(PAGE)"

slides: setup  ## Build the slides of the talk alone, and say how long the talk takes
	@$(BIN)/python tools/notebooks.py lunch
	$(BIN)/python tools/slides.py

talk: setup  ## Open the talk's notebook in JupyterLab, to run its live cells
	@$(BIN)/jupyter trust book/teach/lunch_and_learn.ipynb > /dev/null
	TQDM_DISABLE= $(BIN)/jupyter lab book/teach/lunch_and_learn.ipynb

# Two workers, one thread each.
check test: export OMP_NUM_THREADS = 1

check: setup  ## Run the quick tests: lint, the package, the pages' sources (two minutes)
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile tests/package tests/book/sources

test: $(FRONT_END_TESTS) chromium setup  ## Run every test: package, notebooks, book, browser (ten minutes)
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder  # short files come last

# Where no way works, the tests say so.
chromium: $(INSTALLED)  ## Get a Chromium for the tests, where there is none
	@{ test -n "$$UNROLLED_CHROMIUM" || command -v chromium || command -v chromium-browser || command -v google-chrome || \
		$(BIN)/python -m playwright install --only-shell chromium || { test "$$(id -u)" = 0 && apt-get update && \
		DEBIAN_FRONTEND=noninteractive apt-get install --yes chromium; }; } > /dev/null 2>&1 || true

audit: $(FRONT_END_TESTS) book  ## Weigh each page, and print Lighthouse's scores (ten minutes)
	$(BIN)/python tools/audit.py

lab: setup  ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter trust notebooks/*.ipynb book/*.ipynb book/teach/*.ipynb > /dev/null  # else JupyterLab doesn't show SVG
	TQDM_DISABLE= $(BIN)/jupyter lab notebooks

notebook: setup  ## Bring one .ipynb up to date: make notebook NAME=02 (executes it if its code has changed)
	$(BIN)/python tools/notebooks.py $(NAME)

notebooks: setup  ## Write each .ipynb anew from its .md, and execute it
	$(BIN)/python tools/notebooks.py

student: setup  ## Write the notebooks without their solutions, for a class
	@$(BIN)/python tools/student.py

result results bench headline: run = $(BIN)/python -m experiments $(1) &&

result: setup  ## Run one experiment: make result NAME=rnn writes data/results/rnn.json
	$(call run,$(NAME)) true

results: setup  ## Run those that take minutes (half an hour in all; downloads a text)
	$(foreach name,rnn reber lstm reach wren autograd batching speaker echo,$(call run,$(name))) true

bench: setup  ## Time the NumPy LSTM, on a machine that does nothing else (15 minutes; downloads a text)
	$(foreach name,speed numpy_shakespeare,$(call run,$(name))) true

headline: setup  ## Train chapter 4's model on Tiny Shakespeare (a bit over an hour, quiet as for `bench`; downloads a text)
	$(foreach name,shakespeare shakespeare_log shakespeare_longer,$(call run,$(name))) true

weights: setup  ## Train the two models that run in the page, and write data/weights (5 minutes; downloads a text)
	$(BIN)/python tools/weights.py

lock: setup  ## Resolve pyproject.toml and requirements.in into requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --fork-strategy fewest --upgrade \
		--custom-compile-command "make lock" --quiet --extra torch pyproject.toml requirements.in --output-file requirements.txt

clean:  ## Delete the built book
	rm -rf _build
