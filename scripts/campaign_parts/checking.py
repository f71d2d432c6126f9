"""What is asked in the end: each question with its objections, none of which means that all is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import looking
from .accounting import Account
from .field import Field

Answers = Mapping[str, Sequence[str]]


def ended(field: Field) -> Answers:
    """The services told to end, which must be the first time that they end by themselves."""
    codes = {service.name: service.stop() for service in (field.receiver, field.importer)}
    return {
        "no service ever fell by itself": [*field.receiver.fell, *field.importer.fell],
        "both end well when asked": [f"{name}: exit code {code}" for name, code in codes.items() if code],
    }


def judged(found: Account) -> Answers:
    """Of the objects."""
    return {
        "nothing acknowledged or dropped is lost": found.lost,
        "every object is as it was sent": found.altered,
        "nothing is there more often than sent, nor archived twice": found.doubled,
        "everything is where the protocol puts it": found.misplaced,
        "nothing is there that nobody sent": found.unknown,
        "no study is in two sessions": found.split,
    }


def left(field: Field, xnat: looking.Xnat) -> Answers:
    """Of what the gate has on its disk, and of what waits in XNAT."""
    journal = looking.journal_trouble(field.journal)
    status = field.verb("status", f"--state={field.state}", "--last=1")
    audit = field.verb("audit", "verify", f"--state={field.state}")
    return {
        "nothing is left in the drop folder, hidden or not": looking.left_below(field.drop),
        "the scratch folder is empty": looking.left_below(field.state / "scratch"),
        "all that is kept is whole, with its reason": looking.without_reason(field.state),
        "every waiting session was looked at": [
            f"{row['url']} is {row['status']}" for row in xnat.rows() if row["status"] not in looking.RESTING
        ],
        "the journal is whole": [journal] if journal else [],
        "the journal can be read by its verb": [status.stderr] if status.returncode > 1 else [],
        "the journal knows of nothing unfinished": field.unfinished(),
        "the audit chain is whole": [audit.stdout + audit.stderr] if audit.returncode else [],
    }
