"""Names that should not be there: burnt in, written in, half removed (RT140-RT143)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.checks.headers import uids_of
from xnat_gate.core.checks.identifying import FIELDS, PATIENT, Tellers, claim, filled
from xnat_gate.core.checks.persons import spelling
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.storage_classes import CAPTURES, RT_IMAGES
from xnat_gate.core.study import Instance


@check(
    "RT140",
    "No picture shows who the patient is",
    Severity.ERROR,
    "Look at the pictures. Export those that show a name again without it, or leave them out.",
)
def nothing_burnt_in(case: Case) -> Iterator[Remark]:
    """Asks whether objects say that their pixels tell who the patient is (BurnedInAnnotation YES, PS3.3 C.7.6.1). No
    change of the header takes that away, so that the study goes to quarantine, as one whose scanner is denied does.
    Secondary captures, screen shots and RT images are where it happens: those of them that say neither YES nor NO are
    told of, but not what a planning system has computed (DRR, FLUENCE)."""
    by_answer: dict[str, list[Instance]] = {"YES": [], "NO": [], "": []}
    for instance in case.study.instances:
        said = instance.value("BurnedInAnnotation").strip().upper()
        if said in ("YES", "NO") or _may_show_a_name(instance):
            by_answer.get(said, by_answer[""]).append(instance)
    if burnt := by_answer["YES"]:
        verb = "says that its picture shows" if len(burnt) == 1 else "say that their pictures show"
        yield _of(
            burnt, f"{counted(len(burnt), 'file')} {verb} who the patient is.", effect=Effect.QUARANTINE
        )
    if silent := by_answer[""]:
        verb = "does not say whether its picture shows" if len(silent) == 1 else _DO_NOT_SAY
        message = (
            f"{counted(len(silent), 'screen shot or RT image', 'screen shots or RT images')} {verb} a name."
        )
        yield _of(silent, message, Severity.WARNING)


_DO_NOT_SAY = "do not say whether their pictures show"
_MADE_OF_A_SCREEN = frozenset({"DF", "DRW", "DV", "SD", "SI", "WSD"})
"""ConversionTypes of pictures taken from film, paper, video or a workstation (PS3.3 C.8.6.1)."""
_COMPUTED = frozenset({"DRR", "FLUENCE"})


def _may_show_a_name(instance: Instance) -> bool:
    kinds = {value.strip().upper() for value in instance.values("ImageType")}
    if instance.sop_class_uid in RT_IMAGES:
        return kinds.isdisjoint(_COMPUTED)
    return (
        instance.sop_class_uid in CAPTURES
        or any("SCREEN" in kind for kind in kinds)
        or instance.value("ConversionType").strip().upper() in _MADE_OF_A_SCREEN
    )


def _of(
    instances: Collection[Instance],
    message: str,
    severity: Severity | None = None,
    effect: Effect = Effect.NOTE,
) -> Remark:
    return Remark(
        message=message,
        effect=effect,
        severity=severity,
        about=uids_of(instances),
        files=(one.file for one in instances),
    )


@check(
    "RT141",
    "No face can be recognised in anonymised images",
    Severity.INFO,
    "Ask whether the images have to be defaced before others may see them.",
)
def no_faces(case: Case) -> Iterator[Remark]:
    """Asks whether images that claim to be anonymised say that they, or a surface computed from them, show the patient
    well enough to be recognised (RecognizableVisualFeatures YES, PS3.3 C.7.6.1). Images of a part of the body that has
    no face are not asked."""
    faces = [
        one
        for one in case.study.instances
        if claim(one) == "YES"
        and one.value("RecognizableVisualFeatures").strip().upper() == "YES"
        and _shows_the_head(one.value("BodyPartExamined"))
    ]
    if faces:
        what = counted(len(faces), "anonymised image says", "anonymised images say")
        yield _of(faces, f"{what} that the patient's face may be recognised.")


_FACE = re.compile(
    r"HEAD|BRAIN|SKULL|FACE|\bEARS?\b|\bEYES?\b|ORBIT|\bJAW\b|MANDIBLE|MAXILLA|\bNOSE\b|PARANASAL|WHOLE ?BODY"
)


def _shows_the_head(body_part: str) -> bool:
    """Or may, where nothing is said of the part."""
    return not body_part.strip() or _FACE.search(body_part.upper()) is not None


@check(
    "RT142",
    "Anonymised objects hold no identifying text",
    Severity.WARNING,
    "Let the anonymiser empty these fields and send again; what is itself a pseudonym may stay.",
)
def no_names_left(case: Case) -> Iterator[Remark]:
    """Asks, where objects of a study say that the patient's identity was removed (PatientIdentityRemoved YES, PS3.3
    C.7.1.1), whether names of people, of the hospital and of its machines are gone, too (PS3.15 table E.1-1), and
    whether labels or names of structures tell the patient's name, birth date or another number of his than the
    pseudonym. Planning systems write such words again into what they make of anonymised images. Studies that claim
    nothing are not asked: a hospital's archive may hold names."""
    claiming = [one for one in case.study.instances if claim(one) == "YES"]
    if not claiming:
        return
    tellers, fields, texts = Tellers(claiming), _Found(), _Found()
    for instance in case.study.instances:
        if claim(instance) != "NO":
            fields.note(instance, filled(instance))
            texts.note(instance, tellers.naming(instance))
    if fields.names:
        what = counted(len(fields.instances), "file still holds", "files still hold")
        told = f"{what} identifying text in a study that claims to be anonymised"
        yield _of(fields.instances, f"{told}: {listed(fields.names, len(FIELDS))}.")
    if texts.names:
        what = counted(len(texts.instances), "file tells", "files tell")
        told = f"{what} the name, the birth date or another number of an anonymised patient"
        yield _of(texts.instances, f"{told}: {listed(texts.names)}.")


