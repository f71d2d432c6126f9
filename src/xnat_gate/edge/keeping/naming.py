"""Names under which files are kept: as they came where that is harmless, else made so.

Laws: a kept name is one name (no separator, not '.' or '..'), printable, short enough for every usual file system,
and never the one of the reason; the name as it came stands in the reason.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

REASON = "reason.json"
LONGEST_NAME = 200
"""Bytes; leaves room for a number below the 255 of the usual file systems."""
LONGEST_PATH = 1024
"""Bytes of a whole relative path, well below PATH_MAX wherever the folder stands."""


def harmless_path(relative: str) -> tuple[str, ...]:
    """The parts under which a file of this relative path is kept, at least one; any text is accepted."""
    parts = tuple(harmless(part) for part in relative.split("/") if part not in {"", "."}) or ("unnamed",)
    if sum(len(part.encode()) + 1 for part in parts) <= LONGEST_PATH:
        return parts
    return (f"deep-{_digest('/'.join(parts[:-1]))}", parts[-1])


def harmless(name: str) -> str:
    """One part of a path; what is not printable, a backslash and '..' are written in percent code."""
    if name in {".", ".."}:
        name = name.replace(".", "%2E")
    printable = "".join(
        letter if letter.isprintable() and letter not in "/\\" else _percent(letter) for letter in name
    )
    if printable.casefold() == REASON:
        return f"{printable}.kept"
    return _shortened(printable) or "unnamed"


def numbered(name: str, number: int) -> str:
    """The name itself for 1, else with a number before its last ending: IM1-2.dcm."""
    path = PurePosixPath(name)
    return name if number == 1 else f"{path.stem}-{number}{path.suffix}"


def free_names(folder: Path, name: str) -> Iterator[Path]:
    """The name in the folder, then numbered ones, those left out that are taken."""
    number = 1
    while True:
        path = folder / numbered(name, number)
        if not os.path.lexists(path):
            yield path
        number += 1


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = suffix if len(suffix.encode()) <= 16 else ""
    ending = f"~{_digest(name)}{suffix}".encode()
    return (name.encode()[: LONGEST_NAME - len(ending)] + ending).decode(errors="ignore")


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode(errors="surrogatepass"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
