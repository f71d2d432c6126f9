"""Finds who answers a path. Patterns are words between slashes; `{name}` takes one word, `{name...}` the rest.

Laws: /data/x, /data/archive/x, /REST/x and /REST/archive/x are one resource; words are unquoted after the path has been
split, so a quoted slash stays inside its word; a known path with a verb it does not have is 405 when the route says
so, else 501.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.responses import Response

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import NotPlayed, WrongVerb

Answer = Callable[[Call], Response]
PREFIX = re.compile(r"^/(?:data|REST)(?:/archive)?(?=/|$)")


def normalised(path: str) -> str:
    """The path without the prefixes that make no difference; still quoted."""
    return PREFIX.sub("/data", path)


@dataclass(frozen=True, slots=True)
class Route:
    """`answers` by HTTP method; `closed`: XNAT answers 405 to the verbs that are not there."""

    pattern: str
    words: tuple[str, ...]
    answers: Mapping[str, Answer]
    closed: bool = False


class Router:
    def __init__(self, routes: list[Route]) -> None:
        self._exact: defaultdict[int, list[Route]] = defaultdict(list)
        self._open: list[Route] = []
        for route in routes:
            if route.words and route.words[-1].endswith("...}"):
                self._open.append(route)
            else:
                self._exact[len(route.words)].append(route)

    def find(self, method: str, path: str) -> tuple[Answer, dict[str, str]]:
        """The answer for a normalised path, and the path's words; raises WrongVerb or NotPlayed."""
        words = path.strip("/").split("/")
        for route in [*self._exact[len(words)], *self._open]:
            args = _match(route.words, words)
            if args is not None:
                return _answer(route, method, path), args
        raise NotPlayed(f"The sandbox does not play {method} {path}")


def route(pattern: str, *, closed: bool = False, **answers: Answer) -> Route:
    """`route("/data/x/{y}", GET=..., PUT=...)`."""
    return Route(pattern, tuple(pattern.strip("/").split("/")), answers, closed)


def _answer(found: Route, method: str, path: str) -> Answer:
    answer = found.answers.get("GET" if method == "HEAD" else method)
    if answer is not None:
        return answer
    if found.closed:
        raise WrongVerb(headers={"Allow": ", ".join(sorted(found.answers))})
    raise NotPlayed(f"The sandbox does not play {method} {path}")


def _match(pattern: tuple[str, ...], words: list[str]) -> dict[str, str] | None:
    open_end = pattern[-1].endswith("...}")
    if len(words) < len(pattern) or (len(words) > len(pattern) and not open_end):
        return None
    args: dict[str, str] = {}
    for index, word in enumerate(pattern):
        if not word.startswith("{"):
            if word != words[index]:
                return None
        elif word.endswith("...}"):
            args[word[1:-4]] = "/".join(unquote(rest) for rest in words[index:])
        else:
            args[word[1:-1]] = unquote(words[index])
    return args
