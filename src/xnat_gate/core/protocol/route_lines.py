"""The keys `route` and `checks` as they are written.

Laws: no route leads into QUARANTINE, and none stands where it could never be taken; an error that a check finds cannot
be made a note.
"""

from __future__ import annotations

from dataclasses import dataclass

from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol.conditions import Condition
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Choice, ProjectId, Schema
from xnat_gate.core.protocol.model import Level, Route
from xnat_gate.core.protocol.phrases import read_condition
from xnat_gate.core.protocol.possible import contradiction

MOST_ROUTES = 100
MEMBERS: dict[str, str] = {
    "project": "The ID of the XNAT project. **Required.**",
    "when": "Which objects belong there, as in a rule with `level: instance`. **Required.**",
}
"""The keys of a route, and what they are."""


@dataclass(frozen=True, slots=True)
class Routes:
    """The value of `route`: a list."""

    @property
    def values(self) -> str:
        return "a list of routes"

    def read(self, tree: Node, key: str, ledger: Ledger) -> tuple[Route, ...] | None:
        if not isinstance(tree.value, tuple) or len(tree.value) > MOST_ROUTES:
            told = f"a list of no more than {MOST_ROUTES} routes is needed"
            ledger.fault(tree, key, told, 'begin each route with "- project: ..."')
            return None
        before: dict[Condition, Node] = {}
        found = [
            _route(item, f"{key}[{number}]", ledger, before) for number, item in enumerate(tree.value, 1)
        ]
        return tuple(route for route in found if route is not None)

    def schema(self) -> Schema:
        properties: dict[str, Schema] = {
            "project": ProjectId().schema(),
            "when": {"$ref": "#/$defs/condition"},
        }
        route: Schema = {
            "type": "object",
            "additionalProperties": False,
            "required": list(MEMBERS),
            "properties": {name: {"description": MEMBERS[name], **of} for name, of in properties.items()},
        }
        return {"type": "array", "maxItems": MOST_ROUTES, "items": route}


@dataclass(frozen=True, slots=True)
class CheckEffects:
    """The value of `checks`: ids of built-in checks, each with what follows from it."""

    @property
    def values(self) -> str:
        return "ids of checks, each with `quarantine`, `hold` or `note`"

    def read(self, tree: Node, key: str, ledger: Ledger) -> dict[str, Effect] | None:
        table = ledger.table(tree, key, "write for example checks: {RT013: note}")
        if table is None:
            return None
        found: dict[str, Effect] = {}
        known = ledger.vocabulary.checks
        for name, (place, value) in ledger.pairs(table, key).items():
            path = f"{key}.{name}"
            if name not in known:
                ledger.unknown(place, path, "check", known, "see the table of checks in README.md for its id")
            else:
                effect = Choice(known[name]).read(value, path, ledger)
                if effect is not None:
                    found[name] = effect
        return found

    def schema(self) -> Schema:
        effects = [str(one) for one in (Effect.QUARANTINE, Effect.HOLD, Effect.NOTE)]
        return {"type": "object", "additionalProperties": {"enum": effects}}


def _route(tree: Node, key: str, ledger: Ledger, before: dict[Condition, Node]) -> Route | None:
    table = ledger.table(tree, key, "write project and when, each on its line")
    if table is None:
        return None
    given = ledger.pairs(table, key)
    for name, (place, _) in given.items():
        if name not in MEMBERS:
            ledger.unknown(place, f"{key}.{name}", "key", MEMBERS, f"the keys are {', '.join(MEMBERS)}")
    for name, example in (("project", "TRIAL_A"), ("when", "{InstitutionName: [St. Elsewhere]}")):
        if name not in given and f"{key}.{name}" not in ledger.suggested:
            ledger.fault(tree, f"{key}.{name}", "is missing", f"add it, such as {name}: {example}")
    if not MEMBERS.keys() <= given.keys():
        return None
    project = ProjectId().read(given["project"][1], f"{key}.project", ledger)
    place = given["when"][1]
    when = read_condition(place, f"{key}.when", ledger, Level.INSTANCE)
    if when is None:
        return None
    if why := contradiction(when, every=False):
        ledger.fault(place, f"{key}.when", why, "the route would never be taken: mend it, or take it out")
    first = before.setdefault(when, place)
    if first is not place:
        told = f"asks what the route on line {first.line} asks before it, so it is never taken"
        ledger.fault(place, f"{key}.when", told, "take one of the two out")
    return None if project is None else Route(project=project, when=when)
