"""What an object says of others and what is drawn in it, as JSON of a manifest, and back.

Laws: what is read back equals what was written; references that differ in nothing but the object they name share a
line.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from xnat_gate.core.drawing import ROI, Drawing, Outline, Point
from xnat_gate.core.pointers import Frame, Number, Path, Pointers, Reference

Json = dict[str, Any]


def pointers_document(pointers: Pointers) -> Json:
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


def drawing_document(drawing: Drawing) -> Json:
    return {
        "rois": [[one.number, one.name, one.frame_uid] for one in drawing.rois],
        "outlines": [
            [one.roi, one.kind, one.image_uid, one.declared, one.values, one.first, one.low, one.high]
            for one in drawing.outlines
        ],
        "unmeasured": drawing.unmeasured,
    }


def pointers_of(document: Json) -> Pointers:
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


def drawing_of(document: Json) -> Drawing:
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
