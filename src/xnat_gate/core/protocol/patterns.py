"""Regular expressions and globs: the only door to re2, whose matching takes time that is linear in the text.

Laws: whole value, upper and lower case are one, canonical Unicode (NFC), blanks around a value do not count; a pattern
is of bounded length and memory, whatever stands in it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import re2

from xnat_gate.core.protocol.matching import normal

if TYPE_CHECKING:
    from re2 import _Regexp

LONGEST = 200
"""Characters of a pattern."""
_MEMORY = 1 << 20


class NoPattern(ValueError):
    """It is no pattern of RE2's syntax; `str()` says why."""


def meets(pattern: str, value: str) -> bool:
    """Whether the whole value fits the regular expression. Raises NoPattern."""
    return _compiled(pattern).fullmatch(_plain(value)) is not None


def glob_meets(pattern: str, value: str) -> bool:
    """The same for a glob: `*` any characters, `?` one character, all others mean themselves."""
    return meets(_of_glob(normal(pattern)), normal(value))


def check(pattern: str) -> None:
    """Raises NoPattern for what cannot be used."""
    _compiled(pattern)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _of_glob(pattern: str) -> str:
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(letter) or _quoted(letter) for letter in pattern)


def _quoted(letter: str) -> str:
    return letter if letter.isalnum() else re.escape(letter)


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> _Regexp:
    options = re2.Options()
    options.case_sensitive, options.never_capture, options.dot_nl = False, True, True
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        return re2.compile(_plain(pattern), options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise NoPattern(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from error
