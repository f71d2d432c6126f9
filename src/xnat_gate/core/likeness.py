"""Likeness: whether an object that comes has come before under another patient (RT015), or is a copy, under another
UID, of one that has (RT016, RT017).

Two of the four classes of duplicates; same bytes and other bytes under one UID are in core.checks.duplicates. These are
no checks of the chain, since they can be asked only where prints were taken: who compared adds ASKED to what was asked.

Laws: objects with one SOPInstanceUID and one patient are never compared here; what is equal in content is not told
again for its pixels; '' is like nothing; a finding counts and says how near the other one is, and names nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from xnat_gate.core.checks.check import counted
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.linkage.verification import is_phantom
from xnat_gate.core.protocol.model import DuplicatePolicy, Protocol
from xnat_gate.core.study import Instance, Study


@dataclass(frozen=True, slots=True)
class Print:
    """The fingerprint of one object; `pixels` and `content` are digests, '' where there is nothing to compare.

    `patient` is the SHA-256 (hex) of the PatientID, never the id itself.
    """

    sop_instance_uid: str
    study_uid: str
    patient: str
    pixels: str
    content: str


@dataclass(frozen=True, slots=True)
class Relation:
    """How near the other object is."""

    another_patient: bool
    another_study: bool


FARTHEST_FIRST = (Relation(True, True), Relation(True, False), Relation(False, True), Relation(False, False))


@dataclass(frozen=True, slots=True)
class Likeness:
    """One way of being alike, with the page of a check. `mark`: what two alike objects share; its docstring is the
    manual. `noun`, `verb` (of one, of several): what its sentence says; `effect`: what the protocol makes of it;
    `same_uid`: the mark is the UID itself, and only under another patient is it told."""

    id: str
    title: str
    severity: Severity
    remedy: str
    noun: str
    verb: tuple[str, str]
    effect: Callable[[DuplicatePolicy], Effect]
    mark: Callable[[Print], str]
    same_uid: bool = False

    @property
    def manual(self) -> str:
        """The manual page: what is asked, why it matters."""
        return (self.mark.__doc__ or "").strip()


def _uid(seen: Print) -> str:
    """Whether an object with this SOPInstanceUID has come before under another PatientID. A UID belongs to one object,
    and an object to one patient: somebody sent data under a wrong number, corrected a number without telling anybody,
    or anonymised twice. Images of a phantom (`phantoms` of the protocol) may come under many."""
    return seen.sop_instance_uid


def _same_pixels(seen: Print) -> str:
    """The pixel data are those of another object, byte for byte, but the headers differ in more than UIDs: an image
    that was sent under a second patient ID, a copy whose header somebody edited, an anonymised twin of what is here
    under its name. Pictures that show nothing (all pixels alike) are left out, since any two patients have some. What
    follows is the protocol's `duplicates.same_pixels`."""
    return seen.pixels


def _new_uid(seen: Print) -> str:
    """Nothing but UIDs and the record of its making (when, by which system, signed by whom) differs from another
    object: a copy that was given UIDs of its own, as some systems do at every export. It would be counted twice in
    every evaluation. What follows is the protocol's `duplicates.new_uid`."""
    return seen.content


OTHER_PATIENT = Likeness(
    "RT015",
    "An object belongs to one patient",
    Severity.ERROR,
    "Find out under which patient number the data belong, before anything is archived under the wrong one.",
    "object",
    ("has", "have"),
    lambda _: Effect.HOLD,
    _uid,
    same_uid=True,
)

SAME_PIXELS = Likeness(
    "RT016",
    "A picture has one header",
    Severity.WARNING,
    "Find out which header is right: the picture may be filed under a wrong patient, or its header was edited.",
    "image",
    ("is pixel for pixel the same as", "are pixel for pixel the same as"),
    lambda policy: policy.same_pixels,
    _same_pixels,
)

NEW_UID = Likeness(
    "RT017",
    "An object has one UID",
    Severity.WARNING,
    "Find out whether the copy is wanted; if not, delete one of the two, and export without new UIDs.",
    "object",
    ("is, but for its UIDs, the same as", "are, but for their UIDs, the same as"),
    lambda policy: policy.new_uid,
    _new_uid,
)

ALL = (OTHER_PATIENT, SAME_PIXELS, NEW_UID)

ASKED = tuple(one.id for one in ALL)
"""The ids of the findings of this module: asked of a study only when its prints were compared."""


