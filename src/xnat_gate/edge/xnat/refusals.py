"""What a status that was not asked for means: the errors of the port, with XNAT's own words.

XNAT's /data errors are HTML status pages with the message in <h3>; /xapi answers plain text.
"""

from __future__ import annotations

import html
import re

import requests

from xnat_gate.core.archive import (
    ArchiveError,
    ArchiveRefused,
    ArchiveTroubled,
    ArchiveUnavailable,
    Busy,
    Conflict,
    LoginRefused,
    NotAllowed,
    NotThere,
    OutcomeUnknown,
)

_MESSAGE = re.compile(r"<h3>(.*?)</h3>", re.IGNORECASE | re.DOTALL)
_BUSY = ("already in progress", "document locked")
_GATEWAY = (502, 503, 504)
"""Something between us and XNAT answers; whether XNAT did what was asked, it does not know."""
_PLUGINS = "/xapi/"
"""Some of what lies below answers 401 for a right that is lacking; an account that is unknown does not get so far."""
_BY_STATUS: dict[int, type[ArchiveRefused]] = {403: NotAllowed, 404: NotThere, 409: Conflict}


def is_html(response: requests.Response, *, streamed: bool = False) -> bool:
    """A page for people where data were expected, whatever its status says. A body that is `streamed` is not looked
    into: what is streamed are zips, which nobody calls HTML (XNAT does call the answer of a file PUT that)."""
    if "html" not in response.headers.get("Content-Type", ""):
        return False
    if streamed:
        return True
    start = response.content[:200].lstrip().lower()
    return start.startswith((b"<!doctype", b"<html"))


def message(response: requests.Response) -> str:
    """XNAT's own words, one line, at most 300 characters."""
    found = _MESSAGE.search(response.text)
    words = found.group(1) if found else ("" if is_html(response) else response.text)
    return " ".join(html.unescape(words or response.reason or "").split())[:300]


def refusal(method: str, path: str, response: requests.Response) -> ArchiveError:
    """The error that says what kind of no this is."""
    status, words = response.status_code, message(response)
    sentence = f"XNAT answered {method} {path.partition('?')[0]} with {status}" + (
        f": {words}" if words else ""
    )
    if any(mark in words for mark in _BUSY):
        return Busy(sentence)
    if status == 401:
        return NotAllowed(sentence) if path.startswith(_PLUGINS) else LoginRefused(sentence)
    if status in _BY_STATUS:
        return _BY_STATUS[status](sentence)
    if (status >= 500 and method == "GET") or 300 <= status < 400:
        return ArchiveUnavailable(sentence)
    if status in _GATEWAY:
        return OutcomeUnknown(sentence)
    if status >= 500:
        return ArchiveTroubled(sentence)
    return ArchiveRefused(sentence)
