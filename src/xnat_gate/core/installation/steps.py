"""The steps of an installation: each a value, with one sentence for people.

Laws: steps of one stage do not need each other's numbers; after each stage the state is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from xnat_gate.core.platform import Body, Subscription


class Stage(StrEnum):
    """What is done before the state is read again."""

    PROJECTS = "projects"
    PROTOCOL = "protocol"
    COMMANDS = "commands"
    ENABLING = "enabling"
    EVENTS = "events"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class CreateProject:
    stage: ClassVar = Stage.PROJECTS
    project: str

    @property
    def sentence(self) -> str:
        return f"create the private project {self.project}"


@dataclass(frozen=True, slots=True)
class SetPrearchiveCode:
    """`before` is None when XNAT is about to give the project its own default."""

    stage: ClassVar = Stage.PROJECTS
    project: str
    code: int
    before: int | None

    @property
    def sentence(self) -> str:
        was = "" if self.before is None else f" (now {self.before})"
        return f"set the prearchive code of {self.project} to {self.code}{was}: sessions wait to be looked at"


@dataclass(frozen=True, slots=True)
class MakePrivate:
    stage: ClassVar = Stage.PROJECTS
    project: str
    before: str

    @property
    def sentence(self) -> str:
        return f"make {self.project} private (now {self.before})"


@dataclass(frozen=True, slots=True)
class PushProtocol:
    """`over_broken`: there is one in force, and it cannot be read."""

    stage: ClassVar = Stage.PROTOCOL
    text: str
    over_broken: bool = False

    @property
    def sentence(self) -> str:
        place = " in place of the broken one" if self.over_broken else ""
        return f"put the protocol in force{place} (config service, tool xnat-gate, path protocol.yaml)"


@dataclass(frozen=True, slots=True)
class RegisterCommand:
    stage: ClassVar = Stage.COMMANDS
    body: Body

    @property
    def sentence(self) -> str:
        return f"register the command {self.body['name']} of image {self.body['image']}"


@dataclass(frozen=True, slots=True)
class UpdateCommand:
    """`differing`: the keys that are not as wished."""

    stage: ClassVar = Stage.COMMANDS
    id: int
    body: Body
    differing: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return (
            f"update the command {self.body['name']} (number {self.id}) in place: {', '.join(self.differing)}"
        )


@dataclass(frozen=True, slots=True)
class DeleteCommand:
    stage: ClassVar = Stage.COMMANDS
    id: int
    name: str

    @property
    def sentence(self) -> str:
        return f"delete the command {self.name} (number {self.id})"


@dataclass(frozen=True, slots=True)
class Enable:
    """`wrapper` is None while the command is not registered, `project` None for the site."""

    stage: ClassVar = Stage.ENABLING
    wrapper: int | None
    name: str
    project: str | None

    @property
    def sentence(self) -> str:
        return f"enable {self.name} for {self.project or 'the site'}"


@dataclass(frozen=True, slots=True)
class Disable:
    """As Enable."""

    stage: ClassVar = Stage.ENABLING
    wrapper: int
    name: str
    project: str | None

    @property
    def sentence(self) -> str:
        return f"disable {self.name} for {self.project or 'the site'}"


@dataclass(frozen=True, slots=True)
class SwitchEventsOn:
    stage: ClassVar = Stage.EVENTS

    @property
    def sentence(self) -> str:
        return "switch the Event Service on, for the whole site"


@dataclass(frozen=True, slots=True)
class Subscribe:
    stage: ClassVar = Stage.SUBSCRIPTIONS
    subscription: Subscription

    @property
    def sentence(self) -> str:
        return f"subscribe {self.subscription.name!r}{_when(self.subscription)}"


@dataclass(frozen=True, slots=True)
class Resubscribe:
    """`differing`: what is not as wished, as XNAT names it."""

    stage: ClassVar = Stage.SUBSCRIPTIONS
    id: int
    subscription: Subscription
    differing: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"mend the subscription {self.subscription.name!r} (number {self.id}): {', '.join(self.differing)}"


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    stage: ClassVar = Stage.SUBSCRIPTIONS
    id: int
    name: str

    @property
    def sentence(self) -> str:
        return f"take away the subscription {self.name!r} (number {self.id})"


SiteStep = CreateProject | SetPrearchiveCode | MakePrivate | PushProtocol | SwitchEventsOn
CommandStep = RegisterCommand | UpdateCommand | DeleteCommand | Enable | Disable
SubscriptionStep = Subscribe | Resubscribe | Unsubscribe
Step = SiteStep | CommandStep | SubscriptionStep


def _when(subscription: Subscription) -> str:
    where = " and ".join(sorted(subscription.projects))
    when = (
        f"cron {subscription.schedule}"
        if subscription.schedule
        else f"{subscription.event} {subscription.status}"
    )
    return f": {when} in {where}"
