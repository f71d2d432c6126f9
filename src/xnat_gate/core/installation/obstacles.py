"""What a person must do first, each with its remedy.

Laws: all of them are told together; nothing is installed while one obstacle stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xnat_gate.core.installation.registration import is_ours
from xnat_gate.core.installation.wish import Broken, Found, Wish
from xnat_gate.core.platform import CONTAINER_MANAGER
from xnat_gate.core.standing import SITE_ADMINISTRATOR

OLDEST_XNAT = (1, 8)
OLDEST_CONTAINER_SERVICE = (3, 2)
"""3.2 brought scheduled events."""
ROLE_SINCE = (3, 7)
"""The Container Service that brought the role Container Manager; before it, its managers were the administrators."""


@dataclass(frozen=True, slots=True)
class Remark:
    """`what` is the case, and the `remedy`: the call or the menu that mends it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


def of_the_account(found: Found) -> Iterator[Remark]:
    """The two rights; without them most of what follows cannot even be read."""
    login = found.caller.login
    if SITE_ADMINISTRATOR not in found.caller.roles:
        yield Remark(
            f"{login} is not a site administrator",
            "install with the account of one; the Event Service and the roles are theirs alone",
        )
    if not manages(found):
        yield Remark(
            f"{login} does not have the role Container Manager, which being a site administrator does not imply",
            f"a site administrator gives it on the page Administer > Users, or by "
            f"PUT {found.url}/xapi/users/{login}/roles/{CONTAINER_MANAGER}; then repeat this call",
        )


def manages(found: Found) -> bool:
    """By the role where there is one; where the version does not say whether there is, by what XNAT refused."""
    if CONTAINER_MANAGER in found.caller.roles:
        return True
    if only_xnat_knows(found):
        return not found.refused
    plugin = found.versions.container_service
    return plugin is not None and _older(plugin, ROLE_SINCE)


def only_xnat_knows(found: Found) -> bool:
    """Whether the account manages containers: it lacks the role, and no version says whether there is one."""
    plugin = found.versions.container_service
    return CONTAINER_MANAGER not in found.caller.roles and plugin is not None and _numbers(plugin) is None


def of_the_plugin(found: Found) -> Iterator[Remark]:
    """All that uninstalling needs of the site."""
    if found.versions.container_service is None:
        yield Remark(
            "XNAT's Container Service is not there",
            "put the plugin (3.2 or later) into XNAT's plugins folder and restart XNAT",
        )


def of_the_site(found: Found) -> Iterator[Remark]:
    """Versions, and whether containers can run at all."""
    if _older(found.versions.xnat, OLDEST_XNAT):
        yield Remark(f"this is XNAT {found.versions.xnat}", "upgrade it to 1.8 or later")
    yield from of_the_plugin(found)
    plugin = found.versions.container_service
    if plugin is None:
        return
    if _older(plugin, OLDEST_CONTAINER_SERVICE):
        yield Remark(f"this is Container Service {plugin}", "upgrade the plugin to 3.2 or later")
    elif found.versions.needs:
        yield Remark(
            f"the Container Service does not fit XNAT {found.versions.xnat}: it needs {found.versions.needs}",
            "upgrade XNAT, or take the plugin that was made for this version",
        )
    elif not found.engine.answers:
        yield Remark(
            "the Container Service reaches no Docker server",
            "start it, or set one up on the page Administer > Plugin Settings > Container Server Setup",
        )


def of_the_projects(wish: Wish, found: Found) -> Iterator[Remark]:
    """XNAT takes no second project whose ID differs in case alone, and subscriptions know a project by its ID alone."""
    remedy = f"write the ID into the protocol letter by letter as XNAT has it, and {put_in_force(found.url)}"
    for id in wish.projects:
        if found.ids is None or id in found.ids:
            continue
        alike = sorted(other for other in found.ids if other.casefold() == id.casefold())
        if alike:
            yield Remark(f"the protocol names the project {id}, and XNAT calls it {alike[0]}", remedy)
        elif found.project(id) is not None:
            yield Remark(f"{id} is another name of a project of this XNAT, and not its ID", remedy)


def of_the_protocol(wish: Wish, found: Found) -> Iterator[Remark]:
    """What cannot be read judges nothing; whether it may go is for a person to say."""
    if wish.broken is not None and found.protocol == wish.broken.text and not wish.replace_broken:
        yield broken_protocol(wish.broken, found.url)


def broken_protocol(broken: Broken, url: str) -> Remark:
    """With the two ways out of it."""
    return Remark(
        f"the protocol in force in XNAT is broken ({broken.faults}), so that no job judges anything; it is not "
        "replaced unasked",
        f"mend it and {put_in_force(url)}; or repeat this call with --protocol FILE --replace-broken-protocol, which "
        "puts FILE in its place",
    )


def put_in_force(url: str) -> str:
    """The call, in words."""
    return f"put the file in force: PUT {url}/data/config/xnat-gate/protocol.yaml?inbody=true with it as the body"


def of_the_events(wish: Wish, found: Found) -> Iterator[Remark]:
    if found.subscriptions is None and not wish.enable_events:
        yield Remark(
            "XNAT's Event Service is switched off, so nothing would ever start by itself",
            "it is a switch of the whole site, so it is yours to throw: repeat this call with --enable-events, or "
            f'PUT {found.url}/xapi/events/prefs with the body {{"enabled": true}}',
        )


def of_the_commands(wish: Wish, found: Found) -> Iterator[Remark]:
    """A name that somebody else uses, or that we hold twice: which one is meant is not for us to guess."""
    for body in wish.commands:
        same = found.named(str(body["name"]))
        if len(same) > 1:
            each = ", ".join(f"number {one.id} of image {one.image}" for one in same)
            yield Remark(
                f"{len(same)} commands are called {body['name']} ({each})",
                f"keep the one whose settings you want; take away the others: DELETE {found.url}/xapi/commands/NUMBER",
            )
        elif same and not is_ours(same[0], body):
            yield Remark(
                f"another command is called {body['name']} (number {same[0].id} of image {same[0].image})",
                f"take it away (DELETE {found.url}/xapi/commands/{same[0].id}) or give it another name",
            )


def _older(version: str, oldest: tuple[int, int]) -> bool:
    """A version without numbers is taken at its word."""
    numbers = _numbers(version)
    return numbers is not None and numbers < oldest


def _numbers(version: str) -> tuple[int, int] | None:
    found = re.match(r"\D*(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None
