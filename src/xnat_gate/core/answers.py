"""What decided about a rule: which of its questions, with which values.

Law: a value that could identify a patient is repeated to nobody but who holds the files himself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xnat_gate.core.protocol.conditions import (
    REQUIRE,
    WHEN,
    AllOf,
    AnyOf,
    Ask,
    Condition,
    Count,
    NotMet,
    Reading,
    State,
    asks,
    is_met,
    number_of,
    truth,
    values_of,
)
from xnat_gate.core.protocol.model import Rule
from xnat_gate.core.study import Header

TELLABLE = frozenset(
    {
        "ApprovalStatus",
        "BodyPartExamined",
        "BurnedInAnnotation",
        "ConversionType",
        "DeviceSerialNumber",
        "DoseSummationType",
        "DoseUnits",
        "ImageType",
        "KVP",
        "Manufacturer",
        "ManufacturerModelName",
        "Modality",
        "PatientIdentityRemoved",
        "PhotometricInterpretation",
        "PlanIntent",
        "PresentationIntentType",
        "ReceivingApplicationEntityTitle",
        "RecognizableVisualFeatures",
        "SOPClassUID",
        "ScanningSequence",
        "SequenceVariant",
        "SliceThickness",
        "SoftwareVersions",
        "SourceApplicationEntityTitle",
        "SpecificCharacterSet",
        "StationName",
    }
)
"""Elements that speak of machines and pictures; the values of all others stay out of messages."""

_STATES = {State.PRESENT: "have a value", State.EMPTY: "be empty", State.ABSENT: "be missing"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question that decided. `values` as in a header, None for an element that is not there; `number`: what a count
    came to; `negated`: it stands below a `not`; `required`: it was to be met and is not, else it is met; `joint`: how
    it goes with the answer before it."""

    ask: Ask
    values: tuple[str, ...] | None
    negated: bool
    required: bool
    number: int | None = None
    joint: str = "and"

    def words(self, *, all_values: bool = False) -> str:
        """`Modality is "SC"`, `BurnedInAnnotation is missing, and has to be "NO"`. `all_values`: also those that are
        not tellable."""
        found = f"{self.ask.element} {self._found(all_values)}"
        if not self.required:
            return f"{found}, not {self._named()}" if self._tells_what_is_not else found
        if self.negated and self._is_missing:
            return f"{found}, and has to have a value that is not {self._named()}"
        if self.negated and not all_values and not self._tellable:
            return f"{found}, and must not be what it is"
        return f"{found}, and {'must not' if self.negated else 'has to'} {self._wanted()}"

    @property
    def _tellable(self) -> bool:
        return self.ask.element.name in TELLABLE

    @property
    def _is_missing(self) -> bool:
        """Nothing that could be compared."""
        comparison = not isinstance(self.ask.test, State | Count)
        return comparison and not any(value.strip() for value in self.values or ())

    @property
    def _tells_what_is_not(self) -> bool:
        """A `not` in `when`: what was looked for and not found."""
        return self.negated and not isinstance(self.ask.test, State | Count)

    def _named(self) -> str:
        return str(self.ask.test)

    def _found(self, all_values: bool) -> str:
        if self.number is not None:
            return f"has {self.number or 'no'} value{'' if self.number == 1 else 's'}"
        if not self.values or not any(value.strip() for value in self.values):
            return "is missing" if self.values is None else "is empty"
        if not all_values and not self._tellable:
            return "has a value (not repeated here)"
        return f'is "{chr(92).join(value.strip() for value in self.values)}"'

    def _wanted(self) -> str:
        test = self.ask.test
        if isinstance(test, State):
            return _STATES[test]
        return f"have {test}" if isinstance(test, Count) else f"be {test}"


def in_a_row(answers: Sequence[Answer], *, all_values: bool = False) -> str:
    """Their words in one sentence."""
    told = ""
    for one in answers:
        words = one.words(all_values=all_values)
        told += f" {one.joint} {words}" if told else words
    return told


def deciding(rule: Rule, headers: Sequence[Header]) -> tuple[Answer, ...]:
    """Why these headers break the rule: what is required and not met, or all that met `when` where nothing is."""
    if rule.require is not None:
        return tuple(_unmet(rule.require, headers))
    return met(rule.when, headers) if rule.when is not None else ()


def met(when: Condition, headers: Sequence[Header]) -> tuple[Answer, ...]:
    """Why these headers meet the condition of a rule or a route."""
    return tuple(_met(when, headers))


def _unmet(condition: Condition, headers: Sequence[Header]) -> Iterator[Answer]:
    if is_met(condition, headers, REQUIRE):
        return
    match condition:
        case Ask():
            yield _answer(condition, headers, REQUIRE, negated=False)
        case AllOf(parts):
            for part in parts:
                yield from _unmet(part, headers)
        case AnyOf(parts):
            for number, part in enumerate(parts):
                told = tuple(_unmet(part, headers))
                yield from (*(replace(one, joint="or") for one in told[:1]), *told[1:]) if number else told
        case NotMet(part):
            yield from _barred(part, headers)


def _barred(condition: Condition, headers: Sequence[Header]) -> Iterator[Answer]:
    """Below a `not` that is not kept: what is as it must not be, or cannot be told."""
    within = replace(REQUIRE, every=False)
    for ask in asks(condition):
        if truth(ask, headers, within) is not False:
            yield _answer(ask, headers, REQUIRE, negated=True)


def _met(condition: Condition, headers: Sequence[Header]) -> Iterator[Answer]:
    if not is_met(condition, headers, WHEN):
        return
    match condition:
        case Ask():
            yield _answer(condition, headers, WHEN, negated=False)
        case AllOf(parts):
            for part in parts:
                yield from _met(part, headers)
        case AnyOf(parts):
            yield from _met(next(part for part in parts if is_met(part, headers, WHEN)), headers)
        case NotMet(part):
            for ask in asks(part):
                yield _answer(ask, headers, WHEN, negated=True)


def _answer(ask: Ask, headers: Sequence[Header], reading: Reading, *, negated: bool) -> Answer:
    """With the values of the first header that alone answers so."""
    required = reading is REQUIRE
    if isinstance(ask.test, Count):
        number = number_of(ask, headers, distinct=ask.test.distinct)
        return Answer(ask, None, negated, required, number)
    return Answer(
        ask, values_of(ask.element, _speaker(ask, headers, reading, negated=negated)), negated, required
    )


def _speaker(ask: Ask, headers: Sequence[Header], reading: Reading, *, negated: bool) -> Header:
    """The header that decided: the first that gives the heaviest answer by itself."""
    alone = replace(reading, every=False) if negated else reading
    told = [truth(ask, (header,), alone) for header in headers]
    wanted = (False, None, True) if (reading is REQUIRE) != negated else (True, None, False)
    return next(
        header for want in wanted for header, answer in zip(headers, told, strict=True) if answer is want
    )
