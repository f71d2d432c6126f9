"""Takes an event to each subscription that fits it, and writes down every step.

Laws: an inactive subscription is not told, one without a status is told of every one; the whole subscription is
validated once more, so one whose wrapper has been disabled FAILS; the owner acts, or the account that caused the event
when the subscription says so; what goes wrong ends this delivery and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from xnat_gate.sandbox.events import acting, actions, kinds, payload, validation
from xnat_gate.sandbox.events.happening import Happening
from xnat_gate.sandbox.events.kinds import Kind
from xnat_gate.sandbox.events.payload import Payload
from xnat_gate.sandbox.jsonpath import PathError
from xnat_gate.sandbox.models import deliveries, subscriptions, users, workflows
from xnat_gate.sandbox.models.clock import now, printed
from xnat_gate.sandbox.models.deliveries import FAULTS, Step
from xnat_gate.sandbox.models.subscriptions import Subscription
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.models.workflows import Workflow
from xnat_gate.sandbox.world import World


def deliver(world: World, happening: Happening) -> None:
    """Tell everybody who wants to know, each by a job of its own."""
    for one in subscriptions.active(world.db):
        if _wants(one, happening):
            number = _opened(world, one, happening)
            world.container_queue.submit(_Delivery(world, one.id, happening, number).run)


def _wants(one: Subscription, happening: Happening) -> bool:
    wanted = one.filter
    if wanted.event_type != happening.kind.event_type:
        return False
    if wanted.status and wanted.status != happening.status.value:
        return False
    if happening.kind is Kind.SCHEDULED:
        return wanted.schedule == happening.schedule
    return not wanted.projects or happening.project in wanted.projects


def _opened(world: World, one: Subscription, happening: Happening) -> int:
    return deliveries.open_(
        world.db, subscription=one.id, name=one.name, event_type=happening.kind.event_type,
        login=_acting(one, happening), project=happening.project, inputs=_java_map(one.attributes),
        triggered=happening.moment,
    )  # fmt: skip


def _acting(one: Subscription, happening: Happening) -> str:
    return happening.login if one.act_as_event_user else one.owner


class _Delivery:
    """One event on its way to one subscription."""

    def __init__(self, world: World, subscription: int, happening: Happening, number: int) -> None:
        self._world = world
        self._subscription = subscription
        self._happening = happening
        self._number = number

    def run(self) -> None:
        self._note(Step.SUBSCRIPTION_TRIGGERED, "Subscription Service process started.")
        one = subscriptions.find(self._world.db, self._subscription)
        if one is None or not one.active:
            self._note(Step.SUBSCRIPTION_DISABLED_HALT, "Inactive subscription skipped.")
            return
        login = _acting(one, self._happening)
        user = users.find(self._world.db, login)
        if user is None:
            self._note(Step.FAILED, f"User with login {login} does not exist.")
            return
        about = self._serialised(user)
        if self._passes(one, about):
            self._name_trigger(about)
            self._act(one, user, about)

    def _serialised(self, user: User) -> Payload | None:
        target = self._happening.target
        about = payload.load(self._world, target, user) if target is not None else None
        if about is not None:
            self._note(Step.OBJECT_SERIALIZED, "Payload Object Serialized.")
        return about

    def _passes(self, one: Subscription, about: Payload | None) -> bool:
        """A schedule's filter is for its items, later."""
        text = one.filter.payload_filter
        if not text or self._happening.kind is Kind.SCHEDULED:
            return True
        if about is None:
            message = "Event has no object that can be serialized and filtered."
            self._note(Step.OBJECT_FILTER_MISMATCH_HALT, message)
            return False
        try:
            passed = payload.passes(text, about.model)
        except PathError as error:
            self._note(Step.OBJECT_FILTERING_FAULT, str(error))
            return False
        if passed:
            self._note(Step.OBJECT_FILTERED, "Event objected passed filter test.")
        else:
            self._note(Step.OBJECT_FILTER_MISMATCH_HALT, "Event objected failed filter test.")
        return passed

    def _name_trigger(self, about: Payload | None) -> None:
        told = kinds.EVENTS[self._happening.kind]
        trigger: dict[str, object] = {
            "event-name": told.display_name, "status": self._happening.status.value,
            "is-xsi-type": bool(told.xnat_type), "xnat-type": told.xnat_type,
        }  # fmt: skip
        if about is not None:
            trigger |= {"xsi-uri": about.uri, "object-label": about.label}
        deliveries.set_trigger(self._world.db, self._number, trigger)

    def _act(self, one: Subscription, user: User, about: Payload | None) -> None:
        reason = validation.problem(self._world.db, one)
        if reason is not None:
            self._note(Step.FAILED, f"Invalid subscription.\n{reason}")
            return
        workflow = self._workflow(one, user, about)
        self._note(Step.RESOLVING_ATTRIBUTES, "Resolving subscription event/action attributes.")
        params = filled(one.attributes, about)
        self._note(Step.ACTION_CALLED, f"Event passed to Action Provider: {actions.PROVIDER}")
        what = acting.deed(self._world, self._number, user, one, params)
        if what is not None and self._happening.kind is Kind.SCHEDULED:
            acting.on_schedule(self._world, what)
        elif what is not None:
            acting.on_object(self._world, what, self._happening, about)
        if workflow is not None:
            self._close(workflow)

    def _workflow(self, one: Subscription, user: User, about: Payload | None) -> Workflow | None:
        """The Event Service's own, named after the subscription, on the object of the event."""
        if about is None:
            return None
        values = {
            "id": about.item, "data_type": about.item_type, "ExternalID": about.project, "status": "In Progress",
            "pipeline_name": re.sub(r"[^a-zA-Z0-9_ -]", "_", one.name), "launch_time": printed(now()),
            "justification": "Event Service Action Called", "comments": one.action_key, "type": "PROCESS",
            "category": "DATA", "step_description": f"{actions.PROVIDER} action called.",
        }  # fmt: skip
        return workflows.create(self._world.db, user.login, values)

    def _close(self, workflow: Workflow) -> None:
        found = deliveries.find(self._world.db, self._number)
        last = found.last.step if found else Step.FAILED
        outcome = {"comments": last.value, "status": "Failed" if last in FAULTS else "Complete"}
        workflows.update(self._world.db, workflow, outcome)

    def _note(self, step: Step, message: str) -> None:
        deliveries.add(self._world.db, self._number, step, message)


def filled(attributes: Mapping[str, str], about: Payload | None) -> dict[str, str]:
    """The attributes with `#uri#`, `#id#`, `#label#`, `#project-id#` and the like taken from the object."""
    result = dict(attributes)
    for key, value in (about.model if about else {}).items():
        if isinstance(value, str | int):
            result = {name: text.replace(f"#{key}#", str(value)) for name, text in result.items()}
    return result


def _java_map(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"
