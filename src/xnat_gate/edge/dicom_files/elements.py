"""The elements of a data set and the items of its sequences, as they stand in the bytes (PS3.5 section 7).

Laws: a value is left unread unless the caller reads it; every declared length is held against what is there, so
that the walk ends in peace only at the true end; nesting is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from xnat_gate.edge.dicom_files.cursor import Cursor, Damaged, TooLarge
from xnat_gate.edge.dicom_files.dictionary import VR_OF, name_of

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010
DEEPEST = 64
LONGEST_TEXT = 1 << 20

SHORT_VRS = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"}
    | {"LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"}
)
"""Those whose length takes two bytes (PS3.5 table 7.1-2)."""
LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
VRS = {vr.encode(): vr for vr in SHORT_VRS | LONG_VRS}


@dataclass(frozen=True, slots=True)
class Coding:
    """Whether elements name their VR, and the order of bytes."""

    explicit: bool
    little: bool
    tag: Struct
    short: Struct
    long: Struct


def _coding(*, explicit: bool, little: bool) -> Coding:
    order = "<" if little else ">"
    return Coding(explicit, little, Struct(order + "HH"), Struct(order + "H"), Struct(order + "L"))


IMPLICIT = _coding(explicit=False, little=True)
EXPLICIT = _coding(explicit=True, little=True)
BIG_ENDIAN = _coding(explicit=True, little=False)
IMPLICIT_BIG_ENDIAN = _coding(explicit=False, little=False)


@dataclass(frozen=True, slots=True)
class Element:
    """`vr` as the file names it, else by the dictionary; `coding` is that of the value."""

    tag: int
    vr: str
    length: int
    start: int
    coding: Coding
    depth: int

    @property
    def is_sequence(self) -> bool:
        return self.vr == "SQ"


def coding_of(first: bytes) -> Coding:
    """How the data set that begins with these 8 bytes is encoded, which transfer syntaxes do not always tell.

    No data set begins with a group above 00FF, so a first byte of zero means big endian.
    """
    little = not (first[:1] == b"\0" and first[1:2] != b"\0")
    if first[4:6] in VRS:
        return EXPLICIT if little else BIG_ENDIAN
    return IMPLICIT if little else IMPLICIT_BIG_ENDIAN


def elements(cursor: Cursor, coding: Coding, end: int | None = None, depth: int = 0) -> Iterator[Element]:
    """Elements up to `end`, or to the delimiter of an item of undefined length, or of the data set (depth 0).

    The cursor stands at the value when an element is given; what the caller leaves is stepped over. A sequence
    of undefined length must be left alone or walked to its end.
    """
    while _before(cursor, end):
        if depth == 0 and cursor.at_end():
            return
        element = _element(cursor, coding, depth)
        if element.tag == ITEM_END:
            _finish(cursor, end)
            return
        if end is not None and element.length != UNDEFINED and cursor.at + element.length > end:
            raise Damaged(f"{name_of(element.tag)} reaches over the end of its item")
        yield element
        leave(cursor, element)


def items(cursor: Cursor, sequence: Element) -> Iterator[int | None]:
    """The end of each item of a sequence, None for an undefined one; the cursor stands at its first element.

    Every item must be walked to its end by `elements`, one level deeper and in the coding of the sequence.
    """
    if sequence.depth >= DEEPEST:
        raise TooLarge(f"sequences lie more than {DEEPEST} deep in each other")
    end = None if sequence.length == UNDEFINED else sequence.start + sequence.length
    while _before(cursor, end):
        mark, _, length = _head(cursor, sequence.coding)
        if mark == SEQUENCE_END:
            _finish(cursor, end)
            return
        if mark != ITEM:
            raise Damaged(f"{name_of(mark)} stands where an item should begin")
        item_end = None if length == UNDEFINED else cursor.at + length
        if end is not None and item_end is not None and item_end > end:
            raise Damaged("an item reaches over the end of its sequence")
        yield item_end
        if item_end is not None:
            cursor.move_to(item_end)


def leave(cursor: Cursor, element: Element) -> None:
    """Step over what is left of a value."""
    if element.length != UNDEFINED:
        cursor.move_to(element.start + element.length)
    elif cursor.at == element.start:
        pass_over(cursor, element)


def pass_over(cursor: Cursor, element: Element) -> None:
    """Walk a value of undefined length to its end: a sequence, or the fragments of encapsulated pixel data."""
    if element.is_sequence:
        for end in items(cursor, element):
            for _ in elements(cursor, element.coding, end, element.depth + 1):
                pass
        return
    for length in fragments(cursor, element):
        cursor.move_to(cursor.at + length)


def fragments(cursor: Cursor, element: Element) -> Iterator[int]:
    """The length of each fragment of encapsulated pixel data (PS3.5 A.4), which must be read or moved over."""
    if element.vr not in ("OB", "OW"):
        raise Damaged(f"a value of VR {element.vr} has no length")
    while True:
        mark, _, length = _head(cursor, element.coding)
        if mark == SEQUENCE_END:
            return
        if mark != ITEM or length == UNDEFINED:
            raise Damaged("the fragments of the pixel data do not follow each other")
        yield length


def text_value(cursor: Cursor, element: Element, longest: int | None = None) -> bytes:
    """The bytes of a value that is text or a few numbers. `longest`: how many may be read, LONGEST_TEXT unless told."""
    if element.length == UNDEFINED:
        raise Damaged(f"a value of VR {element.vr} has no length")
    if element.length > (LONGEST_TEXT if longest is None else longest):
        cursor.move_to(element.start + element.length)  # a length that nothing stands behind is no size
        raise TooLarge(f"{element.length:,} bytes stand where a text or a number is expected")
    return cursor.read(element.length)


def weighed(element: Element) -> tuple[str, ...]:
    """What is told of a value that is not read: whether there is one."""
    return ("bytes",) if element.length else ()


def _before(cursor: Cursor, end: int | None) -> bool:
    if end is not None and cursor.at > end:
        raise Damaged("a sequence reaches over the end of what holds it")
    return cursor.at != end


def _finish(cursor: Cursor, end: int | None) -> None:
    """A delimiter closes a sequence or an item; where a length closes it as well, the length is right."""
    if _before(cursor, end) and end is not None:
        cursor.move_to(end)


def _element(cursor: Cursor, coding: Coding, depth: int) -> Element:
    tag, vr, length = _head(cursor, coding)
    if tag >> 16 == 0xFFFE and not (tag == ITEM_END and depth):
        raise Damaged("a delimiter stands where an element should begin")
    if coding.explicit and vr == "UN":
        coding, vr = IMPLICIT, VR_OF.get(tag, "UN")
    if length == UNDEFINED and vr not in ("SQ", "OB", "OW"):
        vr = _vr_of_undefined(tag, vr, coding)
    return Element(tag, vr, length, cursor.at, coding, depth)


def _vr_of_undefined(tag: int, vr: str, coding: Coding) -> str:
    if tag == PIXEL_DATA:
        return "OB"
    return vr if coding.explicit else "SQ"


def _head(cursor: Cursor, coding: Coding) -> tuple[int, str, int]:
    cursor.count_element()
    head = cursor.read(8)
    group, number = coding.tag.unpack_from(head)
    tag = group << 16 | number
    if group == 0xFFFE:
        return tag, "", coding.long.unpack_from(head, 4)[0]
    if not coding.explicit:
        return tag, VR_OF.get(tag, "UN"), coding.long.unpack_from(head, 4)[0]
    vr = VRS.get(head[4:6])
    if vr is None:
        raise Damaged(f"{name_of(tag)} has no value representation that DICOM knows")
    if vr in SHORT_VRS:
        return tag, vr, coding.short.unpack_from(head, 6)[0]
    return tag, vr, coding.long.unpack(cursor.read(4))[0]
