"""The road of an installation: read what XNAT shows, plan, take the steps of one stage, read again.

Laws: nothing is done while a problem stands; what was done is believed when a later reading shows it, so that a broken
off installation is repeated and goes on where it was; a stage that leaves XNAT as it was is not tried again; it is done
when the last reading leaves no step and no problem.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, assert_never

from xnat_gate.core.archive import ArchiveRefused
from xnat_gate.core.installation import (
    CommandStep,
    CreateProject,
    DeleteCommand,
    Disable,
    Enable,
    Found,
    MakePrivate,
    Ours,
    Plan,
    PushProtocol,
    RegisterCommand,
    Remark,
    Resubscribe,
    SetPrearchiveCode,
    SiteStep,
    Step,
    Subscribe,
    SubscriptionStep,
    SwitchEventsOn,
    Unsubscribe,
    UpdateCommand,
    Wish,
)
from xnat_gate.core.platform import Platform
from xnat_gate.roads.surveying import look

W = TypeVar("W", Wish, Ours)
"""What is looked for: all that is wished by `core.installation.plan`, what is ours by `uninstall`."""


class NotTaken(ArchiveRefused):
    """XNAT answered that it did something, and afterwards shows that it did not: a person looks into it."""


class HalfDone(ArchiveRefused):
    """Something came up between two stages that a person must do first; `str()` tells what is done and what is not."""

    def __init__(self, taken: int, left: tuple[Step, ...], problems: tuple[Remark, ...]) -> None:
        done = f"{taken} steps are done and stay" if taken else "nothing was changed"
        super().__init__(
            "\n".join([
                f"{done}; before it can go on, a person must do this:",
                *(f"  - {problem}" for problem in problems),
                *(["not done:"] if left else []),
                *(f"  - {step.sentence}" for step in left),
                "then repeat this call: it goes on where it was",
            ])
        )  # fmt: skip


def carry_out(
    wish: W, platform: Platform, url: str, planner: Callable[[W, Found], Plan], tell: Callable[[str], None]
) -> int:
    """Take all steps of the plan; how many that were. `tell` hears each before it is taken.

    Raises HalfDone, NotTaken, or whatever kept XNAT from doing a step: what was done until then stays, and the next
    call goes on.
    """
    taken = 0
    left: tuple[Step, ...] = ()
    seen: list[tuple[Step, ...]] = []
    while True:
        todo = planner(wish, look(wish, platform, url))
        if todo.problems:
            raise HalfDone(taken, left, todo.problems)
        if not todo.steps:
            return taken
        stage = tuple(step for step in todo.steps if step.stage is todo.steps[0].stage)
        if stage in seen:
            raise NotTaken(f"XNAT took this and does not show it: {stage[0].sentence}")
        for step in stage:
            tell(step.sentence)
            take(step, platform)
        taken += len(stage)
        left = tuple(step for step in todo.steps if step not in stage)
        seen.append(stage)


def take(step: Step, platform: Platform) -> None:
    """Ask XNAT for one step."""
    if isinstance(step, SiteStep):
        _on_the_site(step, platform)
    elif isinstance(step, CommandStep):
        _on_a_command(step, platform)
    else:
        _on_a_subscription(step, platform)


def _on_the_site(step: SiteStep, platform: Platform) -> None:
    match step:
        case CreateProject():
            platform.create_project(step.project)
        case SetPrearchiveCode():
            platform.set_prearchive_code(step.project, step.code)
        case MakePrivate():
            platform.set_accessibility(step.project, "private")
        case PushProtocol():
            platform.push_protocol(step.text)
        case SwitchEventsOn():
            platform.switch_events_on()
        case _:
            assert_never(step)


def _on_a_command(step: CommandStep, platform: Platform) -> None:
    match step:
        case RegisterCommand():
            platform.add_command(step.body)
        case UpdateCommand():
            platform.update_command(step.id, step.body)
        case DeleteCommand():
            platform.delete_command(step.id)
        case Enable():
            platform.enable(_number(step), step.project, on=True)
        case Disable():
            platform.enable(step.wrapper, step.project, on=False)
        case _:
            assert_never(step)


def _on_a_subscription(step: SubscriptionStep, platform: Platform) -> None:
    match step:
        case Subscribe():
            platform.subscribe(step.subscription)
        case Resubscribe():
            platform.resubscribe(step.id, step.subscription)
        case Unsubscribe():
            platform.unsubscribe(step.id)
        case _:
            assert_never(step)


def _number(step: Enable) -> int:
    if step.wrapper is None:
        raise NotTaken(f"XNAT registered the command, and shows no wrapper for it: {step.sentence}")
    return step.wrapper
