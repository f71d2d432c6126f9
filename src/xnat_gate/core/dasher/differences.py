"""Where DASHER's way of comparing (is this text a part of that line?) had other effects than the protocol made of it.

DASHER looked at each object by itself: it went to the hospital project unless its modality was no part of the modality
line, or its model was a part of the model line. A line with the letters ALL anywhere in it was switched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xnat_gate.core.dasher.modalities import MODALITIES
from xnat_gate.core.dasher.models import LONGEST
from xnat_gate.core.dasher.reading import Line, Sorting

OFF = "ALL"


@dataclass(frozen=True, slots=True)
class Difference:
    """`id` names its kind to programs; `words`: the values it is about."""

    id: str
    message: str
    remedy: str = ""
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


def differences(sorting: Sorting) -> tuple[Difference, ...]:
    """All of them, in the order of their weight."""
    found = [*_of_modalities(sorting), *_of_models(sorting)]
    if sorting.modalities is not None or sorting.models:
        found.append(_WHOLE)
    return tuple(found)


def _of_modalities(sorting: Sorting) -> Iterator[Difference]:
    words, line = sorting.modalities, sorting.modality_line
    if words is None:
        return
    if OFF in line.text:
        yield _switched_off(line, words, "let every modality into the hospital project")
        return
    small = tuple(word for word in words if word != word.upper())
    if small:
        yield Difference(
            "other-case",
            f"DASHER compared letter by letter, and {_and(small)} is in small letters: it did not let "
            f"{_and(tuple(word.upper() for word in small))} pass. Here the case does not count, so it passes.",
            "Take out what is not meant.",
            small,
        )
    known = {word.upper() for word in words}
    parts = tuple(term for term in MODALITIES if term in line.text and term not in known)
    if parts:
        yield Difference(
            "part-of-a-word",
            f"DASHER also let {_and(parts)} pass, because {_they_are(parts)} part of another word on the line. "
            "Here whole words are compared, and studies with these go to quarantine.",
            f"Add what is to pass: {_and(parts)}.",
            parts,
        )
    yield Difference(
        "no-modality",
        "DASHER let objects pass that have no modality. Here a study with such an object goes to quarantine.",
    )


def _of_models(sorting: Sorting) -> Iterator[Difference]:
    names, line = sorting.models, sorting.model_line
    typed = tuple(sorting.unparted.split()) or names
    if line is None or OFF in line.text:
        if line is not None and names:
            yield _switched_off(line, typed, "kept no model out")
        return
    if sorting.unparted:
        yield Difference(
            "no-comma",
            f"No comma parts the words of the model line, so nobody can tell whether {sorting.unparted} is one name or "
            f"more. Every name that the words can make (of {LONGEST} characters at most) is kept out, as by DASHER.",
            "Take out those that are none, or part the names with commas on the line and convert it again.",
            typed,
        )
    if shorter := _shorter(names):
        yield Difference(
            "shorter-names",
            "DASHER kept out every model whose name is any part of the line, "
            f"such as {shorter[0]} because of {shorter[1]}. Here the whole name is compared (upper and lower "
            "case are the same). Which models went to QUARANTINE for that alone cannot be listed.",
            "Name each model as the scanner writes it, or with * for what may follow.",
            shorter,
        )
    starred = tuple(name for name in typed if "*" in name)
    if starred:
        yield Difference(
            "star",
            f"To DASHER * was a character like others; here it stands for any characters in {_and(starred)}.",
            "Take it out if that is not meant.",
            starred,
        )
    yield Difference(
        "no-model",
        "DASHER kept out every object without a model, for nothing is a part of every line: also RT objects and "
        "others that never have one. Here a missing model is on no list.",
        "The rule at the end of the converted protocol does the same: take the # off its lines.",
    )


_WHOLE = Difference(
    "whole-studies",
    "DASHER parted a study: the objects that may pass went to the hospital project, the others to QUARANTINE. Here "
    "one object that may not pass takes its whole study to quarantine.",
)


def _switched_off(line: Line, words: tuple[str, ...], so: str) -> Difference:
    culprits = tuple(word for word in words if OFF in word)
    return Difference(
        "all-in-a-word",
        f"DASHER met the letters ALL in {_and(culprits)} on line {line.number}, took the list for switched off "
        f"and {so}. Here the list is in force as it is written.",
        "If the list is not to hold, write ALL alone on the line and convert it again.",
        culprits,
    )


def _shorter(names: tuple[str, ...]) -> tuple[str, str] | None:
    """A part of a name that could be a model, and the name; a word of it where it has several."""
    if not names:
        return None
    name = next((one for one in names if len(one.split()) > 1), max(names, key=len))
    part = name.split()[0] if len(name.split()) > 1 else name[:-1].rstrip()
    return (part, name) if part else None


def _and(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _they_are(words: tuple[str, ...]) -> str:
    return "it is a" if len(words) == 1 else "each is a"
