"""The table of keys: every word of the protocol language, said once.

Parser, JSON schema and the tables of protocol/README.md are made from it. A key without a default is required.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol.document import Node, node
from xnat_gate.core.protocol.duration import Duration
from xnat_gate.core.protocol.kinds import Choice, Kind, ProjectId, Text, UIDPrefixes, Version
from xnat_gate.core.protocol.lists import Lists
from xnat_gate.core.protocol.matching import ListName, NoList
from xnat_gate.core.protocol.model import (
    ConflictPolicy,
    DoseAlone,
    QuarantinePlace,
    RepeatPolicy,
    Requirement,
)
from xnat_gate.core.protocol.route_lines import CheckEffects, Routes
from xnat_gate.core.protocol.rule_lines import Rules
from xnat_gate.core.protocol.template import Template

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """One key: its dotted path, the kind of its value, what it does, and what holds when it is not written."""

    path: str
    kind: Kind[T_co]
    does: str
    default: Node | None = None

    @property
    def group(self) -> str:
        """The key it stands under; empty at the top level."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


_ON_LINKAGE = Choice((Effect.REJECT, Effect.QUARANTINE, Effect.HOLD, Effect.NOTE))
_ON_TWO = Choice((Effect.QUARANTINE, Effect.HOLD, Effect.NOTE))  # which one of the two would be rejected?
_LINK = Choice((Requirement.REQUIRE, Requirement.WARN, Requirement.IGNORE))

VERSION = Key("protocol", Version(1), "The version of this language.")
NAME = Key("name", Text(), "Names the protocol in reports.", node("unnamed protocol"))
HOSPITAL = Key("projects.hospital", ProjectId(), "Where studies go against which nothing stands.")
QUARANTINE_PROJECT = Key(
    "projects.quarantine",
    ProjectId(),
    "Where the others go. Not the same project; only administrators look into it.",
)
SUBJECT = Key("labels.subject", Template(), "The label of the subject in XNAT.", node("{PatientName}"))
SESSION = Key("labels.session", Template(), "The label of the session in XNAT.", node("{PatientID}"))
ALLOW = Key(
    "allow",
    Lists(ListName.ALLOW, NoList.ALL),
    "What may pass: every object of a study must have, for each keyword named here, a value, and only values of "
    "the list. One object off the list sends the whole study to quarantine.",
)
DENY = Key(
    "deny",
    Lists(ListName.DENY, NoList.NONE),
    "What may not pass: one object with a value of the list sends the whole study to quarantine. It counts more "
    "than `allow`.",
    node({}),
)
RULES = Key(
    "rules",
    Rules(),
    "What else is asked of every study, in your own words: each rule with its id.",
    node([]),
)
ROUTE = Key(
    "route",
    Routes(),
    "Other hospital projects than `projects.hospital`, for studies of which an object meets `when`. Of several the "
    "first one counts for an object; a study whose objects belong into different projects is held.",
    node([]),
)
CHECKS = Key(
    "checks",
    CheckEffects(),
    "What follows from a built-in check, by its id, in place of what follows by itself.",
    node({}),
)
ORPHAN = Key(
    "rt.orphan", _ON_LINKAGE, "An RT object of which no image (plan, structure set) arrived.", node("reject")
)
PARTIAL = Key("rt.partial", _ON_LINKAGE, "An RT object of which only some images arrived.", node("hold"))
UNVERIFIABLE = Key(
    "rt.unverifiable",
    _ON_LINKAGE,
    "An RT object that may rightly lack references, or cannot be followed.",
    node("note"),
)
WAIT = Key(
    "rt.wait_for_images",
    Duration("0s", "30d"),
    "How long an RT object that came without what it refers to waits for it, before `orphan` and `partial` are acted "
    "on where they reject or quarantine. The importer's service waits; one run (`--once`) does not.",
    node("30m"),
)
SHARED_SERIES = Key(
    "rt.shared_series",
    _ON_TWO,
    "Several RT objects share one series.",
    node("hold"),
)
SHARED_NUMBER = Key(
    "rt.shared_number", _ON_TWO, "Two series of a study share one series number.", node("note")
)
DOSE_ALONE = Key(
    "rt.dose_without_plan",
    Choice((DoseAlone.PARTIAL, DoseAlone.ORPHAN)),
    "For what a dose counts whose plan did not come while its structure set did.",
    node("partial"),
)
DEVICE_PLANS = Key(
    "rt.device_plans",
    _ON_LINKAGE,
    "A plan with geometry TREATMENT_DEVICE, which rightly names no structure set.",
    node("note"),
)
POINT_SETS = Key(
    "rt.point_sets",
    _ON_LINKAGE,
    "A structure set of points alone, which rightly names no image and fits the coordinate system of some.",
    node("note"),
)
VERIFICATION = Key(
    "rt.verification",
    _ON_LINKAGE,
    "A plan that checks a treatment or a machine (PlanIntent VERIFICATION, MACHINE_QA or SERVICE, or made on images of "
    "`phantoms`), with the doses, images and records that belong to it.",
    node("hold"),
)
ELSEWHERE = Key(
    "rt.elsewhere",
    _ON_TWO,
    "An RT object whose images (plan, structure set) lie in another session of the same subject.",
    node("note"),
)
DOSE_TO_PLAN = Key("links.dose_to_plan", _LINK, "The link from a dose to its plan.", node("require"))
PLAN_TO_STRUCTURES = Key(
    "links.plan_to_structures", _LINK, "The link from a plan to its structure set.", node("require")
)
STRUCTURES_TO_IMAGES = Key(
    "links.structures_to_images", _LINK, "The link from a structure set to its images.", node("require")
)
RECORD_TO_PLAN = Key(
    "links.record_to_plan", _LINK, "The link from a treatment record to its plan.", node("require")
)
RT_IMAGE_TO_PLAN = Key(
    "links.rt_image_to_plan",
    _LINK,
    "The link from an RT image (portal image, DRR) to its plan.",
    node("warn"),
)
SEGMENTATION_TO_IMAGES = Key(
    "links.segmentation_to_images", _LINK, "The link from a segmentation to its images.", node("require")
)
REGISTRATION_TO_IMAGES = Key(
    "links.registration_to_images", _LINK, "The link from a registration to its images.", node("warn")
)
FIDUCIALS_TO_IMAGES = Key(
    "links.fiducials_to_images", _LINK, "The link from fiducials to their images.", node("warn")
)
SECOND_GENERATION = Key(
    "links.second_generation",
    _LINK,
    "The links of second-generation RT objects (radiation sets, radiations, annotations, their records).",
    node("require"),
)
PHANTOM_UIDS = Key(
    "phantoms.uid_prefixes",
    UIDPrefixes(),
    "Images whose StudyInstanceUID, SeriesInstanceUID or SOPInstanceUID begins so show a phantom of the site, under "
    "whatever PatientID they come.",
    node([]),
)
SAME_BYTES = Key(
    "duplicates.same_bytes",
    Choice((RepeatPolicy.HOLD, RepeatPolicy.DROP)),
    "A whole study that is archived already, every object of it byte for byte. (Of a file that comes twice in one "
    "study one copy goes on, whatever this says.)",
    node("hold"),
)
OTHER_BYTES = Key(
    "duplicates.other_bytes",
    Choice(
        (Effect.HOLD,)
    ),  # both versions cannot be kept in any project, and which one is valid only a person knows
    "Two files with one SOPInstanceUID and different contents. XNAT would keep one of them, so neither is sent.",
    node("hold"),
)
SAME_PIXELS = Key(
    "duplicates.same_pixels",
    _ON_TWO,
    "The pixel data of another object, under another header and another SOPInstanceUID.",
    node("note"),
)
NEW_UID = Key(
    "duplicates.new_uid",
    _ON_TWO,
    "An object that differs from another one in nothing but UIDs and the record of its making.",
    node("note"),
)
QUARANTINE = Key(
    "quarantine",
    Choice((QuarantinePlace.ARCHIVE, QuarantinePlace.PREARCHIVE)),
    "Where quarantined studies come to rest.",
    node("archive"),
)
CONFLICT = Key(
    "conflict",
    Choice((ConflictPolicy.HOLD,)),
    "A study that collides with what is archived already (the same subject and session, sent twice).",
    node("hold"),
)
KEEP = Key(
    "rejected.keep",
    Duration("1d", "3650d"),
    "How long rejected files are kept beside the drop folder, with the reason; then the importer's service removes "
    "them.",
    node("30d"),
)

