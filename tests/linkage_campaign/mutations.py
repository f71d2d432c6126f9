"""What can become of a set of files on the way: a mutation is a few numbers, so that hypothesis can make it smaller.

Laws: a mutation that finds nothing to change changes nothing; what a file is after all of them is written by pydicom,
but for files that are cut short, which are not whole any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from pydicom import config, dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)
KINDS_OF_UID = (
    ("SOPInstanceUID", "ReferencedSOPInstanceUID", "MediaStorageSOPInstanceUID"),
    ("SeriesInstanceUID",),
    ("StudyInstanceUID",),
    ("FrameOfReferenceUID", "ReferencedFrameOfReferenceUID"),
)
CLASSES = tuple(
    UID(f"1.2.840.10008.5.1.4.1.1.{tail}")
    for tail in ("2", "4", "128", "481.1", "481.2", "481.3", "481.5", "66.4")
)
ODD = (
    *("", "0", "-1", "9" * 5000, "1\\2\\3\\4", "NaN", "1e400"),
    *(" 7 ", "x", "1.2.3", "+5", "\0", "PLAN_OVERVIEW", "RECORD"),
)


@dataclass(frozen=True)
class Mutation:
    """`file`, `place`, `what`: numbers that are taken modulo what there is."""

    kind: str
    file: int = 0
    place: int = 0
    what: int = 0


@dataclass
class Changing:
    """The files of a set while they are changed; `order`: their names, in which they are counted."""

    data: dict[str, bytes | Dataset]
    cut: dict[str, int] = field(default_factory=dict)
    syntax: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, number: int) -> str:
        return sorted(self.data)[number % len(self.data)]

    def opened(self, name: str) -> Dataset:
        found = self.data[name]
        if isinstance(found, bytes):
            found = self.data[name] = dcmread(BytesIO(found), force=True)
        return found


def changed(
    files: Mapping[str, bytes], mutations: list[Mutation]
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """All files, and those of them that are still whole, by their new names."""
    changing = Changing(dict(files))
    with config.disable_value_validation():
        for one in mutations:
            if changing.data:
                MUTATIONS[one.kind](changing, one)
        written = {name: _written(changing, name) for name in sorted(changing.data)}
    everything, whole = {}, {}
    for name, content in written.items():
        end = _end(content, changing.cut[name]) if name in changing.cut else len(content)
        new = changing.names.get(name, name)
        everything[new] = content[:end]
        if end == len(content):
            whole[new] = content
    return everything, whole


def _written(changing: Changing, name: str) -> bytes:
    found, syntax = changing.data[name], changing.syntax.get(name)
    if isinstance(found, bytes) and syntax is None:
        return found
    data = changing.opened(name)
    old = data.file_meta.TransferSyntaxUID
    if (syntax is not None and not old.is_compressed) or old.is_deflated:
        data = _recoded(data, syntax or old)
    memory = BytesIO()
    data.save_as(memory, enforce_file_format=True)
    return memory.getvalue()


def _recoded(data: Dataset, syntax: str) -> Dataset:
    """Decoded to its last element, so that nothing of the old encoding is left."""
    new = Dataset()
    for element in data:
        new.add(element)
    new.file_meta = data.file_meta
    new.file_meta.TransferSyntaxUID = UID(syntax)
    return new


def _end(content: bytes, per_mille: int) -> int:
    """Where it is cut: never between two elements of the data set, which nobody could see."""
    end = 200 + (len(content) - 201) * per_mille // 1000
    whole = dcmread(BytesIO(content), force=True)
    found = [whole.get_item(tag) for tag in list(whole.keys())]
    starts = {one.value_tell - head for one in found if isinstance(one, RawDataElement) for head in (8, 12)}
    return end - 1 if end in starts else end


# --- single mutations -------------------------------------------------------------------------------------------


def drop(changing: Changing, one: Mutation) -> None:
    del changing.data[changing.name(one.file)]


def duplicate(changing: Changing, one: Mutation) -> None:
    """The same bytes, or with another label, or under another identity."""
    name = changing.name(one.file)
    content = _written(changing, name)
    copy = dcmread(BytesIO(content), force=True)
    keyword = ("", "StationName", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")[one.what % 5]
    new = f"{name}.{one.place % 3}.again"
    changing.data[new] = content
    if keyword:
        setattr(copy, keyword, f"{copy.get(keyword, '')}.7")
        changing.data[new] = copy


def swap(changing: Changing, one: Mutation) -> None:
    """Two objects change their identities."""
    first, second = changing.opened(changing.name(one.file)), changing.opened(changing.name(one.place))
    keyword = ("SOPInstanceUID", "SeriesInstanceUID", "SOPClassUID", "FrameOfReferenceUID")[one.what % 4]
    if keyword in first and keyword in second:
        first[keyword].value, second[keyword].value = second[keyword].value, first[keyword].value


def remap(changing: Changing, one: Mutation) -> None:
    """New UIDs of some kinds: everywhere, in headers alone, nested alone; in all files, or in one batch of them."""
    scope = ("everywhere", "header", "nested")[one.what % 3]
    kinds = [words for bit, words in enumerate(KINDS_OF_UID) if one.place >> bit & 1]
    words = {word for each in kinds or KINDS_OF_UID for word in each}
    names = sorted(changing.data)
    batch = names if one.file % 2 == 0 else names[:: 1 + one.file // 2 % 3]
    for name in batch:
        for element, depth in elements(changing.opened(name)):
            meant = element.keyword in words and scope in ("everywhere", "nested" if depth else "header")
            if meant and element.value:
                element.value = UID(f"{element.value}.{1 + one.what // 3 % 2}")


def truncate(changing: Changing, one: Mutation) -> None:
    changing.cut[changing.name(one.file)] = one.place % 1000


def encode(changing: Changing, one: Mutation) -> None:
    changing.syntax[changing.name(one.file)] = SYNTAXES[one.what % len(SYNTAXES)]


def rename(changing: Changing, one: Mutation) -> None:
    name = changing.name(one.file)
    changing.names[name] = (f"{one.what}/{name}", f"{one.what % 10}{name}", f"IM{one.what}-{name}.txt")[
        one.place % 3
    ]


def reclass(changing: Changing, one: Mutation) -> None:
    """Another class: of an object, or in the references to it."""
    data, new = changing.opened(changing.name(one.file)), CLASSES[one.what % len(CLASSES)]
    if one.place % 2:
        data.SOPClassUID = new
        return
    _set(data, "ReferencedSOPClassUID", one.place // 2, new)


def repatient(changing: Changing, one: Mutation) -> None:
    data = changing.opened(changing.name(one.file))
    data.PatientID = ("DELFT-1", "CORK-1\\X", "", "cork-1", "CORK-1 ")[one.what % 5]


def redirect(changing: Changing, one: Mutation) -> None:
    """A reference that names another file of the set, itself perhaps."""
    target = changing.opened(changing.name(one.what))
    data = changing.opened(changing.name(one.file))
    found = [item for item in items(data) if "ReferencedSOPInstanceUID" in item]
    if found:
        item = found[one.place % len(found)]
        item.ReferencedSOPInstanceUID = target.get("SOPInstanceUID", "")
        if one.what % 2:
            item.ReferencedSOPClassUID = target.get("SOPClassUID", "")


def number_frames(changing: Changing, one: Mutation) -> None:
    found = [
        item for item in items(changing.opened(changing.name(one.file))) if "ReferencedSOPInstanceUID" in item
    ]
    if found:
        found[one.place % len(found)].ReferencedFrameNumber = one.what % 5


def blank(changing: Changing, one: Mutation) -> None:
    """A sequence emptied, taken out, shorter or longer by one item; or words of a reference emptied."""
    data = changing.opened(changing.name(one.file))
    holders = [(holder, element) for holder, element in sequences(data)]
    if not holders:
        return
    holder, element = holders[one.place % len(holders)]
    inside = list(element.value)
    match one.what % 7:
        case 0:
            element.value = Sequence([])
        case 1:
            del holder[element.tag]
        case 2:
            element.value = Sequence(inside[1:])
        case 3:
            element.value = Sequence([*inside, Dataset()])
        case 4:
            element.value = Sequence(inside[::-1])
        case _:
            word = ("ReferencedSOPInstanceUID", "ReferencedSOPClassUID")[one.what % 2]
            for item in inside:
                if word in item:
                    setattr(item, word, "")


def ghost(changing: Changing, one: Mutation) -> None:
    """One more item, like the last but for the object that it names."""
    found = [
        element
        for _, element in sequences(changing.opened(changing.name(one.file)))
        if element.value and "ReferencedSOPInstanceUID" in element.value[-1]
    ]
    if found:
        element = found[one.place % len(found)]
        item = Dataset()
        item.ReferencedSOPClassUID = element.value[-1].get("ReferencedSOPClassUID", "")
        item.ReferencedSOPInstanceUID = UID(f"1.2.826.0.1.3680043.8.498.1{one.what % 100}")
        if one.what % 3 == 0:
            del item.ReferencedSOPClassUID
        element.value = Sequence([*element.value, item])


def spoil(changing: Changing, one: Mutation) -> None:
    """A value that nobody expects, at whatever depth."""
    found = [
        element
        for element, _ in elements(changing.opened(changing.name(one.file)))
        if element.VR in TEXTUAL and element.keyword != "SpecificCharacterSet"
    ]
    if found:
        element = found[one.place % len(found)]
        element._value = ODD[one.what % len(ODD)]


TEXTUAL = frozenset({"AE", "CS", "DA", "DS", "IS", "LO", "SH", "TM", "UI"})
MUTATIONS: Mapping[str, Callable[[Changing, Mutation], None]] = {
    each.__name__: each
    for each in (
        drop,
        duplicate,
        swap,
        remap,
        truncate,
        encode,
        rename,
        reclass,
        repatient,
        redirect,
        number_frames,
        blank,
        ghost,
        spoil,
    )
}


# --- walking ----------------------------------------------------------------------------------------------------


def items(data: Dataset) -> Iterator[Dataset]:
    """All items at all depths."""
    for _, element in sequences(data):
        yield from element.value


def sequences(data: Dataset) -> Iterator[tuple[Dataset, DataElement]]:
    """All sequences at all depths, with what holds them."""
    for element in data:
        if element.VR == "SQ":
            yield data, element
            for item in element.value:
                yield from sequences(item)


def elements(data: Dataset, depth: int = 0) -> Iterator[tuple[DataElement, int]]:
    """All elements that are no sequences."""
    for element in data:
        if element.VR != "SQ":
            yield element, depth
        else:
            for item in element.value:
                yield from elements(item, depth + 1)


def _set(data: Dataset, keyword: str, place: int, value: str) -> None:
    found = [element for element, _ in elements(data) if element.keyword == keyword]
    if found:
        found[place % len(found)].value = value
