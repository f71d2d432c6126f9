"""A second port: what a road asks of XNAT's Container Service, so that a command runs there and not here.

Laws: launched is not done: a launch only queues, and what became of it stands in its workflow; the container's own
words stand in its log. The errors are those of core.archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol as Port

ENDS = ("complete", "failed", "killed")
"""How the status of a workflow that has ended begins: Complete, Failed, Failed (Command resolution), Killed ..."""


class Stream(StrEnum):
    """Which of a container's two logs."""

    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class Workflow:
    """XNAT's record of one launch, in XNAT's own words. `comments` holds the container's id once there is one;
    `details` the reason of a failure."""

    status: str
    details: str = ""
    comments: str = ""

    @property
    def ended(self) -> bool:
        return self.status.lower().startswith(ENDS)

    @property
    def succeeded(self) -> bool:
        """The container ended with exit code 0 and what it wrote has been taken."""
        return self.status.lower().startswith("complete")


class Launching(Port):
    """The Container Service of an XNAT. Every verb may raise any ArchiveError."""

    def find_wrapper(self, command: str, project: str, context: str = "xnat:projectData") -> int | None:
        """The wrapper of the command of this name that is enabled for the site and for the project, and offered on
        pages of this XSI type; None when there is none. Several of that name: ArchiveRefused, for a person."""

    def launch(
        self, wrapper: int, project: str, root: str, value: str, inputs: Mapping[str, str] | None = None
    ) -> str:
        """Queue a launch; the id of its workflow. `root` is the name of the wrapper's external input and `value` what
        it is to hold (an ID or an archive URI). After OutcomeUnknown it may be running: the command must bear that."""

    def workflow(self, id: str) -> Workflow:
        """The workflow as it is now. Raises NotThere when XNAT knows none of this id."""

    def container_log(self, workflow: Workflow, stream: Stream = Stream.STDOUT) -> str:
        """What the container of this launch has written; empty when it wrote nothing or never came to be."""
