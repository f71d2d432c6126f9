"""The way a zip is refused, and the many ways in which its bytes can disappoint.

Law: no name from inside the zip stands in a refusal, nor in what caused it.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager


class ZipRefused(Exception):
    """Nothing of this zip came out, and nothing will. `str()` is the cause and the remedy, for a person."""


DAMAGED = "The zip is damaged or was cut short: copy it again, or make it again."
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)
"""What `zipfile` raises over bytes that are no sound zip."""


@contextmanager
def told_plainly() -> Iterator[None]:
    """Speak of any trouble with the bytes as a refusal; trouble with the disk stays an OSError."""
    try:
        yield
    except BROKEN:
        raise ZipRefused(DAMAGED) from None
