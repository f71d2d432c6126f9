"""A place in the bytes of one object, which only moves on; and the three ways in which bytes can disappoint.

Laws: a value is read whole or not at all; nothing is read that can be stepped over; memory stays constant
whatever the bytes claim.
"""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO

CHUNK = 1 << 16
MOST_INFLATED = 1 << 31
MOST_ELEMENTS = 5_000_000
"""An object that inflates to more bytes, or holds more elements, is taken for a bomb."""


class Damaged(Exception):
    """The bytes break PS3.5. `str()` continues a sentence that begins with the place."""


class Truncated(Damaged):
    """The bytes end where more were promised."""


class TooLarge(Damaged):
    """The bytes may be sound, but they reach over a bound of this reader, which `str()` names."""


class Cursor:
    """Over a seekable file, from where it stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._elements = 0
        self.at = file.tell()
        self._size = file.seek(0, os.SEEK_END)
        file.seek(self.at)

    def count_element(self) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise TooLarge(f"there are more than {MOST_ELEMENTS:,} elements")

    def at_end(self) -> bool:
        return self.at >= self._size

    def peek(self, length: int) -> bytes:
        found = self._file.read(length)
        self._file.seek(self.at)
        return found

    def read(self, length: int) -> bytes:
        if self.at + length > self._size:
            raise Truncated(f"{length} bytes declared, {self._size - self.at} present")
        found = self._file.read(length)
        if len(found) < length:
            raise Truncated("the file shrank while it was read")
        self.at += length
        return found

    def move_to(self, target: int) -> None:
        if target > self._size:
            raise Truncated(f"{target - self.at} bytes declared, {self._size - self.at} present")
        if target != self.at:
            self._file.seek(target - self.at, os.SEEK_CUR)
            self.at = target

    def only_zeros_left(self) -> bool:
        """Whether nothing but a filling of zeros follows, as some writers leave behind the pixel data."""
        zeros = all(not chunk.strip(b"\0") for chunk in iter(lambda: self._file.read(CHUNK), b""))
        self._file.seek(self.at)
        return zeros

    def inflated(self) -> Cursor:
        return Inflated(self._file)


class Inflated(Cursor):
    """Over a deflated data set (PS3.5 A.5), inflated piece by piece as it is walked, and no further."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._elements = 0
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._ready = b""
        self._used = 0
        self.at = 0

    def at_end(self) -> bool:
        return not self.peek(1)

    def peek(self, length: int) -> bytes:
        there = len(self._ready) - self._used
        if there < length and not self._inflater.eof:
            pieces = [self._ready[self._used :]]
            while there < length and not self._inflater.eof:
                pieces.append(self._next())
                there += len(pieces[-1])
            self._ready, self._used = b"".join(pieces), 0
        return self._ready[self._used : self._used + length]

    def read(self, length: int) -> bytes:
        found = self.peek(length)
        if len(found) < length:
            raise Truncated(f"{length} bytes declared, {len(found)} present")
        self._used += length
        self.at += length
        return found

    def move_to(self, target: int) -> None:
        while self.at < target:
            self.read(min(CHUNK, target - self.at))

    def only_zeros_left(self) -> bool:
        return self.at_end()

    def _next(self) -> bytes:
        if self.at > MOST_INFLATED:
            raise TooLarge(f"the data set inflates to more than {MOST_INFLATED >> 30} GiB")
        squeezed = self._inflater.unconsumed_tail or self._file.read(CHUNK)
        try:
            inflated = self._inflater.decompress(squeezed, CHUNK)
        except zlib.error as fault:
            raise Damaged(f"the deflated data set cannot be inflated ({fault})") from fault
        if not squeezed and not inflated and not self._inflater.eof:
            raise Truncated("the deflated data set has no end")
        return inflated
