"""What the documentation of the protocol promises: tables, schema and examples are those of the code."""

from __future__ import annotations

import importlib.util
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.fences import fences
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import ProtocolInvalid
from xnat_gate.core.protocol.keys import KEYS
from xnat_gate.core.protocol.patterns import LONGEST
from xnat_gate.core.protocol.phrases import DEEPEST as CONDITIONS_DEEPEST
from xnat_gate.core.protocol.phrases import MOST_PARTS
from xnat_gate.core.protocol.route_lines import MOST_ROUTES
from xnat_gate.core.protocol.rule_lines import MOST_RULES
from xnat_gate.core.protocol.tables import tables
from xnat_gate.core.protocol.wording import MOST_VALUES
from xnat_gate.edge.protocol_file import LARGEST, load, loads
from xnat_gate.edge.protocol_file.tree import DEEPEST

TOP = Path(__file__).resolve().parents[1]
README = (TOP / "protocol" / "README.md").read_text(encoding="utf-8")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", TOP / "scripts" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(TOP / "scripts"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOP / "scripts"))
    return module


def test_schema_and_tables_are_those_of_the_code() -> None:
    stale = [path.name for path, _ in generator().out_of_date()]
    assert stale == [], "run scripts/generate.py"


def test_the_generator_finds_and_mends_what_is_out_of_date(tmp_path: Path) -> None:
    folder = tmp_path / "protocol"
    folder.mkdir()
    shutil.copytree(TOP / "protocol" / "pages", folder / "pages")
    (folder / "README.md").write_text(README.replace("`shared_number`", "`shared_numbers`"), encoding="utf-8")
    for page in (
        "README.md",
        "docs/sandbox.md",
        "commands/README.md",
        "containers/README.md",
        "containers/compose.yaml",
        "containers/env.example",
    ):
        if (TOP / page).is_file():
            (tmp_path / page).parent.mkdir(exist_ok=True)
            (tmp_path / page).write_bytes((TOP / page).read_bytes())
    stale = dict(generator().out_of_date(tmp_path))
    assert stale[folder / "README.md"] == README
    assert folder / "protocol.schema.json" in stale


def test_the_generator_refuses_a_page_without_a_place_for_a_table() -> None:
    with pytest.raises(ValueError, match="no place for the table keys"):
        generator().with_tables("nothing here", tables())


def test_the_check_of_the_generator_tells_by_its_exit_code() -> None:
    script = [sys.executable, str(TOP / "scripts" / "generate.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.path)
def test_every_key_is_in_the_readme(key: object) -> None:
    assert f"| `{getattr(key, 'name', '')}` |" in README


@pytest.mark.parametrize(
    "path",
    [TOP / "protocol" / "default.yaml", *sorted((TOP / "protocol" / "examples").iterdir())],
    ids=lambda path: path.name,
)
def test_every_protocol_that_comes_along_is_a_good_one(path: Path) -> None:
    assert load(path, VOCABULARY).allow


def test_the_default_writes_every_key() -> None:
    text = (TOP / "protocol" / "default.yaml").read_text(encoding="utf-8")
    assert [key.path for key in KEYS if not re.search(rf"^(?:# )? *{key.name}:", text, re.MULTILINE)] == []


def test_the_examples_of_the_readme_are_what_it_says() -> None:
    shown = fences(README)
    good = [fence.text for fence in shown if fence.about == "protocol"]
    assert len(good) >= 4
    for text in good:
        assert loads(text, VOCABULARY, "").allow
    ((wrong, answer),) = [
        (fence.text, after.text) for fence, after in itertools.pairwise(shown) if fence.about == "refused"
    ]
    with pytest.raises(ProtocolInvalid) as invalid:
        loads(wrong, VOCABULARY, "mine.yaml")
    assert str(invalid.value) == answer.rstrip("\n")


def test_the_limits_of_the_readme_are_those_of_the_code() -> None:
    _, _, limits = README.partition("## Limits")
    plain = " ".join(limits.split())
    assert f"at most {LARGEST // 1024} KB" in plain
    assert f"deeper than {DEEPEST} levels" in plain
    assert f"at most {MOST_RULES} rules and {MOST_ROUTES} routes" in plain
    assert f"a list of values at most {MOST_VALUES}, a list of conditions {MOST_PARTS}" in plain
    assert {4: "at most four deep"}[CONDITIONS_DEEPEST] in plain
    assert f"at most {LONGEST} characters" in plain
