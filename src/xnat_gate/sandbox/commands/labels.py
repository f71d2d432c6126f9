"""Commands in an image's label: a JSON list of them, each without its image."""

from __future__ import annotations

import json

from xnat_gate.sandbox.commands import shaping
from xnat_gate.sandbox.commands.shaping import Shape, Unreadable

LABEL = "org.nrg.commands"


def read(label: str, *, image: str | None, image_id: str) -> list[Shape]:
    """The commands of a label, made those of this image as it is written; none when the label cannot be read."""
    try:
        found = [shaping.of(each, creating=True) for each in json.loads(label)]
    except (ValueError, TypeError, Unreadable):
        return []
    named = {} if image is None else {"image": image}
    bare = [{key: value for key, value in each.items() if key != "image"} for each in found]
    return [{**each, **named, "hash": image_id} for each in bare]
