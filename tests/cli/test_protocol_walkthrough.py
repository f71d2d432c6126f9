"""The five things that an administrator does, as protocol/README.md tells them, against the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests import forked
from tests.fences import Fence, fences
from tests.hospital import Site
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.protocol.stamp import stripped
from xnat_gate.edge import protocol_file
from xnat_gate.sandbox.phantoms import ct_series, us
from xnat_gate.sandbox.phantoms.parts import Patient

README = Path(__file__).resolve().parents[2] / "protocol" / "README.md"
ANSWERS = {"try": Exit.STOPPED, "check": Exit.STOPPED}
"""Exit codes other than 0: something would go elsewhere, or into QUARANTINE."""


def told() -> tuple[Fence, ...]:
    text = README.read_text(encoding="utf-8")
    return fences(text.partition("## Five things to do")[2].partition("\n## ")[0])


def commands(script: str) -> list[list[str]]:
    lines = [shlex.split(line, comments=True) for line in script.splitlines()]
    return [words[1:] for words in lines if words[:1] == ["xnat-gate"]]


def edited(text: str, lines: str) -> str:
    """What an administrator does: the key with all that stands below it anew, at the end where there was none."""
    key = lines.partition(":")[0]
    block = re.compile(rf"^{key}:.*\n(?:[ -].*\n)*", re.MULTILINE)
    return block.sub(lambda _: lines, text, count=1) if block.search(text) else f"{text}\n{lines}"


def test_the_five_things_go_as_they_are_told(site: Site, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    site.drop.mkdir(exist_ok=True)
    ct_series(site.drop / "blocked", Patient("BLOCKED", "B-1"), study=1, slices=1, model="Voluson E10")
    us(site.drop / "clean", Patient("CLEAN", "C-1"), study=2, InstitutionName="St. Elsewhere")
    us(site.drop / "unknown", Patient("UNKNOWN", "U-1"), study=3)
    assert site.import_once() == Exit.STOPPED
    assert (site.sessions("HOSPITAL"), site.sessions("QUARANTINE")) == (["B-1"], ["C-1", "U-1"])
    us(tmp_path / "files", InstitutionName="Nowhere")
    places = {"/srv/gate/state": str(site.state), "FOLDER": str(tmp_path / "files")}
    mine, said = tmp_path / "mine.yaml", {}

    def done(words: list[str]) -> subprocess.CompletedProcess[str]:
        asked = ["--yes"] if words[1] in ("push", "rollback") else []
        given = [places.get(word, word) for word in words]
        return forked.gate()(*given, *asked, environment=environment, folder=tmp_path)

    for fence in told():
        if fence.about == "mine.yaml":
            mine.write_text(edited(mine.read_text(encoding="utf-8"), fence.text), encoding="utf-8")
        for words in commands(fence.text) if fence.language == "sh" else ():
            ended = done(words)
            name = " ".join(words[:2]) if words[0] == "protocol" else words[0]
            assert ended.returncode == ANSWERS.get(name, Exit.PASSED), (words, ended.stdout, ended.stderr)
            said.setdefault(name, []).append(ended.stdout)
    assert list(said) == [
        "protocol history", "protocol pull", "protocol check", "try", "check", "protocol push", "protocol rollback"
    ]  # fmt: skip
    first, last = said["protocol history"]
    assert (first.count("in force"), last.count("in force")) == (1, 1)
    assert "ultrasound of St. Elsewhere is clean" in last
    assert all("C-1" in text and "B-1" in text and "U-1" not in text for text in said["try"])
    assert '+  ManufacturerModelName: [Aera, "Voluson*"]' in said["protocol push"][0]
    in_force = site.get("/data/config/xnat-gate/protocol.yaml?contents=true").text
    assert stripped(in_force) == protocol_file.default_text()
    assert set(yaml.safe_load(mine.read_text(encoding="utf-8"))["deny"]["ManufacturerModelName"]) == {
        "Aera",
        "Voluson*",
    }


def test_every_verb_that_the_page_names_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"xnat-gate ((?:protocol )?[a-z]+)", README.read_text(encoding="utf-8")))
    assert {"protocol edit", "protocol convert", "protocol explain"} < named
    for words in sorted(named):
        with pytest.raises(SystemExit) as ended:
            main([*words.split(), "--help"])
        assert ended.value.code == 0, words
        assert capsys.readouterr().out.startswith(f"usage: xnat-gate {words}")