KEYS: tuple[Key[object], ...] = (
    VERSION,
    NAME,
    HOSPITAL,
    QUARANTINE_PROJECT,
    SUBJECT,
    SESSION,
    ALLOW,
    DENY,
    RULES,
    ROUTE,
    CHECKS,
    ORPHAN,
    PARTIAL,
    UNVERIFIABLE,
    WAIT,
    SHARED_SERIES,
    SHARED_NUMBER,
    DOSE_ALONE,
    DEVICE_PLANS,
    POINT_SETS,
    VERIFICATION,
    ELSEWHERE,
    DOSE_TO_PLAN,
    PLAN_TO_STRUCTURES,
    STRUCTURES_TO_IMAGES,
    RECORD_TO_PLAN,
    RT_IMAGE_TO_PLAN,
    SEGMENTATION_TO_IMAGES,
    REGISTRATION_TO_IMAGES,
    FIDUCIALS_TO_IMAGES,
    SECOND_GENERATION,
    PHANTOM_UIDS,
    SAME_BYTES,
    OTHER_BYTES,
    SAME_PIXELS,
    NEW_UID,
    QUARANTINE,
    CONFLICT,
    KEEP,
)

GROUPS: dict[str, str] = {
    "projects": "The two XNAT projects.",
    "labels": "How DICOM becomes subject and session.",
    "rt": "What follows from the linkage and numbering of RT objects.",
    "links": "Which links are required: those of the chain dose, plan, structure set, images, and those beside it.",
    "phantoms": "How images of phantoms are recognised.",
    "duplicates": "What follows when an object comes twice, in each of the four ways.",
    "rejected": "What becomes of rejected files.",
}
"""The keys that hold other keys of this table."""
