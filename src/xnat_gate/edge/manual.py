"""The pages of the manual on the built-in checks, as they come with the program (docs/checks).

Law: they are made from the checks themselves and from the examples that are their tests (scripts/generate.py).
"""

from __future__ import annotations

from pathlib import Path


def pages() -> dict[str, Path]:
    """Id of a check to its page, in the order of the ids."""
    return {path.stem: path for path in sorted(_folder().glob("RT*.md"))}


def page(id: str) -> str | None:
    """The Markdown text; None when there is no such check. Raises OSError."""
    path = pages().get(id)
    return None if path is None else path.read_text(encoding="utf-8")


def _folder() -> Path:
    """In the wheel beside the package's modules, in a checkout under docs."""
    installed = Path(__file__).parents[1] / "checks"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "docs" / "checks"
