"""How each kind of fault plays out for one request.

Laws: a kind that says `nothing is done` never reaches the routes; one that says `does the work` has done all of it
before the connection suffers.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp

from xnat_gate.sandbox import gatekeeping, replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Failure, Refusal, WriteFailed
from xnat_gate.sandbox.faults.fault import Kind
from xnat_gate.sandbox.faults.register import Active
from xnat_gate.sandbox.faults.wires import HalfAnswer, HeldAnswer, NoAnswer

Answer = Callable[[Call], Response]
FULL = "No space left on device"
BODILESS = {204, 304}


def through(call: Call, answer: Answer) -> ASGIApp:
    """The answer of `answer`, or what the faults in force make of it."""
    logins = call.world.logins
    live = logins.owner(gatekeeping.cookie(call)) is not None
    struck = call.world.faults.strike(call.method, call.path, logged_in=live)
    for active in struck:
        if active.fault.kind is Kind.LATENCY:
            active.pause(active.fault.seconds)
        else:
            return PLAY[active.fault.kind](call, active, answer)
    return answer(call)


def _status(call: Call, active: Active, answer: Answer) -> ASGIApp:
    if active.fault.code in BODILESS:
        return replies.empty(active.fault.code)
    refusal = Refusal(active.fault.body)
    refusal.status = active.fault.code
    return replies.refused(call, refusal)


def _cut(call: Call, active: Active, answer: Answer) -> ASGIApp:
    return HalfAnswer(answer(call))


def _cut_before(call: Call, active: Active, answer: Answer) -> ASGIApp:
    return NoAnswer()


def _hang(call: Call, active: Active, answer: Answer) -> ASGIApp:
    done = answer(call)
    active.note_held()
    return HeldAnswer(done, active.released)


def _expire(call: Call, active: Active, answer: Answer) -> ASGIApp:
    """Who sends Basic credentials with every request logs in anew and notices nothing, as in XNAT."""
    call.world.logins.close(gatekeeping.cookie(call))
    return answer(call)


def _disk_full(call: Call, active: Active, answer: Answer) -> ASGIApp:
    one_object = call.param("import-handler") == "gradual-DICOM" or call.content_type == "application/dicom"
    return replies.refused(call, WriteFailed(FULL) if one_object else Failure(FULL))


def _login_page(call: Call, active: Active, answer: Answer) -> ASGIApp:
    return replies.login_page()


PLAY: dict[Kind, Callable[[Call, Active, Answer], ASGIApp]] = {
    Kind.STATUS: _status, Kind.CUT: _cut, Kind.CUT_BEFORE: _cut_before, Kind.EXPIRED_SESSION: _expire,
    Kind.ARCHIVE_HANGS: _hang, Kind.DISK_FULL: _disk_full, Kind.LOGIN_PAGE: _login_page,
}  # fmt: skip
