"""The only door to jinja2: pages for people, made of the documents that programs read.

Laws: everything that came from outside is escaped; a page asks nothing of any network and runs no script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_PAGES = Environment(
    loader=PackageLoader("xnat_gate.edge.pages", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def session_report(document: Mapping[str, Any]) -> str:
    """report.html for a report.json (core.inspection.document)."""
    return _PAGES.get_template("session_report.html").render(document)
