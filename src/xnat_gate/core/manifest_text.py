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

from xnat_gate.core.drawing import NOTHING_DRAWN
from xnat_gate.core.manifest import Holding, Manifest, Print, basename
from xnat_gate.core.manifest_objects import drawing_document, drawing_of, pointers_document, pointers_of
from xnat_gate.core.pointers import Pointers
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
        document["pointers"] = pointers_document(instance.pointers)
    if instance.drawing != NOTHING_DRAWN:
        document["drawing"] = drawing_document(instance.drawing)
    return document


def _objects(group: Json) -> Iterator[tuple[Instance, Print]]:
    for one in group["objects"]:
        header = {**group["common"], **one["header"]}
        print_ = Print(int(one["size"]), str(one["md5"]), str(one["sha256"]))
        instance = Instance(
            file=f"{group['folder']}{one['name']}",
            header={str(word): tuple(map(str, values)) for word, values in header.items()},
            pointers=pointers_of(one["pointers"]) if "pointers" in one else Pointers(),
            drawing=drawing_of(one["drawing"]) if "drawing" in one else NOTHING_DRAWN,
            digest=print_.sha256,
            part10=one.get("part10", True) is True,
        )
        yield instance, print_
