"""What the words of closed sets mean, for people and for their editors."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol.model import (
    ConflictPolicy,
    DoseAlone,
    Level,
    QuarantinePlace,
    RepeatPolicy,
    Requirement,
)

MEANINGS: dict[str, dict[StrEnum, str]] = {
    "What follows (`rt`, `duplicates`, `checks`, `otherwise` of a rule)": {
        Effect.REJECT: "The object is left out and kept aside with the reason; the rest of the study goes on.",
        Effect.QUARANTINE: "The whole study goes to the quarantine project.",
        Effect.HOLD: "The whole study waits in the prearchive until a person decides.",
        Effect.NOTE: "It stands in the report; nothing else follows.",
    },
    "How much a link weighs (`links`)": {
        Requirement.REQUIRE: "A broken link makes the object partial or an orphan, and `rt` says what follows.",
        Requirement.WARN: "A broken link stands in the report; nothing else follows.",
        Requirement.IGNORE: "The link is not looked at.",
    },
    "When a whole study is archived already (`duplicates.same_bytes`)": {
        RepeatPolicy.HOLD: "It is a collision like any other, and `conflict` says what follows.",
        RepeatPolicy.DROP: "Nothing is sent, and the study counts as archived: every byte of it is in XNAT.",
    },
    "For what a dose without its plan counts (`rt.dose_without_plan`)": {
        DoseAlone.PARTIAL: "For half linked: the chain to the images exists through its structure set.",
        DoseAlone.ORPHAN: "For an orphan, as if the structure set were missing, too.",
    },
    "Of what a rule asks (`level`)": {
        Level.INSTANCE: "Of each object by itself.",
        Level.SERIES: "Of the objects of each series together.",
        Level.STUDY: "Of all objects of the study together.",
    },
    "Where quarantined studies rest (`quarantine`)": {
        QuarantinePlace.ARCHIVE: "In the permanent archive of the quarantine project, as DASHER did.",
        QuarantinePlace.PREARCHIVE: "In the prearchive of the quarantine project, out of the permanent archive.",
    },
    "On a collision (`conflict`)": {
        ConflictPolicy.HOLD: "The study waits in the prearchive until a person renames or deletes it.",
    },
}
"""Title of a set to its words."""


def meanings_of(words: Sequence[StrEnum]) -> list[str]:
    """What each of these words of one set means."""
    told = next(known for known in MEANINGS.values() if isinstance(words[0], type(next(iter(known)))))
    return [told[word] for word in words]