def findings(
    study: Study, prints: Mapping[str, Print], known: Iterable[Print], protocol: Protocol
) -> tuple[Finding, ...]:
    """What is alike within the study, and between it and what came before: one finding for each likeness and relation,
    in the order of ALL, another patient first.

    `prints`: by Instance.file, as far as they were taken; `known`: remembered prints, in no order, which may hold this
    study's own and are gone through once.
    """
    own = [(one, prints[one.file]) for one in study.instances if one.file in prints]
    others = _bearers((seen for _, seen in own), known)
    alike: dict[tuple[Likeness, Relation], list[Instance]] = defaultdict(list)
    for instance, seen in own:
        phantom = is_phantom(instance, protocol.phantom_uid_prefixes)
        for likeness, relation in _likenesses(seen, others):
            if not (phantom and relation.another_patient):
                alike[likeness, relation].append(instance)
    return tuple(
        _finding(likeness, relation, alike[likeness, relation], study, protocol)
        for likeness in ALL
        for relation in FARTHEST_FIRST
        if (likeness, relation) in alike
    )


_Bearers = Mapping[tuple[str, str], Mapping[tuple[str, str], set[str]]]
"""By likeness id and mark: the SOPInstanceUIDs that bear it, by patient and study."""


def _bearers(own: Iterable[Print], known: Iterable[Print]) -> _Bearers:
    """Of the marks that the study's own objects bear, and of no others."""
    found: dict[tuple[str, str], dict[tuple[str, str], set[str]]] = {}
    for seen in own:
        for key in _marks(seen):
            _note(found.setdefault(key, {}), seen)
    for seen in known:
        for key in _marks(seen):
            if key in found:
                _note(found[key], seen)
    return found


def _marks(seen: Print) -> Iterator[tuple[str, str]]:
    return ((likeness.id, likeness.mark(seen)) for likeness in ALL if likeness.mark(seen))


def _note(bearers: dict[tuple[str, str], set[str]], seen: Print) -> None:
    bearers.setdefault((seen.patient, seen.study_uid), set()).add(seen.sop_instance_uid)


def _likenesses(seen: Print, others: _Bearers) -> Iterator[tuple[Likeness, Relation]]:
    """How this object is like others; where one is its copy in content, none so near is told for its pixels."""
    yield from ((OTHER_PATIENT, relation) for relation in _relations(seen, others, OTHER_PATIENT))
    copied = _relations(seen, others, NEW_UID)
    yield from ((NEW_UID, relation) for relation in copied)
    yield from ((SAME_PIXELS, relation) for relation in _relations(seen, others, SAME_PIXELS) - copied)


def _relations(seen: Print, others: _Bearers, likeness: Likeness) -> set[Relation]:
    return {
        Relation(patient != seen.patient, study_uid != seen.study_uid)
        for (patient, study_uid), uids in others.get((likeness.id, likeness.mark(seen)), {}).items()
        if (patient != seen.patient if likeness.same_uid else uids != {seen.sop_instance_uid})
    }


def _finding(
    likeness: Likeness, relation: Relation, alike: Iterable[Instance], study: Study, protocol: Protocol
) -> Finding:
    concerned = {one.sop_instance_uid: one for one in alike}
    series = dict.fromkeys(one.series_uid for one in concerned.values() if one.series_uid)
    several = len(concerned) > 1
    return Finding(
        id=likeness.id,
        severity=likeness.severity,
        effect=likeness.effect(protocol.duplicates),
        message=f"{counted(len(concerned), likeness.noun)} {likeness.verb[several]} "
        f"{_before(relation) if likeness.same_uid else _others(likeness.noun, relation, several=several)}.",
        remedy=likeness.remedy,
        title=likeness.title,
        about=tuple(series) or (study.uid,),
    )


def _before(relation: Relation) -> str:
    return "come under another patient ID, " + (
        "in another study" if relation.another_study else "in a study of the same UID"
    )


def _others(noun: str, relation: Relation, *, several: bool) -> str:
    if relation.another_study:
        whose = "another" if relation.another_patient else "the same"
        which = f"{noun}s" if several else f"an {noun}"
        return f"{which} of another study that came before ({whose} patient ID)"
    which = f"other {noun}s" if several else f"another {noun}"
    return f"{which} of this study" + (" (another patient ID)" if relation.another_patient else "")
