#!/usr/bin/env bash
# The whole gate of quality, local and CI alike: format, lint, types, import contracts, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
ruff format --check .
ruff check .
mypy
lint-imports --no-logo
pytest -n "${PYTEST_WORKERS:-auto}" --dist loadgroup "$@"
