"""What the DICOM dictionary (PS3.6, as pydicom carries it) knows of tags, keywords and value representations."""

from __future__ import annotations

from functools import cache, lru_cache

from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, keyword_dict
from pydicom.uid import UID

BULK_OR_NESTED = frozenset(
    {"SQ", "OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW", "US or OW", "US or SS or OW"}
)

TAGS: dict[str, int] = {keyword: int(tag) for keyword, tag in keyword_dict.items() if keyword}
VR_OF: dict[int, str] = {tag: dictionary_VR(tag) for tag in TAGS.values()}

KEYWORDS: frozenset[str] = frozenset(TAGS)
"""Every keyword of an element that stands under one tag, retired ones included."""

NEVER_IN_A_HEADER: frozenset[str] = frozenset(
    keyword for keyword, tag in TAGS.items() if VR_OF[tag] in BULK_OR_NESTED or tag < 0x00020000
)
"""The keywords whose value is a sequence, bulk or a network command: no header ever holds them."""

_KEYWORD_OF = {tag: keyword for keyword, tag in TAGS.items()}


@cache
def name_of(tag: int) -> str:
    """The keyword, or "(gggg,eeee)" of a private or unknown tag."""
    return _KEYWORD_OF.get(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


@lru_cache(maxsize=1024)
def uid_name(uid: str) -> str:
    """The name of a registered UID, such as "CT Image Storage"; the empty string of any other."""
    known = UID(uid, validation_mode=IGNORE)
    return known.name if known.type else ""
