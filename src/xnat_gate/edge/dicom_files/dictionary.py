"""What the DICOM dictionary (PS3.6, as pydicom carries it) knows of tags, keywords and value representations."""

from __future__ import annotations

from functools import lru_cache

from pydicom.config import IGNORE
from pydicom.datadict import (
    dictionary_VM,
    dictionary_VR,
    keyword_dict,
    private_dictionary_VR,
    repeater_has_tag,
)
from pydicom.uid import UID

BULK_OR_NESTED = frozenset(
    {"SQ", "OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW", "US or OW", "US or SS or OW"}
)

TAGS: dict[str, int] = {keyword: int(tag) for keyword, tag in keyword_dict.items() if keyword}
VR_OF: dict[int, str] = {tag: dictionary_VR(tag) for tag in TAGS.values()}
KEYWORD_OF: dict[int, str] = {tag: keyword for keyword, tag in TAGS.items()}

ASKABLE: dict[str, str] = {
    keyword: VR_OF[tag] for keyword, tag in TAGS.items() if 0x00020000 <= tag < 0xFFFE0000 and tag & 0xFFFF
}
"""Every keyword that can be asked for, with its VR, which may be a choice such as "US or SS": all but those of
commands, delimiters and group lengths."""


def _most(vm: str) -> int | None:
    """3 of "3" and of "1-3"; None of "1-n"."""
    last = vm.rpartition("-")[2]
    return int(last) if last.isdecimal() else None


MOST_VALUES: dict[str, int] = {
    keyword: most for keyword in ASKABLE if (most := _most(dictionary_VM(TAGS[keyword]))) is not None
}
"""How many values an element of this keyword has at most (its VM), where it has not any number."""


@lru_cache(maxsize=1 << 14)
def name_of(tag: int) -> str:
    """The keyword, or "(gggg,eeee)" of a private or unknown tag."""
    return KEYWORD_OF.get(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def repeating_vr(tag: int) -> str | None:
    """The VR of an element in a repeating group, such as (6000,3000), which has no keyword; None of any other."""
    if tag in VR_OF or tag >> 16 & 1 or not repeater_has_tag(tag):
        return None
    return dictionary_VR(tag)


def private_vr(tag: int, creator: str) -> str:
    """`tag`: group and low byte of the element. The empty string where the private dictionary knows nothing."""
    for block in (0x1000, 0):  # a part of the entries is written down with no block
        try:
            vr = private_dictionary_VR(tag | block, creator)
        except KeyError:
            continue
        return "" if vr == "UN" else vr
    return ""


@lru_cache(maxsize=1024)
def uid_name(uid: str) -> str:
    """The name of a registered UID, such as "CT Image Storage"; the empty string of any other."""
    known = UID(uid, validation_mode=IGNORE)
    return known.name if known.type else ""
