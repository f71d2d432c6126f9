"""What a subscription can have done: the wrappers of the Container Service, by their action keys.

Laws: a wrapper may be used where it is enabled: for the site, and in every project that the subscription names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xnat_gate.sandbox.models import commands, enablement
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.database import Database

PROVIDER = "org.nrg.containers.services.CommandActionProvider"
UNPLAYED = ("EventServiceEmailAction", "EventServiceLoggingAction")
"""Stock providers that the sandbox has not."""


def key_of(wrapper: int) -> str:
    return f"{PROVIDER}:{wrapper}"


def provider_of(key: str) -> str:
    return key.partition(":")[0].strip()


def wrapper_of(key: str) -> int | None:
    """The wrapper id in an action key; None when it names none."""
    provider, _, number = key.partition(":")
    return int(number) if provider == PROVIDER and number.isdecimal() else None


def available(db: Database, key: str, projects: Sequence[str]) -> bool:
    """Whether a subscription to these projects, or to the site when there are none, may use it."""
    wrapper = wrapper_of(key)
    if wrapper is None or commands.of_wrapper(db, wrapper) is None:
        return False
    if not projects:
        return enablement.site(db, wrapper)
    return all(enablement.effective(db, wrapper, project) for project in projects)


def everything(db: Database) -> Iterator[Shape]:
    """All wrappers, enabled or not."""
    for registered in commands.all(db):
        yield from registered.command["xnat"]


def action(wrapper: Shape) -> Shape:
    """One action as XNAT shows it; a wrapper without a description has none here either."""
    told = {
        "id": str(wrapper["id"]), "action-key": key_of(wrapper["id"]), "display-name": wrapper["name"],
        "description": wrapper.get("description"),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}
