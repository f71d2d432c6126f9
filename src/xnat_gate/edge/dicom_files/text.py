"""The values of an element as text: decoded, parted, freed of padding, and otherwise as the file has them.

Laws: no bytes can crash it, those that the declared character set does not know become U+FFFD; numbers kept as
text in the file stay that text.
"""

from __future__ import annotations

import re
import warnings
from functools import cache, lru_cache
from struct import iter_unpack, pack, unpack

from pydicom.charset import convert_encodings, decode_bytes

ESCAPE = 0x1B
RESETTING = {ord(character) for character in "\r\n\t\f\\^="}
"""After these a string is back in its first character set (PS3.5 6.1.2.5.3)."""

ENCODED_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
SINGLE_VRS = frozenset({"LT", "ST", "UR", "UT"})
LEADING_BLANKS_COUNT = frozenset({"LT", "PN", "ST", "UC", "UR", "UT"})
TEXT_VRS = ENCODED_VRS | {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"}
NUMBERS = {"FD": "d", "FL": "f", "SL": "l", "SS": "h", "SV": "q", "UL": "L", "US": "H", "UV": "Q"}
READABLE_VRS = TEXT_VRS | frozenset(NUMBERS) | {"AT"}

NO_TEXT = ("\N{REPLACEMENT CHARACTER}",)
"""What bytes say that could be text, as far as anybody knows, and are none."""
_NEVER_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


LONGEST_KEPT = 128
"""Bytes: most of what a study's files say is shorter, and the same in every file."""
MOST_KEPT = 8192


def values(raw: bytes, vr: str, charset: tuple[str, ...] = (), *, little: bool = True) -> tuple[str, ...]:
    """All values; none when the element is empty or holds padding alone. `vr` is one of READABLE_VRS. The same short
    bytes give the same object again, so that the headers of a large study share what they have in common."""
    told = charset if vr in ENCODED_VRS else ()
    if len(raw) + len(told) + sum(map(len, told)) > LONGEST_KEPT:
        return _values(raw, vr, told, little)
    return _kept(raw, vr, told, little)


def _values(raw: bytes, vr: str, charset: tuple[str, ...], little: bool) -> tuple[str, ...]:
    if vr not in TEXT_VRS:
        return _numbers(raw, vr, little=little)
    decoded = decode(raw, charset) if vr in ENCODED_VRS else raw.decode("ascii", "replace")
    parts = [decoded] if vr in SINGLE_VRS else decoded.split("\\")
    parts = [part.rstrip(" \0") if vr in LEADING_BLANKS_COUNT else part.strip(" \0") for part in parts]
    return tuple(parts) if any(parts) or len(parts) > 1 else ()


_kept = lru_cache(maxsize=MOST_KEPT)(_values)


def unknown_values(raw: bytes, charset: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The same of a value whose VR nobody knows: taken for text, NO_TEXT when it holds what no text does."""
    said = raw.rstrip(b" \0")
    if not said:
        return NO_TEXT if b"\0" in raw else ()
    decoded = decode(said, charset)
    if _NEVER_IN_TEXT.search(decoded):
        return NO_TEXT
    return tuple(part.strip(" ") for part in decoded.split("\\"))


def decode(raw: bytes, charset: tuple[str, ...]) -> str:
    """By the values of SpecificCharacterSet (PS3.3 C.12.1.1.2); no or an unknown one means ASCII."""
    if raw.isascii() and ESCAPE not in raw:
        return raw.decode("ascii")
    encodings = _encodings(charset)
    try:
        if ESCAPE not in raw:
            return raw.decode(encodings[0], "replace")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decode_bytes(raw, encodings, RESETTING)
    except (UnicodeError, LookupError):
        return raw.decode("ascii", "replace")


@cache
def _encodings(charset: tuple[str, ...]) -> list[str]:
    if charset in ((), ("",), ("ISO_IR 6",)) or not all(_plausible(term) for term in charset):
        return ["ascii"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return convert_encodings(list(charset))


def _plausible(term: str) -> bool:
    """Whether it could be a defined term: pydicom would take any of Python's codecs, "hex" too."""
    return term == "" or term.startswith(("ISO", "GB"))


def _numbers(raw: bytes, vr: str, *, little: bool) -> tuple[str, ...]:
    order = "<" if little else ">"
    if vr == "AT":
        pairs = iter_unpack(order + "HH", raw[: len(raw) // 4 * 4])
        return tuple(f"({group:04x},{element:04x})" for group, element in pairs)
    size = {"h": 2, "H": 2, "l": 4, "L": 4, "f": 4}.get(NUMBERS[vr], 8)
    found = iter_unpack(order + NUMBERS[vr], raw[: len(raw) // size * size])
    return tuple(_single(number) if vr == "FL" else str(number) for (number,) in found)


def _single(number: float) -> str:
    """The shortest text that is this single-precision number and no other."""
    texts = (f"{number:.{digits}g}" for digits in range(6, 10))
    return next((text for text in texts if unpack("f", pack("f", float(text))) == (number,)), str(number))
