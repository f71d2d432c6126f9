"""When no answer came: what kind of silence it was, in words without addresses, objects or secrets."""

from __future__ import annotations

import requests
import urllib3


def never_sent(error: requests.RequestException) -> bool:
    """The connection was never made, so nothing can have been done."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def plain(error: Exception) -> str:
    """The kind of trouble in words, without addresses, objects or secrets."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate was not accepted"
    if isinstance(error, requests.ConnectionError):
        return "connection refused" if never_sent(error) else "connection lost"
    return type(error).__name__
