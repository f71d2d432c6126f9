"""Into which hospital project a study belongs: the protocol's `route`, asked of its objects.

Laws: of several routes that an object meets the first one counts; an object that meets none has no say; objects of one
study that belong into different projects are for a person to decide, and are delivered into none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xnat_gate.core.answers import Answer, met
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.protocol.conditions import WHEN, is_met
from xnat_gate.core.protocol.model import Protocol, Route
from xnat_gate.core.rules import Alike, alike
from xnat_gate.core.study import Study

ID = "ROUTE"


@dataclass(frozen=True, slots=True)
class Taken:
    """A route that objects of a study take, and what decided."""

    route: Route
    answers: tuple[Answer, ...]


def taken(protocol: Protocol, study: Study) -> tuple[Taken, ...]:
    """The routes that the objects of the study take, in the order of the protocol."""
    if not protocol.routes:
        return ()
    found: dict[Route, Taken] = {}
    for one in alike(protocol.routes, study):
        route = _first(protocol, one)
        if route is not None:
            found.setdefault(route, Taken(route, met(route.when, (one.header,))))
    return tuple(found[route] for route in protocol.routes if route in found)


def hospital_of(protocol: Protocol, study: Study) -> str:
    """The one project that its objects belong into; that of no route where they name none, or several."""
    projects = {one.route.project for one in taken(protocol, study)}
    return projects.pop() if len(projects) == 1 else protocol.hospital


def findings(protocol: Protocol, study: Study) -> Iterator[Finding]:
    """`ROUTE`: the objects belong into different projects."""
    routes = taken(protocol, study)
    projects = tuple(dict.fromkeys(one.route.project for one in routes))
    if len(projects) > 1:
        why = "; ".join(f"{one.route.project}, because {_because(one)}" for one in routes)
        yield Finding(
            id=ID,
            severity=Severity.ERROR,
            effect=Effect.HOLD,
            title="All objects of a study belong into one hospital project",
            message=f"The objects of this study belong into {len(projects)} projects: {why}.",
            remedy="Find out whose study it is; send the objects of each project as a study of its own, or mend the "
            "protocol's route.",
            about=(study.uid,),
            bars_delivery=True,
        )


def _first(protocol: Protocol, one: Alike) -> Route | None:
    return next((route for route in protocol.routes if is_met(route.when, (one.header,), WHEN)), None)


def _because(one: Taken) -> str:
    return " and ".join(answer.words() for answer in one.answers)