class _Found:
    """Which fields, and in which objects."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self.instances: list[Instance] = []

    @property
    def names(self) -> list[str]:
        return sorted(self._names)

    def note(self, instance: Instance, names: Iterable[str]) -> None:
        some = set(names)
        if some:
            self._names |= some
            self.instances.append(instance)


@check(
    "RT143",
    "A study is anonymised as a whole, or not at all",
    Severity.ERROR,
    "Let all objects of the study run through the anonymiser together, and send them again.",
)
def wholly_anonymised(case: Case) -> Iterator[Remark]:
    """Asks, where some objects say that the patient's identity was removed (PS3.3 C.7.1.1), whether others say that it
    was not, or know more of the patient: a name, a number or a birth date that the first do not have. These tell whose
    the first are; the anonymiser has met only a part of the study, and links are usually broken. Objects that merely
    say nothing, as those that a planning system makes of anonymised images, are told of and no more."""
    clean = [one for one in case.study.instances if claim(one) == "YES"]
    if not clean or len(clean) == len(case.study.instances):
        return
    known = {fact for one in clean for fact in _facts(one)}
    telling, silent = [], []
    for instance in case.study.instances:
        if claim(instance) == "NO" or (not claim(instance) and not known.issuperset(_facts(instance))):
            telling.append(instance)
        elif not claim(instance):
            silent.append(instance)
    if telling:
        they = "says that it is not, or tells" if len(telling) == 1 else "say that they are not, or tell"
        whole = counted(len(case.study.instances), "file")
        message = (
            f"{len(clean)} of {whole} claim to be anonymised; {len(telling)} {they} more of the patient."
        )
        yield _of(telling, message, effect=Effect.HOLD)
    if silent:
        what = counted(len(silent), "file does not say whether it is", "files do not say whether they are")
        yield _of(silent, f"{what} anonymised; others of the study say that they are.", Severity.INFO)


def _facts(instance: Instance) -> Iterator[tuple[str, object]]:
    """What is told of the patient, apart from capitals and padding."""
    for keyword in PATIENT:
        for value in instance.values(keyword):
            if any(told := spelling(value.casefold())):
                yield keyword, told


ALL = (nothing_burnt_in, no_faces, no_names_left, wholly_anonymised)
