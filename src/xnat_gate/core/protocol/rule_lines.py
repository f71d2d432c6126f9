"""The key `rules` as it is written.

Laws: a rule is understood whole or refused; no two rules share an id, and none takes that of a built-in check; a rule
that could never find anything is a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol.conditions import Condition
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Choice, Schema, Text, described, text_of
from xnat_gate.core.protocol.model import Level, Rule
from xnat_gate.core.protocol.phrases import read_condition
from xnat_gate.core.protocol.possible import contradiction, follows

MOST_RULES = 500
EFFECTS = Choice((Effect.QUARANTINE, Effect.HOLD, Effect.NOTE))
LEVELS = Choice((Level.INSTANCE, Level.SERIES, Level.STUDY))
RESERVED = frozenset({"ALLOW", "DENY", "ROUTE", "XNAT", "DIR"})
"""Ids of findings that are no rules and no checks."""
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")

MEMBERS: dict[str, str] = {
    "id": "Names the rule in reports: letters, digits, `_` and `-`. **Required**, and used once.",
    "title": "What it is about, in a few words. **Required.**",
    "level": "Of what it asks: `instance` (each object by itself, when not written), `series`, `study`.",
    "when": "To what it applies. When not written: to everything.",
    "require": "What must hold there. When not written: nothing may meet `when`.",
    "otherwise": "What follows where it does not: `quarantine`, `hold`, `note`. **Required.**",
    "why": "The reason, for whoever meets it. It stands in the report.",
}
"""The keys of a rule, and what they are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The value of `rules`: a list."""

    @property
    def values(self) -> str:
        return "a list of rules"

    def read(self, tree: Node, key: str, ledger: Ledger) -> tuple[Rule, ...] | None:
        if not isinstance(tree.value, tuple):
            ledger.fault(
                tree, key, f"a list of rules is needed, not {tree.kind}", 'begin each rule with "- id: ..."'
            )
            return None
        if len(tree.value) > MOST_RULES:
            ledger.fault(
                tree, key, f"holds {len(tree.value)} rules, {MOST_RULES} at most", "join some of them"
            )
            return None
        seen: dict[str, Node] = {}
        found = [_rule(item, f"{key}[{number}]", ledger, seen) for number, item in enumerate(tree.value, 1)]
        return tuple(rule for rule in found if rule is not None)

    def schema(self) -> Schema:
        condition: Schema = {"$ref": "#/$defs/condition"}
        properties: dict[str, Schema] = {
            "id": {"type": "string", "pattern": f"^\\s*{_ID.pattern}\\s*$"},
            "title": {"type": "string", "pattern": r"\S"},
            "level": LEVELS.schema(),
            "when": condition,
            "require": condition,
            "otherwise": EFFECTS.schema(),
            "why": {"type": "string", "pattern": r"\S"},
        }
        rule: Schema = {
            "title": "a rule",
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "title", "otherwise"],
            "anyOf": [{"required": ["when"]}, {"required": ["require"]}],
            "properties": {name: {**described(MEMBERS[name]), **of} for name, of in properties.items()},
        }
        return {"type": "array", "maxItems": MOST_RULES, "items": rule}


def _rule(tree: Node, key: str, ledger: Ledger, seen: dict[str, Node]) -> Rule | None:
    table = ledger.table(tree, key, "write id, title, when, require and otherwise, each on its line")
    if table is None:
        return None
    before = len(ledger.faults)
    given = ledger.pairs(table, key)
    for name, (place, _) in given.items():
        if name not in MEMBERS:
            ledger.unknown(place, f"{key}.{name}", "key", MEMBERS, f"the keys are {', '.join(MEMBERS)}")
    for name, example in (("id", "SITE-001"), ("title", "what it is about"), ("otherwise", "quarantine")):
        if name not in given and f"{key}.{name}" not in ledger.suggested:
            ledger.fault(tree, f"{key}.{name}", "is missing", f"add it, such as {name}: {example}")
    rule = _read(tree, {name: value for name, (_, value) in given.items()}, key, ledger, seen)
    return rule if len(ledger.faults) == before else None


def _read(tree: Node, given: dict[str, Node], key: str, ledger: Ledger, seen: dict[str, Node]) -> Rule | None:
    id = _id(given["id"], f"{key}.id", ledger, seen) if "id" in given else None
    title = Text(200).read(given["title"], f"{key}.title", ledger) if "title" in given else None
    why = Text(500).read(given["why"], f"{key}.why", ledger) if "why" in given else ""
    level = LEVELS.read(given["level"], f"{key}.level", ledger) if "level" in given else Level.INSTANCE
    otherwise = EFFECTS.read(given["otherwise"], f"{key}.otherwise", ledger) if "otherwise" in given else None
    asked: dict[str, Condition | None] = {
        name: read_condition(given[name], f"{key}.{name}", ledger, level or Level.INSTANCE)
        for name in ("when", "require")
        if name in given
    }
    if not asked and not {f"{key}.when", f"{key}.require"} & ledger.suggested:
        told = "has neither when nor require, so it asks nothing"
        ledger.fault(tree, key, told, "write when, require, or both")
    _sense(given, asked, key, ledger, level)
    if id is None or title is None or level is None or otherwise is None or why is None:
        return None
    when, require = asked.get("when"), asked.get("require")
    return Rule(id=id, title=title, level=level, when=when, require=require, otherwise=otherwise, why=why)


def _id(tree: Node, key: str, ledger: Ledger, seen: dict[str, Node]) -> str | None:
    text = text_of(tree, key, ledger, "SITE-001")
    if text is None:
        return None
    if not _ID.fullmatch(text):
        ledger.fault(
            tree, key, f'"{text}" is no id', "write letters, digits, _ and -, a letter first, 40 at most"
        )
        return None
    if (
        text.upper() in RESERVED
        or text.upper() in ledger.vocabulary.checks
        or re.fullmatch(r"(?i)RT[0-9]{3}", text)
    ):
        ledger.fault(
            tree, key, f"{text} is the id of a built-in check", "name the rule otherwise, such as SITE-001"
        )
        return None
    first = seen.setdefault(text.casefold(), tree)
    if first is not tree:
        ledger.fault(
            tree, key, f"{text} is the id of the rule on line {first.line}, too", "give each rule its own"
        )
        return None
    return text


def _sense(
    given: dict[str, Node], asked: dict[str, Condition | None], key: str, ledger: Ledger, level: Level | None
) -> None:
    """Note what makes the rule one that never finds anything, or everything."""
    when, require = asked.get("when"), asked.get("require")
    together = level is Level.INSTANCE  # several objects may meet the parts of a condition each for itself
    if when is not None and together and (why := contradiction(when, every=False)):
        ledger.fault(given["when"], f"{key}.when", why, "the rule would never apply: mend it, or take it out")
    if require is not None and (why := contradiction(require, every=True)):
        remedy = "to forbid what meets when, leave require out"
        ledger.fault(given["require"], f"{key}.require", why, remedy)
    if (
        when is not None
        and require is not None
        and (when == require or (together and follows(when, require, every=True)))
    ):
        told = "requires what it asks for already, so it never finds anything"
        ledger.fault(given["require"], f"{key}.require", told, "to forbid what meets when, leave require out")
