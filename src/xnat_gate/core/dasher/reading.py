"""What stands in a protocol.txt: the modalities that DASHER allowed and the models that it did not.

Both dialects (`ALLOW ALL` and `ALL`) are read, in any order, with commas, semicolons, tabs or blanks between values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xnat_gate.core.dasher.modalities import MODALITIES
from xnat_gate.core.dasher.models import LONGEST, QUOTES, named, runs
from xnat_gate.core.protocol import Fault, ProtocolInvalid

MODALITY, MODEL = "0060", "1090"
MOST_VALUES = 1000
"""What one list of a protocol may hold."""
EVERYTHING = ("ALL", "ALLOW ALL")
"""What switched one of DASHER's lists off."""
_NAMES = {MODALITY: r"Modalit(?:y|ies)", MODEL: r"Manufacturer['\u2019]?s?\s*Model\s*Name"}
_TAG = re.compile(r"\s*\(?\s*0008[\s,;]*(0060|1090)(?![0-9A-Za-z])\s*\)?[\s,;:=]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One of the two lines. `text`: the whole of it, in which DASHER searched; `values`: what stands behind its name,
    from `column` on; not `named`: behind the tag stands no name that we know, so `values` may begin with one."""

    number: int
    text: str
    values: str
    column: int
    named: bool


@dataclass(frozen=True, slots=True)
class Sorting:
    """`modalities`: None for all of them. `models`: those that were kept out. `unparted`: the words of the line when
    no comma parts them, so that nobody knows whether they are one name or more, and all names that they can make are
    kept out; else empty."""

    modalities: tuple[str, ...] | None
    models: tuple[str, ...]
    unparted: str
    modality_line: Line
    model_line: Line | None


def read(text: str, source: str) -> Sorting:
    """Raises ProtocolInvalid with all faults; `source` stands before each."""
    reading = _Reading()
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), 1):
        reading.take(number, line.replace("\xa0", " "))
    modality, model = reading.lines.get(MODALITY), reading.lines.get(MODEL)
    modalities = reading.modalities(modality) if modality else None
    models, unparted = reading.models(model) if model else ((), "")
    missing = () if MODALITY in reading.met else (_no_modality_line(),)
    if modality is None or reading.faults or missing:
        raise ProtocolInvalid((*reading.faults, *missing), source)
    return Sorting(modalities, models, unparted, modality, model)


@dataclass
class _Reading:
    faults: list[Fault] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def take(self, number: int, text: str) -> None:
        """One line of the file; what is no line of DASHER's is a fault."""
        if not text.strip() or text.lstrip().startswith("#"):
            return
        tag = _TAG.match(text)
        self.met |= {tag[1]} if tag else set()
        unseen = next(
            (at for at, letter in enumerate(text) if not (letter.isprintable() or letter == "\t")), None
        )
        if unseen is not None:
            self._fault(
                number, unseen + 1, "holds an unseen character", "type the line anew in a plain text editor"
            )
        elif tag is None:
            remedy = f'begin it with 0008,{MODALITY} or 0008,{MODEL}, or put "#" before it'
            self._fault(number, 1, "is none of the two lines of DASHER's", remedy)
        elif tag[1] in self.lines:
            remedy = "keep one of them"
            self._fault(
                number, 1, f"0008,{tag[1]} stands on line {self.lines[tag[1]].number} already", remedy
            )
        else:
            self.lines[tag[1]] = self._line(number, text, tag[1], tag.end())

    def _line(self, number: int, text: str, element: str, start: int) -> Line:
        other = MODEL if element == MODALITY else MODALITY
        if _named(other, text, start):
            told = f"the tag 0008,{element} and the name behind it are of two elements"
            self._fault(
                number,
                start + 1,
                told,
                f"write 0008,{MODALITY} Modality, or 0008,{MODEL} ManufacturersModelName",
            )
        name = _named(element, text, start)
        behind = name.end() if name else start
        return Line(number, text, text[behind:].strip(), behind + 1, named=name is not None)

    def modalities(self, line: Line) -> tuple[str, ...] | None:
        """None for all; commas, semicolons and blanks are the same here, as no modality holds any of them."""
        words = [word for word in re.split(r"[\s,;]+", line.values) if word]
        if "ALL" in words:
            return None
        self._small_all(line, words)
        for word in words:
            if not re.fullmatch(r"[A-Za-z0-9_]+", word, re.ASCII):
                remedy = "write ALL, or the modalities as DICOM spells them, with blanks or commas between"
                self._fault(line.number, line.column, f"{word} is no modality", remedy)
        if not line.named and words and words[0].upper() not in MODALITIES:
            told = f"{words[0]} is neither the name of the element nor a modality of DICOM's"
            self._fault(
                line.number, line.column, told, f"write 0008,{MODALITY} Modality before the modalities"
            )
        if not words:
            self._fault(line.number, line.column, "names no modality", "write those that are allowed, or ALL")
        self._count(line, words)
        return _once(words)

    def models(self, line: Line) -> tuple[tuple[str, ...], str]:
        """The names, none where the list was switched off; and the words of which no comma says which are a name."""
        found = named(line.values)
        names = list(found.names)
        if any(" ".join(name.split()) in EVERYTHING for name in names) or [n.upper() for n in names] == [
            "NONE"
        ]:
            return (), ""
        self._small_all(line, names)
        self._nameless(line, "" if found.quoted or not names else names[0])
        whole = "" if found.parted or len(names) != 1 or len(names[0].split()) < 2 else names[0]
        for name in whole.split() or names:
            self._model(line, name)
        if not whole:
            self._count(line, names)
            return _once(names), ""
        made = runs(whole, MOST_VALUES)
        if not made:
            told = f"no comma parts the {len(whole.split())} words, so nobody can tell which of them are one name"
            self._fault(line.number, line.column, told, "put a comma between the models")
        return _once(made), whole

    def _model(self, line: Line, name: str) -> None:
        if "\\" in name:
            told = "a backslash parts two values in DICOM, and no model holds one"
            self._fault(line.number, line.column, told, "write each model by itself")
        elif name.startswith(tuple(QUOTES)):
            told = f"{name} begins with a quotation mark that has no end"
            self._fault(line.number, line.column, told, "take the quotation marks out")
        elif not name.strip("*"):
            remedy = "name the models that may not pass, or write ALL to keep none out"
            self._fault(line.number, line.column, f"{name} would send every study to quarantine", remedy)
        elif len(name.replace("*", "")) > LONGEST:
            told = f"{name} is longer than any model, which has {LONGEST} characters at most"
            self._fault(line.number, line.column, told, "put a comma between the models")

    def _nameless(self, line: Line, first: str) -> None:
        """One word is kept out as a model if it is none; of several the first may belong to none of the models."""
        if line.named or len(first.split()) < 2:
            return
        told = f"{first.split()[0]} may be a misspelt name of the element, or belong to the first model"
        self._fault(
            line.number, line.column, told, f"write 0008,{MODEL} ManufacturersModelName before the models"
        )

    def _small_all(self, line: Line, words: list[str]) -> None:
        for word in words:
            if " ".join(word.split()).upper() in EVERYTHING:
                remedy = "write ALL in capitals if that is meant"
                self._fault(line.number, line.column, f"{word} was no ALL to DASHER", remedy)

    def _count(self, line: Line, words: list[str]) -> None:
        if len(words) > MOST_VALUES:
            told = f"names {len(words)} values, and a protocol's list holds {MOST_VALUES} at most"
            self._fault(line.number, line.column, told, "name fewer")

    def _fault(self, line: int, column: int, message: str, remedy: str) -> None:
        self.faults.append(Fault(line, column, "", message, remedy))


def _named(element: str, text: str, start: int) -> re.Match[str] | None:
    """The element's name at this place, with the colon or the comma behind it."""
    return re.compile(rf"{_NAMES[element]}(?:\s*[:=,;]|(?![0-9A-Za-z_]))", re.IGNORECASE).match(text, start)


def _once(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _no_modality_line() -> Fault:
    remedy = f"add it with the modalities that are allowed, or with ALL: 0008,{MODALITY} Modality ALL"
    return Fault(0, 0, "", f"the line 0008,{MODALITY} is missing", remedy)
