"""How a launch fails: each failure knows the status that its workflow and its container end with."""

from __future__ import annotations

from xnat_gate.sandbox.models.containers import Status


class LaunchFailed(Exception):
    """The container does not start. `str()` goes into the workflow's details."""

    status = Status.LAUNCH_FAILED


class StagingFailed(LaunchFailed):
    """XNAT itself falls over while it makes the launch ready."""

    status = Status.STAGING_FAILED


class ResolutionFailed(LaunchFailed):
    """Inputs, mounts or outputs cannot be made out; there never is a container."""

    status = Status.RESOLUTION_FAILED
