"""A third port: what the installer asks of an XNAT as a platform, its projects, Container Service and Event Service.

Laws: every answer is a value of this module; the errors are those of core.archive; what was asked for is not done
until a later reading shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from typing import Protocol as Port

from xnat_gate.core.archive import PrearchiveRow

CONTAINER_MANAGER = "ContainerManager"
"""XNAT's name of the role that being a site administrator does not imply."""

Body = Mapping[str, Any]
"""A Container Service command as JSON: the file's text, or what XNAT shows."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The account that asks, and its site roles."""

    login: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Versions:
    """As XNAT writes them. `container_service` is None when the plugin is not there, empty when it does not tell;
    `needs`: the XNAT that the plugin asks for, when this one does not fit it."""

    xnat: str
    container_service: str | None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """What the Container Service runs containers on. `images` are tags, None where it cannot list any (only plain
    Docker can)."""

    answers: bool
    images: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """`accessibility`: private, protected or public. `guests`: logins of its members and collaborators.
    `rows`: what waits in its prearchive."""

    id: str
    accessibility: str
    prearchive_code: int
    guests: tuple[str, ...] = ()
    rows: tuple[PrearchiveRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """A command of the Container Service, under its number."""

    id: int
    body: Body

    @property
    def name(self) -> str:
        return str(self.body.get("name", ""))

    @property
    def image(self) -> str:
        return str(self.body.get("image", ""))

    @property
    def wrappers(self) -> dict[str, int]:
        """Name to number of what the command is offered as."""
        return {str(each["name"]): int(each["id"]) for each in self.body.get("xnat") or ()}


@dataclass(frozen=True, slots=True)
class Enablement:
    """Where a wrapper may be used: the site's switch, and the projects' of those that were asked about."""

    site: bool
    projects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What the Event Service is to launch, and when. `event` is the class name without its package.

    `wrapper` is None while the command is not registered, and for actions that launch no container. `schedule` is a
    cron text of six fields (ScheduledEvent alone).
    """

    name: str
    event: str
    status: str
    wrapper: int | None
    projects: frozenset[str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    schedule: str = ""
    payload_filter: str = ""
    as_event_user: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription as XNAT holds it. `complaint` is why XNAT calls it invalid; empty when it does not."""

    id: int
    subscription: Subscription
    complaint: str = ""


class Platform(Port):
    """Every verb may raise any ArchiveError."""

    def caller(self) -> Caller:
        """Who asks, and with which roles."""

    def versions(self) -> Versions:
        """Of XNAT and of its Container Service."""

    def engine(self) -> Engine:
        """Whether the Container Service's Docker server answers, and which images it has."""

    def project_ids(self) -> frozenset[str]:
        """The IDs, letter by letter, of all projects that the account may see."""

    def project(self, id: str) -> Project | None:
        """The project of this ID or other name, and what waits for it; None when there is none to be seen."""

    def create_project(self, id: str) -> None:
        """Make a private project."""

    def set_prearchive_code(self, project: str, code: int) -> None:
        """0: sessions wait in the prearchive; 4 and 5: XNAT archives them by itself."""

    def set_accessibility(self, project: str, level: str) -> None:
        """private, protected or public."""

    def protocol_text(self) -> str | None:
        """The protocol in force; None when there is none."""

    def push_protocol(self, text: str) -> None:
        """Put a protocol in force."""

    def may_manage(self) -> bool:
        """Whether the Container Service lets the account do what its managers may, whatever its roles are called."""

    def commands(self, names: frozenset[str]) -> tuple[Registered, ...]:
        """The registered commands of these names, in the order of their numbers."""

    def add_command(self, body: Body) -> None:
        """Register a command."""

    def update_command(self, id: int, body: Body) -> None:
        """Replace a registered command; wrappers and inputs of the same name keep their numbers."""

    def delete_command(self, id: int) -> None:
        """Take a command and its wrappers away."""

    def enablement(self, wrapper: int, projects: tuple[str, ...]) -> Enablement:
        """Where this wrapper is switched on, of the site and these projects."""

    def projects_of(self, wrapper: int) -> tuple[str, ...]:
        """The projects that have this wrapper switched on; none where the Container Service does not tell."""

    def enable(self, wrapper: int, project: str | None, *, on: bool) -> None:
        """Switch a wrapper on or off, for a project or (None) for the site."""

    def subscriptions(
        self, prefix: str, wrappers: frozenset[int] = frozenset()
    ) -> tuple[Subscribed, ...] | None:
        """The subscriptions whose name begins so or that launch one of these wrappers, in the order of their numbers;
        None while the Event Service is switched off, when they cannot be seen."""

    def switch_events_on(self) -> None:
        """Switch the Event Service on, for the whole site."""

    def subscribe(self, subscription: Subscription) -> None:
        """Make a subscription. That it was taken does not prove that it is active."""

    def resubscribe(self, id: int, subscription: Subscription) -> None:
        """Replace a subscription whole."""

    def unsubscribe(self, id: int) -> None:
        """Take a subscription away; one that has gone already is no trouble."""
