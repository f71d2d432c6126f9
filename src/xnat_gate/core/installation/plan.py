"""From what is wished and what XNAT shows to the steps between them; the plan is empty when all is as wished.

Laws: order is that in which the steps can be taken; a step that needs a number XNAT has not given yet stands in the
plan all the same, and is planned again when the number is there. Uninstalling leaves projects, data and protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xnat_gate.core.installation import obstacles, registration, subscriptions, warnings
from xnat_gate.core.installation.obstacles import Remark
from xnat_gate.core.installation.steps import (
    CreateProject,
    DeleteCommand,
    Disable,
    Enable,
    MakePrivate,
    PushProtocol,
    RegisterCommand,
    Resubscribe,
    SetPrearchiveCode,
    Step,
    Subscribe,
    SwitchEventsOn,
    Unsubscribe,
    UpdateCommand,
)
from xnat_gate.core.installation.wish import MANUAL, Found, Ours, Wish
from xnat_gate.core.platform import Enablement, Registered


@dataclass(frozen=True, slots=True)
class Plan:
    """`problems`: what a person must do first; while there are any, no step is taken."""

    steps: tuple[Step, ...] = ()
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()


def plan(wish: Wish, found: Found) -> Plan:
    """What installing would do now."""
    steps = (
        *_projects(wish, found),
        *_protocol(wish, found),
        *_commands(wish, found),
        *_enabling(wish, found),
        *([SwitchEventsOn()] if found.subscriptions is None else []),
        *_subscribing(wish, found),
    )
    unfit = (*obstacles.of_the_account(found), *obstacles.of_the_site(found))
    more = (
        *obstacles.of_the_projects(wish, found),
        *obstacles.of_the_protocol(wish, found),
        *obstacles.of_the_events(wish, found),
        *obstacles.of_the_commands(wish, found),
    )
    # an account without the roles, and a site that is too old, show too little for steps to be true
    return Plan(() if unfit else steps, (*unfit, *more), tuple(warnings.of_installing(wish, found)))


def uninstall(ours: Ours, found: Found) -> Plan:
    """What taking the gate back would do now. No Docker and no protocol is needed for that."""
    commands = tuple(_registered(ours, found))
    steps = (
        *(Unsubscribe(each.id, each.subscription.name) for each in found.subscriptions or ()),
        *_disabling(commands, found),
        *(DeleteCommand(each.id, each.name) for each in commands),
    )
    unfit = (*obstacles.of_the_account(found), *obstacles.of_the_plugin(found))
    going = {number: command.name for command in commands for number in command.wrappers.values()}
    return Plan(() if unfit else steps, unfit, tuple(warnings.of_uninstalling(found, going)))


def _projects(wish: Wish, found: Found) -> Iterator[Step]:
    for id in wish.projects:
        project = found.project(id)
        if project is None:
            yield CreateProject(id)
        if project is None or project.prearchive_code != MANUAL:
            yield SetPrearchiveCode(id, MANUAL, project.prearchive_code if project else None)
        if project is not None and id == wish.quarantine and project.accessibility != "private":
            yield MakePrivate(id, project.accessibility)


def _protocol(wish: Wish, found: Found) -> Iterator[Step]:
    """One that can be read is never replaced, and one that cannot is only when a person said so."""
    if found.protocol is None:
        yield PushProtocol(wish.protocol)
    elif wish.broken is not None and wish.replace_broken and found.protocol == wish.broken.text:
        yield PushProtocol(wish.protocol, over_broken=True)


def _commands(wish: Wish, found: Found) -> Iterator[Step]:
    for body in wish.commands:
        registered = next(iter(found.named(str(body["name"]))), None)
        if registered is None:
            yield RegisterCommand(body)
        elif differing := registration.differing(body, registered.body):
            yield UpdateCommand(registered.id, body, differing)


def _enabling(wish: Wish, found: Found) -> Iterator[Step]:
    """For the site first: a wrapper works where the site and the project have it switched on."""
    wrappers = list(_wrappers(wish, found))
    for command, name, number in wrappers:
        here = found.enablement.get(number, Enablement(site=False)) if number else Enablement(site=False)
        if not here.site:
            yield Enable(number, _called(command, name), None)
        for project in wish.projects:
            if project not in here.projects:
                yield Enable(number, _called(command, name), project)


def _wrappers(wish: Wish, found: Found) -> Iterator[tuple[str, str, int | None]]:
    """Command, wrapper, and the wrapper's number where it has one."""
    for body in wish.commands:
        known: Mapping[str, int] = next((each.wrappers for each in found.named(str(body["name"]))), {})
        for wrapper in body["xnat"]:
            yield str(body["name"]), str(wrapper["name"]), known.get(str(wrapper["name"]))


def _subscribing(wish: Wish, found: Found) -> Iterator[Step]:
    """Ours that are not wished any more, and second ones of a name, go first: they would start a job twice."""
    wished = {each.name: each for each in subscriptions.wished(wish, found)}
    kept = {}
    for here in found.subscriptions or ():
        name = here.subscription.name
        if name not in wished or name in kept:
            yield Unsubscribe(here.id, name)
        else:
            kept[name] = here
    for name, subscription in wished.items():
        if name not in kept:
            yield Subscribe(subscription)
        elif differing := subscriptions.differing(subscription, kept[name]):
            yield Resubscribe(kept[name].id, subscription, differing)


def _disabling(commands: tuple[Registered, ...], found: Found) -> Iterator[Step]:
    for command in commands:
        for name, number in command.wrappers.items():
            here = found.enablement.get(number, Enablement(site=False))
            for project in sorted(here.projects):
                yield Disable(number, _called(command.name, name), project)
            if here.site:
                yield Disable(number, _called(command.name, name), None)


def _registered(ours: Ours, found: Found) -> Iterator[Registered]:
    for body in ours.commands:
        for command in found.named(str(body["name"])):
            if registration.is_ours(command, body):
                yield command


def _called(command: str, wrapper: str) -> str:
    """A wrapper for people; most are called like their command."""
    return command if wrapper == command else f"{command}/{wrapper}"
