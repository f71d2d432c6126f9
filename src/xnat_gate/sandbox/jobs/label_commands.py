"""Registering the commands that an image carries in its label.

Laws: a command that breaks a rule or is there already is passed over without a word, as XNAT only writes it to its log.
"""

from __future__ import annotations

from xnat_gate.sandbox.commands import labels, lengths, rules, shaping
from xnat_gate.sandbox.commands.shaping import Shape
from xnat_gate.sandbox.containers.engine import Engine
from xnat_gate.sandbox.models import commands
from xnat_gate.sandbox.models.database import Database


def save(db: Database, engine: Engine, image: str) -> list[Shape] | None:
    """The commands that were registered, with the image as it is written here; None when there is no such image.

    Raises rules.ServerBreaks, EngineError.
    """
    found = engine.labels(image)
    if found is None:
        return None
    key = next((each.id for each in engine.images() if image in each.tags), image)
    made = []
    with db.transaction():
        for command in labels.read(found.get(labels.LABEL, ""), image=image, image_id=key):
            if not rules.problems(command) and not lengths.too_long(command):
                if commands.duplicated(db, command):
                    continue
                number = commands.add(db, shaping.kept(command))
                registered = commands.by_id(db, number)
                made += [registered.command] if registered else []
    return made
