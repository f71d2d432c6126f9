"""The part of JSONPath that commands and subscriptions use, as Jayway's library reads it.

Paths: `$.a.b`, `$['a']`, `$.a[0]`, `$.a[*]`, `$..a`, `$.a[?(predicate)]`. Predicates: `@.a == 'b'`, `!= < <= > >=`,
`=~ /x/i` (the whole value), `in [...]`, `nin [...]`, `contains`, `@.a` alone (it is there), `&&`, `||`, `!`, brackets.

Laws: values of different kinds are never equal and have no order; what is not listed here is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeGuard

STEP = re.compile(
    r"\.\.(?P<deep>[\w-]+)|\.(?P<name>[\w-]+|\*)|\[(?P<index>\d+|\*)\]|\[(?P<quote>['\"])(?P<quoted>.*?)(?P=quote)\]"
)
TOKEN = re.compile(
    r"""\s*(?:(?P<path>@(?:\.[\w-]+|\[\d+\]|\['[^']*'\]|\["[^"]*"\])*)|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    r"""|(?P<regex>/(?:[^/\\]|\\.)+/i?)|(?P<number>-?\d+(?:\.\d+)?)|(?P<op>==|!=|<=|>=|=~|&&|\|\||[<>!(),\[\]])"""
    r"""|(?P<word>[a-z]+))"""
)
MISSING = object()
"""What a path that leads nowhere gives."""


class PathError(ValueError):
    """The path or predicate cannot be read, or uses what is not played."""


def find(path: str, root: object) -> list[object]:
    """What the path leads to; empty when it leads nowhere. Raises PathError."""
    if not path.startswith("$"):
        raise PathError(f"a JSONPath begins with $: {path}")
    found, rest = [root], path[1:]
    while rest:
        if rest.startswith("[?("):
            predicate, rest = _bracketed(rest)
            test = Predicate(predicate)
            found = [each for one in found for each in _filtered(one, test)]
            continue
        step = STEP.match(rest)
        if step is None:
            raise PathError(f"cannot read {rest!r} in the JSONPath {path}")
        rest = rest[step.end() :]
        found = [each for one in found for each in _stepped(one, step)]
    return found


def matches(predicate: str, value: object) -> bool:
    """Whether `$[?(predicate)]` keeps this object. Raises PathError."""
    return Predicate(predicate)(value)


class Predicate:
    """A predicate, read once. Raises PathError."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._test = self._any()
        if self._at < len(self._tokens):
            raise self._bad()

    def __call__(self, value: object) -> bool:
        return self._test(value)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("op", "||"):
            tests.append(self._all())
        return lambda value: any(test(value) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("op", "&&"):
            tests.append(self._one())
        return lambda value: all(test(value) for test in tests)

    def _one(self) -> Test:
        if self._take("op", "!"):
            inner = self._one()
            return lambda value: not inner(value)
        if self._take("op", "("):
            inner = self._any()
            self._demand("op", ")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._operand()
        kind, operator = self._peek()
        if kind == "word" and operator in {"in", "nin"}:
            self._at += 1
            wanted = self._list()
            return lambda value: any(_same(left(value), one(value)) for one in wanted) is (operator == "in")
        if kind == "word" and operator == "contains":
            self._at += 1
            part = self._operand()
            return lambda value: _contains(left(value), part(value))
        if operator == "=~":
            self._at += 1
            pattern = self._regex()
            return lambda value: isinstance(text := left(value), str) and pattern.fullmatch(text) is not None
        if operator in COMPARE:
            self._at += 1
            right = self._operand()
            return lambda value: COMPARE[operator](left(value), right(value))
        return lambda value: left(value) is not MISSING

    def _operand(self) -> Operand:
        kind, text = self._peek()
        self._at += 1
        constant: object
        match kind:
            case "path":
                return lambda value: next(iter(find("$" + text[1:], value)), MISSING)
            case "text":
                constant = re.sub(r"\\(.)", r"\1", text[1:-1])
            case "number":
                constant = float(text)
            case "word" if text in {"true", "false", "null"}:
                constant = json.loads(text)
            case _:
                raise self._bad()
        return lambda value: constant

    def _list(self) -> list[Operand]:
        self._demand("op", "[")
        found: list[Operand] = []
        while not self._take("op", "]"):
            found.append(self._operand())
            self._take("op", ",")
        return found

    def _regex(self) -> re.Pattern[str]:
        text = self._demand("regex")
        try:
            return re.compile(text.removesuffix("i")[1:-1], re.IGNORECASE if text.endswith("i") else 0)
        except re.error as error:
            raise self._bad() from error

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _take(self, kind: str, text: str) -> bool:
        taken = self._peek() == (kind, text)
        self._at += taken
        return taken

    def _demand(self, kind: str, text: str | None = None) -> str:
        found = self._peek()
        if found[0] != kind or (text is not None and found[1] != text):
            raise self._bad()
        self._at += 1
        return found[1]

    def _bad(self) -> PathError:
        return PathError(f"cannot read the predicate {self._text!r}")


Test = Callable[[object], bool]
Operand = Callable[[object], object]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise PathError(f"cannot read {text[at:]!r} in the predicate {text!r}")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _same(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return MISSING not in (left, right) and left == right


def _contains(whole: object, part: object) -> bool:
    """A list has the value, or a text the text."""
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return _is_list(whole) and any(_same(each, part) for each in whole)


def _ordered(test: Callable[[int], bool]) -> Callable[[object, object], bool]:
    def compare(left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return test((left > right) - (left < right))
        if isinstance(left, int | float) and isinstance(right, int | float):
            return test((left > right) - (left < right))
        return False

    return compare


COMPARE: Mapping[str, Callable[[object, object], bool]] = {
    "==": _same, "!=": lambda left, right: not _same(left, right), "<": _ordered(lambda sign: sign < 0),
    "<=": _ordered(lambda sign: sign <= 0), ">": _ordered(lambda sign: sign > 0),
    ">=": _ordered(lambda sign: sign >= 0),
}  # fmt: skip


def _stepped(value: object, step: re.Match[str]) -> Iterator[object]:
    if step["deep"] is not None:
        yield from _deep(value, step["deep"])
        return
    name = step["quoted"] if step["quote"] else step["name"]
    if "*" in (name, step["index"]):
        yield from value.values() if isinstance(value, Mapping) else value if _is_list(value) else ()
    elif name is not None:
        if isinstance(value, Mapping) and name in value:
            yield value[name]
    elif _is_list(value) and int(step["index"]) < len(value):
        yield value[int(step["index"])]


def _deep(value: object, name: str) -> Iterator[object]:
    if isinstance(value, Mapping):
        if name in value:
            yield value[name]
        for each in value.values():
            yield from _deep(each, name)
    elif _is_list(value):
        for each in value:
            yield from _deep(each, name)


def _filtered(value: object, test: Predicate) -> Iterator[object]:
    """A list's members, or an object itself."""
    for each in value if _is_list(value) else [value]:
        if test(each):
            yield each


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _bracketed(text: str) -> tuple[str, str]:
    """The predicate of `[?(...)]...` and what follows."""
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                if text[at + 1 : at + 2] != "]":
                    break
                return text[3:at], text[at + 2 :]
    raise PathError(f"cannot read the filter {text!r}")
