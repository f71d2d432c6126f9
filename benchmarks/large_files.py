"""Files that are too much of one thing, written as fast as the disk takes them: for the bounds of the header reader.

Every builder takes the path to write and how much; they are DICOM in explicit VR, little endian, as far as they are
DICOM at all, and belong to one study, so that they can be judged together.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path
from struct import pack

ROOT = "1.2.826.0.1.3680043.8.498.991"
CT, SEG = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.66.4"
STRUCTURES, DOSE = "1.2.840.10008.5.1.4.1.1.481.3", "1.2.840.10008.5.1.4.1.1.481.2"
EXPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
LONG = frozenset({"OB", "OW", "SQ", "UN", "UT"})
UNDEFINED = 0xFFFFFFFF
ITEM_OPEN = pack("<HHL", 0xFFFE, 0xE000, UNDEFINED)
ITEM_CLOSE, SEQUENCE_CLOSE = pack("<HHL", 0xFFFE, 0xE00D, 0), pack("<HHL", 0xFFFE, 0xE0DD, 0)


def element(tag: int, vr: str, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    raw += (b"\0" if vr in ("UI", "OB") else b" ") * (len(raw) % 2)
    head = pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    return head + (pack("<HL", 0, len(raw)) if vr in LONG else pack("<H", len(raw))) + raw


def item(*elements: bytes) -> bytes:
    content = b"".join(elements)
    return pack("<HHL", 0xFFFE, 0xE000, len(content)) + content


def opened(tag: int) -> bytes:
    """The head of a sequence of undefined length."""
    return pack("<HH2sHL", tag >> 16, tag & 0xFFFF, b"SQ", 0, UNDEFINED)


def sequence(tag: int, items: Iterable[bytes]) -> Iterable[bytes]:
    return chain([opened(tag)], items, [SEQUENCE_CLOSE])


def names(uid: str, sop_class: str = CT) -> bytes:
    return element(0x00081150, "UI", sop_class) + element(0x00081155, "UI", uid)


def image(nth: int) -> str:
    """SOPInstanceUID of an image of the study."""
    return f"{ROOT}.1.1.{nth}"


def meta(sop_class: str, uid: str, syntax: str = EXPLICIT) -> bytes:
    inner = (
        element(0x00020002, "UI", sop_class)
        + element(0x00020003, "UI", uid)
        + element(0x00020010, "UI", syntax)
    )
    return bytes(128) + b"DICM" + element(0x00020000, "UL", pack("<L", len(inner))) + inner


def identity(sop_class: str, modality: str, series: int, nth: int = 1) -> bytes:
    """Groups 0008 to 0020."""
    said = (
        (0x00080016, "UI", sop_class), (0x00080018, "UI", f"{ROOT}.1.{series}.{nth}"), (0x00080060, "CS", modality),
        (0x00100010, "PN", "PHANTOM^LARGE"), (0x00100020, "LO", "LARGE-1"), (0x0020000D, "UI", f"{ROOT}.1"),
        (0x0020000E, "UI", f"{ROOT}.1.{series}"), (0x00200011, "IS", str(series)),
    )  # fmt: skip
    return b"".join(element(*one) for one in said)


def write(path: Path, sop_class: str, modality: str, series: int, *parts: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.write(meta(sop_class, f"{ROOT}.1.{series}.1") + identity(sop_class, modality, series))
        for part in parts:
            file.writelines(part)


def ct(path: Path, nth: int) -> None:
    """One slice of 3 mm with 8 x 8 pixels."""
    place = (
        (0x00200032, "DS", f"-100\\-100\\{nth * 3}"), (0x00200037, "DS", "1\\0\\0\\0\\1\\0"),
        (0x00200052, "UI", f"{ROOT}.9"),
        (0x00280010, "US", pack("<H", 8)), (0x00280011, "US", pack("<H", 8)), (0x00280030, "DS", "25\\25"),
        (0x7FE00010, "OW", bytes(128)),
    )  # fmt: skip
    path.write_bytes(
        meta(CT, image(nth)) + identity(CT, "CT", 1, nth) + b"".join(element(*one) for one in place)
    )


# --- structure sets ---------------------------------------------------------------------------------------------

LABEL = [element(0x30060002, "SH", "LARGE")]
FRAME = element(0x00200052, "UI", f"{ROOT}.9")


def structures(path: Path, *parts: Iterable[bytes]) -> None:
    write(path, STRUCTURES, "RTSTRUCT", 2, LABEL, *parts)


def rois(many: int) -> Iterable[bytes]:
    return sequence(
        0x30060020,
        (
            item(
                element(0x30060022, "IS", str(nth)),
                element(0x30060024, "UI", f"{ROOT}.9"),
                element(0x30060026, "LO", f"ROI {nth}"),
            )
            for nth in range(many)
        ),
    )


def contour(nth: int, points: bytes, long: bool = False) -> bytes:
    """On the nth image. `long`: longer than 64 kB, which explicit VR has no room for but as UN (PS3.5 6.2.2)."""
    data = element(0x30060050, "UN" if long else "DS", points)
    return item(
        opened(0x30060016) + item(names(image(nth))) + SEQUENCE_CLOSE,
        element(0x30060042, "CS", "CLOSED_PLANAR"),
        element(0x30060046, "IS", str(points.count(b"\\") // 3 + 1)),
        data,
    )


def contours(path: Path, many: int, points: bytes, per_roi: int = 200, *, long: bool = False) -> None:
    """`many` contours of the same points, so many per ROI, one on each image."""
    whole = many // per_roi
    inner = b"".join(contour(nth, points, long) for nth in range(per_roi))
    drawn = (
        item(opened(0x30060040) + inner + SEQUENCE_CLOSE, element(0x30060084, "IS", str(nth)))
        for nth in range(whole)
    )
    structures(path, rois(whole), sequence(0x30060039, drawn))


def references(path: Path, many: int) -> None:
    """One list of so many images."""
    images = (item(names(image(nth))) for nth in range(many))
    tree = chain(
        [opened(0x30060010), ITEM_OPEN, FRAME, opened(0x30060012), ITEM_OPEN, names(f"{ROOT}.1")],
        [opened(0x30060014), ITEM_OPEN, element(0x0020000E, "UI", f"{ROOT}.1.1")],
        sequence(0x30060016, images),
        [ITEM_CLOSE, SEQUENCE_CLOSE] * 3,
    )
    structures(path, tree)


def numbers(path: Path, many: int) -> None:
    structures(path, rois(many))


def long_words(path: Path, many: int) -> None:
    """ROI names of 32 kB."""
    name = "x" * 32000
    structures(
        path,
        sequence(0x30060020, (item(element(0x30060026, "LO", f"{nth:06}{name}")) for nth in range(many))),
    )


# --- nesting and counts -----------------------------------------------------------------------------------------


def nested(path: Path, depth: int, *, defined: bool) -> None:
    """Sequences in each other, closed or not."""
    if not defined:
        structures(
            path, repeat(opened(0x300C0060) + ITEM_OPEN, depth), repeat(ITEM_CLOSE + SEQUENCE_CLOSE, depth)
        )
        return
    heads, length = [], 0
    for _ in range(depth):
        heads.append(pack("<HH2sHLHHL", 0x300C, 0x0060, b"SQ", 0, length + 8, 0xFFFE, 0xE000, length))
        length += 20
    structures(path, reversed(heads))


def never_closed(path: Path, many: int) -> None:
    structures(path, repeat(opened(0x300C0060) + ITEM_OPEN, many))


def empty_items(path: Path, many: int) -> None:
    structures(path, [opened(0x300C0060)], repeat(ITEM_OPEN + ITEM_CLOSE, many))


def empty_elements(path: Path, many: int) -> None:
    structures(path, (pack("<HH2sH", 0x3007, 0x1000, b"LO", 0) for _ in range(many)))


def unknown_sequences(path: Path, many: int) -> None:
    """Each under another private tag."""
    structures(
        path,
        (
            pack("<HH2sHL", 0x3007 + (nth >> 16) * 2, nth & 0xFFFF, b"SQ", 0, 0)
            for nth in range(many)
            if nth & 0xFFFF > 0xFF
        ),
    )


def bomb(path: Path, megabytes: int) -> None:
    """A deflated data set with one value of so many megabytes of zeros."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    with path.open("wb") as file:
        file.write(meta(CT, image(1), DEFLATED))
        file.write(squeezer.compress(identity(CT, "CT", 1)))
        file.write(squeezer.compress(pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, megabytes << 20)))
        for _ in range(megabytes):
            file.write(squeezer.compress(bytes(1 << 20)))
        file.write(squeezer.flush())


