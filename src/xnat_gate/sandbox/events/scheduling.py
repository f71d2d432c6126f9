"""The clock behind ScheduledEvent: one thread that sleeps until the next schedule is due.

Laws: one event per schedule text, however many subscriptions have it; times are the server's, UTC; a time that has
passed while nothing ran is not made up for.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from xnat_gate.sandbox.events import cron, firing, validation
from xnat_gate.sandbox.events.happening import Happening
from xnat_gate.sandbox.events.kinds import Kind, Status
from xnat_gate.sandbox.models import preferences, subscriptions, users
from xnat_gate.sandbox.models.clock import now
from xnat_gate.sandbox.world import World

GRACE = timedelta(minutes=1)
"""How late a busy machine may be; what is later is missed."""
LONGEST = 3600.0
"""Seconds to sleep at most: a machine that was asleep itself finds its way back."""


def run_due(world: World, moment: datetime) -> int:
    """Fire what is due at this very second; how many schedules that were."""
    due = [text for text in _texts(world) if cron.read(text).fits(moment)]
    for text in due:
        login = users.robot(world.db).login
        firing.fire(
            world,
            Happening(
                kind=Kind.SCHEDULED, status=Status.CRON, project="", login=login, schedule=text, moment=moment
            ),
        )
    return len(due)


def next_due(world: World, moment: datetime) -> datetime | None:
    """The first moment after this one at which a schedule is due."""
    times = [cron.read(text).after(moment) for text in _texts(world)]
    return min((time for time in times if time is not None), default=None)


def _texts(world: World) -> list[str]:
    """The schedules of the active subscriptions, each once; none while the Event Service is off."""
    if not preferences.events_enabled(world.db):
        return []
    scheduled = [one.filter for one in subscriptions.active(world.db) if validation.is_scheduled(one.filter)]
    return list(dict.fromkeys(one.schedule for one in scheduled))


class Timer:
    """A thread that fires what is due; whoever changes a subscription sets `world.schedules_changed`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="sandbox-schedules", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._world.schedules_changed.set()
        self._thread.join()

    def _run(self) -> None:
        changed, moment = self._world.schedules_changed, now()
        while True:
            changed.clear()
            due = next_due(self._world, moment)
            if self._stopped:
                return
            changed.wait(LONGEST if due is None else min(LONGEST, max(0.0, (due - now()).total_seconds())))
            moment = now()
            if not self._stopped and due is not None and due <= moment < due + GRACE:
                run_due(self._world, due)
