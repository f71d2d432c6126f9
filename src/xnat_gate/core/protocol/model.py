"""What a protocol means, once it has been read: values, without lines and columns.

Laws: nothing here has a default, the table of keys (keys.py) alone knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from xnat_gate.core.finding import Effect
from xnat_gate.core.labels import source_keywords
from xnat_gate.core.protocol.conditions import Condition, asks
from xnat_gate.core.protocol.listed import Listed


class Level(StrEnum):
    """Of what a rule asks."""

    INSTANCE = "instance"
    SERIES = "series"
    STUDY = "study"


class Requirement(StrEnum):
    """How much a kind of link weighs."""

    REQUIRE = "require"
    WARN = "warn"
    IGNORE = "ignore"


class DoseAlone(StrEnum):
    """For what a dose counts whose plan did not come while its structure set did."""

    PARTIAL = "partial"
    ORPHAN = "orphan"


class QuarantinePlace(StrEnum):
    """Where quarantined studies come to rest."""

    ARCHIVE = "archive"
    PREARCHIVE = "prearchive"


class ConflictPolicy(StrEnum):
    """What happens to a study that collides with what is archived already."""

    HOLD = "hold"


class RepeatPolicy(StrEnum):
    """What happens to a whole study that is archived already, byte for byte."""

    HOLD = "hold"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class RTPolicy:
    """What follows from the linkage of RT objects, and how long their images are waited for.

    `device_plans`, `point_sets`: conformant objects that need no images; `verification`: plans that check a treatment,
    and what belongs to them; `elsewhere`: links that end in another session.
    """

    orphan: Effect
    partial: Effect
    unverifiable: Effect
    wait_for_images: timedelta
    shared_series: Effect
    shared_number: Effect
    dose_without_plan: DoseAlone
    device_plans: Effect
    point_sets: Effect
    verification: Effect
    elsewhere: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Which links decide: those of the chain from dose to images, and those of the objects beside it."""

    dose_to_plan: Requirement
    plan_to_structures: Requirement
    structures_to_images: Requirement
    record_to_plan: Requirement
    rt_image_to_plan: Requirement
    segmentation_to_images: Requirement
    registration_to_images: Requirement
    fiducials_to_images: Requirement
    second_generation: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatePolicy:
    """What follows from each of the four ways in which an object can come twice (core.likeness)."""

    same_bytes: RepeatPolicy
    other_bytes: Effect
    same_pixels: Effect
    new_uid: Effect


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line of the protocol's `rules`. `when` None: it applies to everything; `require` None: nothing may meet `when`.
    `otherwise` is what follows where it is broken."""

    id: str
    title: str
    level: Level
    when: Condition | None
    require: Condition | None
    otherwise: Effect
    why: str

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """The names of all elements that it asks for."""
        return tuple(
            dict.fromkeys(ask.element.name for part in (self.when, self.require) for ask in asks(part))
        )


@dataclass(frozen=True, kw_only=True)
class Route:
    """The objects that meet `when` belong into this hospital project."""

    project: str
    when: Condition

    @cached_property
    def elements(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ask.element.name for ask in asks(self.when)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A usable protocol. `sha256`: digest of the text it was read from, empty when there was none; `version`: its
    number in XNAT's config service, empty when it did not come from there.

    `hospital` is where a study goes that meets none of the `routes`. `subject_label`, `session_label`: templates for
    core.labels. `allow`, `deny`: name of an element to its list. `checks`: id of a built-in check to the effect that it
    has in place of its own. `phantom_uid_prefixes`: objects whose StudyInstanceUID, SeriesInstanceUID or SOPInstanceUID
    begins so are images of a phantom.
    """

    name: str
    sha256: str
    version: str
    hospital: str
    quarantine_project: str
    subject_label: str
    session_label: str
    allow: Mapping[str, Listed]
    deny: Mapping[str, Listed]
    rules: tuple[Rule, ...]
    routes: tuple[Route, ...]
    checks: Mapping[str, Effect]
    rt: RTPolicy
    links: Links
    phantom_uid_prefixes: tuple[str, ...]
    duplicates: DuplicatePolicy
    quarantine: QuarantinePlace
    conflict: ConflictPolicy
    rejected_keep: timedelta

    @property
    def hospitals(self) -> tuple[str, ...]:
        """All projects into which a study may go against which nothing stands."""
        return tuple(dict.fromkeys((self.hospital, *(route.project for route in self.routes))))

    @property
    def projects(self) -> tuple[str, ...]:
        """All projects that it speaks of: those of the hospital, then QUARANTINE."""
        return (*self.hospitals, self.quarantine_project)

    @property
    def keywords(self) -> frozenset[str]:
        """The names of all elements it asks for (core.addresses): whoever reads headers must read these too."""
        labels = (*source_keywords(self.subject_label), *source_keywords(self.session_label))
        ruled = (name for rule in self.rules for name in rule.elements)
        routed = (name for route in self.routes for name in route.elements)
        return frozenset((*self.allow, *self.deny, *labels, *ruled, *routed))
