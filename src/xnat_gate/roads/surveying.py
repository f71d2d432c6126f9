"""What an XNAT shows of the gate: read before every plan, as far as the account may ask.

Laws: nothing is changed; a site that is not fit is asked no further; uninstalling asks for no Docker and no protocol:
where our commands are used the Container Service and the Event Service tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xnat_gate.core.installation import PREFIX, Found, Ours, Wish
from xnat_gate.core.installation.obstacles import manages, of_the_plugin, of_the_site, only_xnat_knows
from xnat_gate.core.platform import Platform
from xnat_gate.core.standing import SITE_ADMINISTRATOR


def look(wish: Wish | Ours, platform: Platform, url: str) -> Found:
    """What XNAT shows of all that is looked for, as far as the account may ask for it and the site knows of it."""
    ours, wished = (wish.ours, wish) if isinstance(wish, Wish) else (wish, None)
    found = Found(
        url=url, caller=platform.caller(), versions=platform.versions(), enablement={}, subscriptions=()
    )
    if any(of_the_site(found) if wished else of_the_plugin(found)):
        return found
    found = replace(
        found,
        refused=only_xnat_knows(found) and not platform.may_manage(),
        commands=platform.commands(ours.names),
    )
    if wished:
        found = replace(found, engine=platform.engine())
    if SITE_ADMINISTRATOR not in found.caller.roles:
        return found
    found = _subscribed(found, platform)
    if wished:
        found = replace(found, ids=platform.project_ids(), protocol=platform.protocol_text())
    numbers = _wrappers(found) if manages(found) else ()
    asked = {number: wished.projects if wished else platform.projects_of(number) for number in numbers}
    return _in_projects(found, wished.projects if wished else _used(found, asked), asked, platform)


def _subscribed(found: Found, platform: Platform) -> Found:
    """With our subscriptions, and with those of others that launch what bears our names."""
    here = platform.subscriptions(PREFIX, frozenset(_wrappers(found)))
    if here is None:
        return replace(found, subscriptions=None)
    ours = tuple(each for each in here if each.subscription.name.startswith(PREFIX))
    return replace(found, subscriptions=ours, strangers=tuple(each for each in here if each not in ours))


def _used(found: Found, enabled: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Where our commands are at work, as far as XNAT tells."""
    subscribed = {project for each in found.subscriptions or () for project in each.subscription.projects}
    return tuple(sorted(subscribed.union(*enabled.values())))


def _in_projects(
    found: Found, ids: tuple[str, ...], asked: Mapping[int, tuple[str, ...]], platform: Platform
) -> Found:
    """With those projects that there are, and with the wrappers (by number) in the projects `asked` about."""
    projects = tuple(project for id in ids if (project := platform.project(id)) is not None)
    names = {project.id for project in projects}
    return replace(
        found,
        projects=projects,
        enablement={
            number: platform.enablement(number, tuple(id for id in each if id in names))
            for number, each in asked.items()
        },
    )


def _wrappers(found: Found) -> tuple[int, ...]:
    return tuple(number for command in found.commands for number in command.wrappers.values())
