"""The keys `route` and `checks` as they are written.

Laws: no route leads into QUARANTINE, and none stands where it could never be taken; an error that a check finds cannot
be made a note.
"""

from __future__ import annotations

from dataclasses import dataclass

from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol.conditions import Condition
from xnat_gate.core.protocol.document import Node, Table
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Choice, ProjectId, Schema, described
from xnat_gate.core.protocol.model import Level, Route
from xnat_gate.core.protocol.phrases import read_condition
from xnat_gate.core.protocol.possible import contradiction, follows

MOST_ROUTES = 100
SETTABLE = Choice((Effect.QUARANTINE, Effect.HOLD, Effect.NOTE))
"""What may follow from a check, as far as the check allows."""
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
        before: list[tuple[Condition, Node]] = []
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
            "title": "a route",
            "type": "object",
            "additionalProperties": False,
            "required": list(MEMBERS),
            "properties": {name: {**described(MEMBERS[name]), **of} for name, of in properties.items()},
        }
        return {"type": "array", "maxItems": MOST_ROUTES, "items": route}


@dataclass(frozen=True, slots=True)
class CheckEffects:
    """The value of `checks`: ids of built-in checks, each with what follows from it."""

    @property
    def values(self) -> str:
        return "ids of checks, each with `quarantine`, `hold` or `note`"

    def read(self, tree: Node, key: str, ledger: Ledger) -> dict[str, Effect] | None:
        table = ledger.table(tree, key, "write for example checks: {RT022: hold}")
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
        return {"type": "object", "additionalProperties": SETTABLE.schema()}


def _route(tree: Node, key: str, ledger: Ledger, before: list[tuple[Condition, Node]]) -> Route | None:
    table = ledger.table(tree, key, "write project and when, each on its line")
    if table is None:
        return None
    given = ledger.pairs(table, key)
    for name, (written, _) in given.items():
        if name not in MEMBERS:
            ledger.unknown(written, f"{key}.{name}", "key", MEMBERS, f"the keys are {', '.join(MEMBERS)}")
    for name, example in (("project", "TRIAL_A"), ("when", "{InstitutionName: [St. Elsewhere]}")):
        if name not in given and f"{key}.{name}" not in ledger.suggested:
            ledger.fault(tree, f"{key}.{name}", "is missing", f"add it, such as {name}: {example}")
    project = _value(given, "project")
    found = None if project is None else ProjectId().read(project, f"{key}.project", ledger)
    place = _value(given, "when")
    when = None if place is None else read_condition(place, f"{key}.when", ledger, Level.INSTANCE)
    if place is None or when is None:
        return None
    if why := contradiction(when, every=False):
        ledger.fault(place, f"{key}.when", why, "the route would never be taken: mend it, or take it out")
    first = next((line for above, line in before if above == when or follows(when, above, every=False)), None)
    if first is not None:
        told = f"asks for nothing that the route on line {first.line} does not take before it, so it is never taken"
        ledger.fault(place, f"{key}.when", told, "take one of the two out, or turn them around")
    before.append((when, place))
    return None if found is None else Route(project=found, when=when)


def _value(given: dict[str, tuple[Node, Node]], name: str) -> Node | None:
    return given[name][1] if name in given else None


def check_projects(tree: Node, hospital: str, quarantine: str, ledger: Ledger) -> None:
    """Note the projects of routes that are no hospital projects of their own."""
    spelled = {hospital.casefold(): hospital} if hospital else {}
    for number, item in enumerate(tree.value if isinstance(tree.value, tuple) else (), 1):
        for name, value in item.value.entries if isinstance(item.value, Table) else ():
            project = value.written.strip()
            if name.value != "project" or not project:
                continue
            key, first = f"route[{number}].project", spelled.setdefault(project.casefold(), project)
            if project.casefold() == quarantine.casefold():
                remedy = (
                    "name a hospital project; what is to go there needs a rule with otherwise: quarantine"
                )
                ledger.fault(value, key, "is the quarantine project", remedy)
            elif project != first:
                remedy = f"XNAT has no two such projects: write {first}, letter by letter as XNAT has it"
                ledger.fault(value, key, f"differs from {first} in case alone", remedy)
