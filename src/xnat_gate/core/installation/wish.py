"""What an installed gate is: projects, commands, where they are offered, and what starts them."""

from __future__ import annotations

from dataclasses import dataclass, field

from xnat_gate.core.platform import (
    Body,
    Caller,
    Enablement,
    Engine,
    Project,
    Registered,
    Subscribed,
    Versions,
)

PREFIX = "xnat-gate: "
"""How the name of every subscription of ours begins; what begins so is ours to change and to take away."""

CHECK_PREARCHIVE, CHECK_SESSION = "check-prearchive", "check-session"
"""The two commands, and their wrappers of the same name, that the Event Service starts."""

MANUAL = 0
"""The prearchive code under which sessions wait to be looked at."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What uninstalling looks for: our commands. Where they are used XNAT tells, so that no protocol is needed."""

    commands: tuple[Body, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the commands."""
        return frozenset(str(body["name"]) for body in self.commands)


@dataclass(frozen=True, slots=True)
class Broken:
    """A protocol in force that cannot be read: its text as it stands, and all its faults in one line."""

    text: str
    faults: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`commands` are complete (image and version filled in); `protocol` is put in force when there is none.

    `every`: minutes between two looks at the prearchive, a divisor of 60. `enable_events`: whether the Event Service,
    a switch of the whole site, may be switched on. `broken`: the protocol in force, when it cannot be read;
    `replace_broken`: whether ours may then take its place.
    """

    hospitals: tuple[str, ...]
    quarantine: str
    commands: tuple[Body, ...]
    protocol: str
    every: int = 5
    enable_events: bool = False
    broken: Broken | None = None
    replace_broken: bool = False

    def __post_init__(self) -> None:
        if self.every < 1 or 60 % self.every:
            raise ValueError(
                f"{self.every} minutes do not divide an hour: choose one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60"
            )

    @property
    def projects(self) -> tuple[str, ...]:
        return (*self.hospitals, self.quarantine)

    @property
    def ours(self) -> Ours:
        """What uninstalling would look for."""
        return Ours(self.commands)

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(sorted({str(body["image"]) for body in self.commands}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What XNAT shows. What the account may not ask is as if it were not there; the obstacles then say so first.

    `refused`: the Container Service refused what its managers may. `ids`: of all projects, None where the account may
    not ask. `enablement` is by wrapper number. `subscriptions` of ours are None while the Event Service is off;
    `strangers` are those of others that launch wrappers of our names.
    """

    url: str
    caller: Caller
    versions: Versions
    engine: Engine = field(default_factory=lambda: Engine(answers=True))
    refused: bool = False
    ids: frozenset[str] | None = None
    projects: tuple[Project, ...] = ()
    protocol: str | None = None
    commands: tuple[Registered, ...] = ()
    enablement: dict[int, Enablement]
    subscriptions: tuple[Subscribed, ...] | None = ()
    strangers: tuple[Subscribed, ...] = ()

    def project(self, id: str) -> Project | None:
        return next((each for each in self.projects if each.id == id), None)

    def named(self, command: str) -> tuple[Registered, ...]:
        return tuple(each for each in self.commands if each.name == command)