# --- long lists -------------------------------------------------------------------------------------------------


def grid(path: Path, many: int) -> None:
    """A dose whose GridFrameOffsetVector has so many values of one digit."""
    offsets = "\\".join("3" for _ in range(many))
    parts = (
        (0x00280008, "IS", str(many)), (0x00280010, "US", pack("<H", 1)), (0x00280011, "US", pack("<H", 1)),
        (0x3004000A, "CS", "PLAN"), (0x3004000C, "UN", offsets), (0x7FE00010, "OW", bytes(2)),
    )  # fmt: skip
    write(path, DOSE, "RTDOSE", 3, [element(*one) for one in parts])


def wide_values(path: Path, words: Iterable[tuple[int, str]], size: int) -> None:
    """Each of these elements with a value of so many bytes."""
    known = {0x00080016, 0x00080018, 0x00080060, 0x00100010, 0x00100020, 0x0020000D, 0x0020000E, 0x00200011}
    wide = (element(tag, "UN", b"7\\" * (size // 2)) for tag, _ in sorted(words) if tag not in known)
    write(path, CT, "CT", 1, wide)


def frames(path: Path, many: int) -> None:
    """A segmentation with a position and a source image for each of so many frames."""
    shared = sequence(0x52009229, [item(*sequence(0x00289110, [item(element(0x00280030, "DS", "1\\1"))]))])
    each = (
        item(
            *sequence(0x00089124, [item(*sequence(0x00082112, [item(names(image(nth % 500)))]))]),
            *sequence(0x00209113, [item(element(0x00200032, "DS", f"-123.4567\\-123.4567\\{nth}.123"))]),
            *sequence(0x00209116, [item(element(0x00200037, "DS", "0.99999\\0\\0.00001\\0\\1\\0"))]),
        )
        for nth in range(many)
    )
    size = (0x00280008, "IS", str(many)), (0x00280010, "US", pack("<H", 1)), (0x00280011, "US", pack("<H", 1))
    pixels = [element(0x7FE00010, "OB", bytes(2))]
    write(path, SEG, "SEG", 4, [element(*one) for one in size], shared, sequence(0x52009230, each), pixels)
