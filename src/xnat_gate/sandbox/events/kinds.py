"""The events that XNAT's Event Service knows, and what may be said of each.

Laws: all of them may be subscribed to, as in XNAT; those of image assessors and project assets never come, for the
sandbox keeps neither; a change of a workflow's status is switched off in XNAT itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PACKAGE = "org.nrg.xnat.eventservice.events."


class Status(StrEnum):
    """What happened. A subscription may name any word; one that is not here never comes."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    MERGED = "MERGED"
    DELETED = "DELETED"
    CRON = "CRON"


class Kind(StrEnum):
    """The class of an event, without its package."""

    PROJECT = "ProjectEvent"
    SUBJECT = "SubjectEvent"
    SESSION = "SessionEvent"
    SUBJECT_ASSESSOR = "SubjectAssessorEvent"
    SCAN = "ScanEvent"
    IMAGE_ASSESSOR = "ImageAssessorEvent"
    RESOURCE = "ResourceEvent"
    PROJECT_ASSET = "ProjectAssetEvent"
    SCHEDULED = "ScheduledEvent"

    @property
    def event_type(self) -> str:
        """The id that subscriptions name."""
        return f"{PACKAGE}{self.value}"


@dataclass(frozen=True, slots=True)
class About:
    """`xnat_type` is the type of the object, '' when there is none; `in_projects`: an owner may subscribe to it."""

    display_name: str
    description: str
    xnat_type: str
    statuses: tuple[Status, ...]
    in_projects: bool = True


_MADE, _GONE = Status.CREATED, Status.DELETED
EVENTS = {
    Kind.PROJECT: About(
        "Project", "Project created or deleted.", "xnat:projectData", (_MADE, _GONE), in_projects=False
    ),
    Kind.SUBJECT: About("Subject", "Subject created or deleted.", "xnat:subjectData", (_MADE, _GONE)),
    Kind.SESSION: About(
        "Session", "Session created, merged or deleted.", "xnat:imageSessionData", (_MADE, Status.MERGED, _GONE)
    ),
    Kind.SUBJECT_ASSESSOR: About(
        "Subject Assessor", "Subject assessor created or deleted.", "xnat:subjectAssessorData", (_MADE, _GONE)
    ),
    Kind.SCAN: About("Scan", "Scan created.", "xnat:imageScanData", (_MADE,)),
    Kind.IMAGE_ASSESSOR: About(
        "Image Assessor", "Image assessor created or updated.", "xnat:imageAssessorData", (_MADE, Status.UPDATED)
    ),
    Kind.RESOURCE: About(
        "Resource", "Resource created or updated.", "xnat:resourceCatalog", (_MADE, Status.UPDATED)
    ),
    Kind.PROJECT_ASSET: About("Project Asset", "Project asset saved.", "xnat:abstractProjectAsset", (_MADE,)),
    Kind.SCHEDULED: About("Scheduled", "A time has come.", "", (Status.CRON,), in_projects=False),
}  # fmt: skip


def known(event_type: str) -> Kind | None:
    """The event of this id."""
    name = event_type.removeprefix(PACKAGE)
    return Kind(name) if event_type.startswith(PACKAGE) and name in set(Kind) else None
