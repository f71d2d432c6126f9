"""XNAT's paths, built from quoted segments: a label can never become a path, a query or a fragment."""

from __future__ import annotations

from urllib.parse import quote


def data(*segments: str) -> str:
    """`/data/a/b` with every segment quoted."""
    return "/data/" + "/".join(quote(segment, safe="") for segment in segments)


def xapi(*segments: str) -> str:
    """`/xapi/a/b` with every segment quoted."""
    return "/xapi/" + "/".join(quote(segment, safe="") for segment in segments)


def under(uri: str, *segments: str) -> str:
    """A path below a URI as XNAT lists it (/prearchive/projects/P/TS/F, /archive/..., with or without /data)."""
    known = [segment for segment in uri.removeprefix("/data").split("/") if segment]
    return data(*known, *segments)
