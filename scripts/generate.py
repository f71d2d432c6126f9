"""Write what is made from the code: the protocol's JSON schema, the tables of the pages, and the
images' tags wherever they stand.

`generate.py` writes, `generate.py --check` writes nothing and exits with 1 when something is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check_pages

from xnat_gate import __version__
from xnat_gate.cli.exits import MEANING
from xnat_gate.core import checks, likeness
from xnat_gate.core.checks.check import Check
from xnat_gate.core.protocol.pages import head, laws
from xnat_gate.core.protocol.questions import RuleType
from xnat_gate.core.protocol.schema import schema
from xnat_gate.core.protocol.tables import tables
from xnat_gate.edge import command_files
from xnat_gate.sandbox import manual

TOP = Path(__file__).resolve().parents[1]


def generated(top: Path = TOP) -> Iterator[tuple[Path, str]]:
    """Every generated file with the text that it should have."""
    offered = {one.id: (one.title, one.settable) for one in sorted(checks.ALL, key=lambda one: one.id)}
    yield top / "protocol" / "protocol.schema.json", json.dumps(schema(offered), indent=2) + "\n"
    language = top / "protocol" / "README.md"
    yield language, with_tables(language.read_text(encoding="utf-8"), {**tables(), **laws()})
    for name, made in manual_tables().items():
        page = top / "protocol" / "pages" / f"{name}.md"
        yield page, with_tables(page.read_text(encoding="utf-8"), made)
    front = top / "README.md"
    yield front, with_tables(front.read_text(encoding="utf-8"), {"exits": exits(), "checks": questions()})
    jobs = top / "commands" / "README.md"
    yield jobs, with_tables(jobs.read_text(encoding="utf-8"), {"commands": commands(), "inputs": inputs()})
    for name in ("README.md", "compose.yaml", "env.example"):
        page = top / "containers" / name
        yield page, of_this_version(page.read_text(encoding="utf-8"))
    for name, text in check_pages.pages():
        yield top / "docs" / "checks" / name, text
    sandbox = top / "docs" / "sandbox.md"
    played = {"routes": manual.routes(), "faults": manual.faults()}
    yield sandbox, with_tables(sandbox.read_text(encoding="utf-8"), played)


def of_this_version(page: str) -> str:
    """The page with the tags of both images those of the package."""
    return re.sub(r"(xnat-gate/(?:gate|intake)):[0-9][0-9.]*[0-9]", rf"\1:{__version__}", page)


def manual_tables() -> dict[str, dict[str, str]]:
    """Name of a page about the protocol language to the tables on it."""
    made = tables()
    heads = {str(kind): {"head": head(kind)} for kind in RuleType}
    more = {"all_any_not": {"joining": made["joining"]}, "route": {"route": made["route"]}}
    return {**heads, **more, "checks": {"checks": settable()}}


def settable() -> str:
    """The table of what may follow from a built-in check."""
    rows = [
        f"| {one.id} | {one.title} | {', '.join(f'`{effect}`' for effect in one.settable)} |"
        for one in sorted(checks.ALL, key=lambda one: one.id)
    ]
    return "\n".join(
        ["| check | what holds when all is well | else, as you like |", "| --- | --- | --- |", *rows]
    )


def exits() -> str:
    """The table of exit codes."""
    rows = [f"| {code.value} | {meaning} |" for code, meaning in MEANING.items()]
    return "\n".join(["| code | meaning |", "| --- | --- |", *rows])


def questions() -> str:
    """The table of the built-in checks."""
    pages: list[Check | likeness.Likeness] = [*checks.ALL, *likeness.ALL]
    pages.sort(key=lambda one: one.id)
    rows = [f"| {one.id} | {one.title} | {one.severity.value} |" for one in pages]
    return "\n".join(["| check | what holds when all is well | else |", "| --- | --- | --- |", *rows])


def commands() -> str:
    """The table of the commands: where XNAT offers each, and what it does."""
    rows = [
        f"| {one.name} | {', '.join(wrapper['contexts'])} | {one.definition['description']} |"
        for one in command_files.load()
        for wrapper in _list(one, "xnat")
    ]
    return "\n".join(["| command | offered on | what it does |", "| --- | --- | --- |", *rows])


def inputs() -> str:
    """The table of what a person can type at a launch: all that no wrapper fills in."""
    rows = []
    for one in command_files.load():
        wrappers = [*_list(one, "xnat")]
        filled = {
            given.get("provides-value-for-command-input")
            for each in wrappers
            for given in each["derived-inputs"]
        }
        for asked in _list(one, "inputs"):
            if asked["name"] not in filled:
                default = asked.get("default-value") or ("" if asked["required"] else "nothing")
                rows.append(f"| {one.name} | {asked['name']} | {default} | {asked['description']} |")
    return "\n".join(["| command | input | when left out | what it is |", "| --- | --- | --- | --- |", *rows])


def _list(command: command_files.Command, key: str) -> list[dict[str, Any]]:
    found = command.definition[key]
    return found if isinstance(found, list) else []


def with_tables(page: str, made: dict[str, str]) -> str:
    """The page with what stands between `<!-- generated: NAME -->` and `<!-- end -->` made anew."""
    for name, table in made.items():
        start, end = f"<!-- generated: {name} -->\n", "\n<!-- end -->"
        before, opened, rest = page.partition(start)
        _, closed, after = rest.partition(end)
        if not (opened and closed):
            raise ValueError(f"the page has no place for the table {name}")
        page = f"{before}{start}\n{table}\n{end}{after}"
    return page


def out_of_date(top: Path = TOP) -> list[tuple[Path, str]]:
    """The generated files that differ from what they should be, with the right text."""
    return [
        (path, text)
        for path, text in generated(top)
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    stale = out_of_date()
    for path, text in stale:
        print(f"{'out of date' if '--check' in arguments else 'written'}: {path.relative_to(TOP)}")
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
