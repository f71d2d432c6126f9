"""Names on a disk: foreign ones made harmless, and the one under which the content of a zip lies.

Laws: a harmless name is one name (no separator, not '.' or '..'), printable, and short enough for every usual file
system; the folder of an unpacked zip is named by what the zip is (name, size, time), so that one that somebody dropped
is never taken for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

LONGEST_NAME = 200
"""Bytes; leaves room for a number below the 255 of the usual file systems."""
LONGEST_PATH = 1024
"""Bytes of a whole relative path, well below PATH_MAX wherever the folder stands."""

ZIP = ".zip"
UNPACKED = ".unpacked"
HALF_MADE = ".unfinished"
_UNPACKED_FOLDER = re.compile(r".*\.[0-9a-f]{12}" + re.escape(UNPACKED), re.DOTALL)


def harmless(name: str) -> str:
    """One part of a path; what is not printable, a backslash and '..' are written in percent code."""
    if name in {".", ".."}:
        name = name.replace(".", "%2E")
    printable = "".join(
        letter if letter.isprintable() and letter not in "/\\" else _percent(letter) for letter in name
    )
    return _shortened(printable) or "unnamed"


def harmless_path(relative: str, safe: Callable[[str], str] = harmless) -> tuple[str, ...]:
    """The parts under which a file of this relative path is kept, at least one, each made so by `safe`; any text is
    accepted."""
    parts = tuple(safe(part) for part in relative.split("/") if part not in {"", "."}) or ("unnamed",)
    if sum(len(part.encode()) + 1 for part in parts) <= LONGEST_PATH:
        return parts
    return (f"deep-{_digest('/'.join(parts[:-1]))}", parts[-1])


def numbered(name: str, number: int) -> str:
    """The name itself for 1, else with a number before its last ending: IM1-2.dcm."""
    if number == 1:
        return name
    suffix = _suffix(name)
    return f"{name.removesuffix(suffix)}-{number}{suffix}"


def is_zip_name(name: str) -> bool:
    """Whether a file of this name, or path, is called a zip."""
    return name.lower().endswith(ZIP)


def unpacked_name(name: str, size: int, mtime_ns: int) -> str:
    """What the folder with the content of this zip is called; the longest of names is cut for it."""
    ending = f".{_digest(f'{name}|{size}|{mtime_ns}')}{UNPACKED}"
    room = 255 - len(ending) - len(HALF_MADE)
    whole = name.encode(errors="surrogateescape")
    return (name if len(whole) <= room else whole[:room].decode(errors="ignore")) + ending


def half_made(name: str) -> str:
    """What it is called until the last of the content is there."""
    return name + HALF_MADE


def came_out_of_a_zip(path: str) -> bool:
    """Whether a file of this relative path lies in a folder that is named as that of an unpacked zip."""
    return any(map(_UNPACKED_FOLDER.fullmatch, path.split("/")[:-1]))


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    suffix = _suffix(name)
    suffix = suffix if len(suffix.encode()) <= 16 else ""
    ending = f"~{_digest(name)}{suffix}".encode()
    return (name.encode()[: LONGEST_NAME - len(ending)] + ending).decode(errors="ignore")


def _suffix(name: str) -> str:
    """The last ending with its dot; none where the name begins or ends with that dot."""
    at = name.rfind(".")
    return name[at:] if 0 < at < len(name) - 1 else ""


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode(errors="surrogatepass"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
