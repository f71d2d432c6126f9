"""What a person should know and what does not stand in the way, each with what can be done about it.

Law: nothing here keeps a step from being taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xnat_gate.core.installation.obstacles import Remark, put_in_force
from xnat_gate.core.installation.wish import MANUAL, Found, Wish
from xnat_gate.core.platform import Project


def of_installing(wish: Wish, found: Found) -> Iterator[Remark]:
    """What does not stand in the way of installing."""
    for image in wish.images:
        if found.engine.images is not None and image not in found.engine.images:
            yield Remark(
                f"the Docker server has no image {image}, and every job would fail until it has",
                "build it there (python scripts/build_images.py), load it there, or name one that it has with --image",
            )
    unreadable = wish.broken is not None and found.protocol == wish.broken.text
    if found.protocol is not None and not unreadable and not _same_lines(found.protocol, wish.protocol):
        yield Remark(
            "XNAT has another protocol in force than the one that was named, and keeps it",
            f"if it is to be that one, {put_in_force(found.url)}",
        )
    for project in found.projects:
        yield from _of_project(project, secluded=project.id == wish.quarantine)


def of_uninstalling(found: Found, going: Mapping[int, str]) -> Iterator[Remark]:
    """What uninstalling does not take back. `going`: the wrappers that it takes, by number."""
    for each in found.strangers:
        name = going.get(each.subscription.wrapper or 0)
        if name is not None:
            yield Remark(
                f"the subscription {each.subscription.name!r} (number {each.id}) is not ours, and starts {name}, which "
                "goes: it will fail from then on",
                f"delete it (DELETE {found.url}/xapi/events/subscription/{each.id}) or let it start something else",
            )
    if found.subscriptions is None:
        yield Remark(
            "the Event Service is switched off, so its subscriptions cannot be seen",
            "when it is switched on again, repeat this call or delete those that are named xnat-gate",
        )
    waiting = [project.id for project in found.projects if project.prearchive_code == MANUAL]
    if waiting:
        yield Remark(
            "projects, data, protocol and the Event Service stay as they are; sessions go on waiting in the prearchive "
            f"of {' and '.join(waiting)}",
            f"where XNAT is to archive by itself: PUT {found.url}/data/projects/PROJECT/prearchive_code/4",
        )


def _of_project(project: Project, *, secluded: bool) -> Iterator[Remark]:
    frozen = [row for row in project.rows if row.frozen_auto_archive]
    if frozen:
        names = ", ".join(row.uri for row in frozen)
        yield Remark(
            f"{len(frozen)} waiting in the prearchive of {project.id} came while it archived by itself, and XNAT will "
            f"archive them unasked when they are built next ({names})",
            f"look at them now: xnat-gate prearchive {project.id}",
        )
    if project.prearchive_code == MANUAL and project.accessibility == "public" and not secluded:
        yield Remark(f"{project.id} is public", "make it private if its patients did not agree to that")
    if secluded and project.guests:
        yield Remark(
            f"{', '.join(project.guests)} can see {project.id}",
            "QUARANTINE is for administrators: take them out on the project's Access page",
        )


def _same_lines(one: str, other: str) -> bool:
    """How lines end, and whether the last one does, may get lost on the way."""
    return one.rstrip().splitlines() == other.rstrip().splitlines()
