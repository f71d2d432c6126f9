"""A manifest as text, and back: JSON, small, since what a series has in common is written once.

Laws: the same manifest makes the same text; what is read back equals what was written; a text that is no manifest of
this version is refused and never half believed, but for what it says against a session.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

from xnat_gate.core.drawing import NOTHING_DRAWN, ROI, Drawing, Outline, Point
from xnat_gate.core.manifest import Holding, Manifest, Print, basename
from xnat_gate.core.pointers import Frame, Number, Path, Pointers, Reference
from xnat_gate.core.study import Instance

VERSION = 2
EARLIER = (1,)
"""Versions of which no more is believed than what they say against a session, in the same words."""

_HALF_LETTERS = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
"""Surrogates as escapes, which `write` never makes; alone they could be neither stored nor sent."""

Json = dict[str, Any]


class ManifestUnreadable(ValueError):
    """The text is no manifest, or one of another version; `str()` says which."""


def digest_of(text: str) -> str:
    """SHA-256 in hex of the text as it is stored (UTF-8)."""
    return hashlib.sha256(text.encode()).hexdigest()


def write(manifest: Manifest) -> str:
    """One line of JSON, ended by a line feed."""
    document = {
        "version": VERSION,
        "study_uid": manifest.study_uid,
        "uri": manifest.uri,
        "changed": manifest.changed,
        "keywords": sorted(manifest.keywords),
        "holdings": [{"id": one.id, "message": one.message} for one in manifest.holdings],
        "groups": [
            _group(list(members), manifest)
            for _, members in groupby(manifest.instances, key=lambda one: (_folder(one), one.series_uid))
        ],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def read(text: str) -> Manifest:
    """Raises ManifestUnreadable."""
    with _understood():
        return _manifest(_document(text, (VERSION,)))


def holdings_in(text: str) -> tuple[Holding, ...]:
    """What it says against the session, also where an importer of an earlier version left it. Raises
    ManifestUnreadable."""
    with _understood():
        document = _document(text, (VERSION, *EARLIER))
        return _holdings(document) if document["version"] in EARLIER else _manifest(document).holdings


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except ManifestUnreadable:
        raise
    except (ArithmeticError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestUnreadable("it is not written as a manifest is") from error


def _document(text: str, versions: Collection[int]) -> Json:
    if _HALF_LETTERS.search(text):
        raise ManifestUnreadable("it holds letters that no text can have")
    document: Json = json.loads(text)
    if document["version"] not in versions:
        raise ManifestUnreadable(
            f"it is of version {int(document['version'])}, and version {VERSION} is known"
        )
    return document


def _manifest(document: Json) -> Manifest:
    objects = [one for group in document["groups"] for one in _objects(group)]
    return Manifest(
        study_uid=str(document["study_uid"]),
        uri=str(document["uri"]),
        changed=str(document["changed"]),
        keywords=frozenset(map(str, document["keywords"])),
        instances=tuple(instance for instance, _ in objects),
        prints={instance.file: print_ for instance, print_ in objects},
        holdings=_holdings(document),
    )


def _holdings(document: Json) -> tuple[Holding, ...]:
    return tuple(Holding(str(one["id"]), str(one["message"])) for one in document["holdings"])


def _folder(instance: Instance) -> str:
    """With the '/' at its end."""
    return instance.file[: len(instance.file) - len(basename(instance.file))]


def _group(members: Sequence[Instance], manifest: Manifest) -> Json:
    """Objects of one folder and series: what all headers say alike, and what each says for itself."""
    first = members[0]
    common = {
        keyword: list(values)
        for keyword, values in first.header.items()
        if all(one.header.get(keyword) == values for one in members)
    }
    return {
        "folder": _folder(first),
        "common": common,
        "objects": [_object(one, common, manifest.prints[one.file]) for one in members],
    }


def _object(instance: Instance, common: Json, print_: Print) -> Json:
    own = {word: list(values) for word, values in instance.header.items() if word not in common}
    document: Json = {
        "name": basename(instance.file),
        "size": print_.size,
        "md5": print_.md5,
        "sha256": print_.sha256,
        "header": own,
    }
    if not instance.part10:
        document["part10"] = False
    if instance.pointers != Pointers():
        document["pointers"] = _pointers(instance.pointers)
    if instance.drawing != NOTHING_DRAWN:
        document["drawing"] = _drawing(instance.drawing)
    return document


def _pointers(pointers: Pointers) -> Json:
    """References that differ in nothing but the object they name, as those of one contour after another do, share a
    line."""
    alike = groupby(
        pointers.references, key=lambda one: (one.sop_class_uid, one.path, one.roi, one.item, one.frames)
    )
    return {
        "references": [
            {
                "class": sop_class,
                "path": list(path),
                "roi": roi,
                "item": item,
                "frames": list(frames),
                "uids": [one.sop_instance_uid for one in ones],
            }
            for (sop_class, path, roi, item, frames), ones in alike
        ],
        "series": list(pointers.series_uids),
        "frames": [[one.uid, list(one.path), one.item] for one in pointers.frames],
        "numbers": [
            [one.keyword, one.value, list(one.path), one.under, one.times] for one in pointers.numbers
        ],
        "blanks": [list(path) for path in pointers.blanks],
    }


def _drawing(drawing: Drawing) -> Json:
    return {
        "rois": [[one.number, one.name, one.frame_uid] for one in drawing.rois],
        "outlines": [
            [one.roi, one.kind, one.image_uid, one.declared, one.values, one.first, one.low, one.high]
            for one in drawing.outlines
        ],
        "unmeasured": drawing.unmeasured,
    }


def _objects(group: Json) -> Iterator[tuple[Instance, Print]]:
    for one in group["objects"]:
        header = {**group["common"], **one["header"]}
        print_ = Print(int(one["size"]), str(one["md5"]), str(one["sha256"]))
        instance = Instance(
            file=f"{group['folder']}{one['name']}",
            header={str(word): tuple(map(str, values)) for word, values in header.items()},
            pointers=_pointers_of(one["pointers"]) if "pointers" in one else Pointers(),
            drawing=_drawing_of(one["drawing"]) if "drawing" in one else NOTHING_DRAWN,
            digest=print_.sha256,
            part10=one.get("part10", True) is True,
        )
        yield instance, print_


def _pointers_of(document: Json) -> Pointers:
    references = tuple(
        Reference(
            sop_instance_uid=str(uid),
            sop_class_uid=str(one["class"]),
            path=_path(one["path"]),
            roi=str(one["roi"]),
            item=int(one["item"]),
            frames=tuple(map(int, one["frames"])),
        )
        for one in document["references"]
        for uid in one["uids"]
    )
    return Pointers(
        references=references,
        series_uids=tuple(map(str, document["series"])),
        frames=tuple(Frame(str(uid), _path(path), int(item)) for uid, path, item in document["frames"]),
        numbers=tuple(
            Number(str(keyword), str(value), _path(path), str(under), int(times))
            for keyword, value, path, under, times in document["numbers"]
        ),
        blanks=tuple(map(_path, document["blanks"])),
    )


def _path(words: list[Any]) -> Path:
    return tuple(map(str, words))


def _drawing_of(document: Json) -> Drawing:
    return Drawing(
        rois=tuple(ROI(str(number), str(name), str(frame)) for number, name, frame in document["rois"]),
        outlines=tuple(
            Outline(
                roi=str(roi),
                kind=str(kind),
                image_uid=str(image),
                declared=None if declared is None else int(declared),
                values=int(values),
                first=_point(first),
                low=_point(low),
                high=_point(high),
            )
            for roi, kind, image, declared, values, first, low, high in document["outlines"]
        ),
        unmeasured=int(document["unmeasured"]),
    )


def _point(coordinates: list[Any] | None) -> Point | None:
    if coordinates is None:
        return None
    x, y, z = map(float, coordinates)
    return x, y, z
