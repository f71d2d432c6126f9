"""Random protocols as people could have written them, damage to their text, and headers that they are asked about.

Law: every protocol from here is a good one: what one condition asks of an element, no other contradicts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

from xnat_gate.core.study import Header

TEXTS = ("StationName", "InstitutionName", "StudyDescription", "SeriesDescription", '(0029,"ACME",08)')
NUMBERS = ("SliceThickness", "KVP")
MORE = ("Manufacturer", "SoftwareVersions[1]", "BeamSequence.BeamName", "(0008,1010)")
WORDS = ("Acme", "CT01", "NO", "4711", "a b", "Ünna", "x:y", "# no", "- y", "{z}")
MODALITIES = ("CT", "MR", "US", "SC", "RTDOSE")
EFFECTS = st.sampled_from(["quarantine", "hold", "note"])
words = st.sampled_from(WORDS)
numbers = st.sampled_from([1, 2.5, "3.0", 120])
states = st.sampled_from(["present", "empty", "absent"]).map(lambda state: {state: True})
text_tests = st.one_of(
    words,
    st.lists(words | st.just("Ac*"), min_size=1, max_size=3),
    st.sampled_from([{"glob": "A?me*"}, {"prefix": "Ac"}, {"regex": "[A-C]+[0-9]{2}"}, {"not": "Acme"}]),
    states,
)
number_tests = st.one_of(
    numbers,
    st.lists(numbers, min_size=1, max_size=3),
    st.sampled_from(
        [{"range": {"from": 1, "to": 5}}, {"range": {"to": 2.5}}, {"not": {"range": {"from": 100}}}]
    ),
    st.sampled_from([{"count": 0}, {"count": {"from": 1}}]),
    states,
)


def asked(names: tuple[str, ...], tests: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A condition of one to two of these elements."""
    return st.dictionaries(st.sampled_from(names), tests, min_size=1, max_size=2)


joined = st.one_of(
    st.lists(asked(MORE, text_tests), min_size=1, max_size=2).map(lambda parts: {"any": parts}),
    asked(MORE, words | states).map(lambda part: {"not": part}),
    st.just({}),
)
conditions = st.builds(
    lambda one, other: {**one, **other}, asked(TEXTS, text_tests) | asked(NUMBERS, number_tests), joined
)


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        rule: dict[str, Any] = {"id": f"R-{number}", "title": draw(words)}
        level = draw(st.sampled_from(["", "instance", "series", "study"]))
        rule |= {"level": level} if level else {}
        rule |= {"when": {"Modality": draw(st.sampled_from(MODALITIES))}} if draw(st.booleans()) else {}
        rule |= {"require": draw(conditions), "otherwise": draw(EFFECTS)}
        made.append(rule | ({"why": draw(words)} if draw(st.booleans()) else {}))
    return made


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """A good protocol as plain values."""
    routes = [
        {"project": f"TRIAL_{number}", "when": {"StudyID": {"prefix": f"T{number}"}, **draw(joined)}}
        for number in range(draw(st.integers(0, 2)))
    ]
    modalities = st.lists(st.sampled_from(MODALITIES), min_size=1, max_size=3)
    tree = {
        "protocol": 1,
        "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
        "allow": {"Modality": draw(modalities | st.just("ALL"))},
        "deny": draw(
            st.dictionaries(st.sampled_from(TEXTS), st.lists(words, min_size=1, max_size=2), max_size=2)
        ),
        "rules": draw(rules()),
        "route": routes,
        "checks": draw(st.dictionaries(st.sampled_from(["RT022", "RT012"]), EFFECTS, max_size=2)),
        "rt": draw(
            st.fixed_dictionaries({}, optional={"orphan": EFFECTS, "wait_for_images": st.just("45s")})
        ),
    }
    return {key: value for key, value in tree.items() if value or draw(st.booleans())}


class Plainly(yaml.SafeDumper):
    """Writes everything out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@st.composite
def texts(draw: st.DrawFn) -> str:
    """The same as text, in brackets or in lines."""
    flow = draw(st.sampled_from([None, True, False]))
    return yaml.dump(
        draw(trees()),
        Dumper=Plainly,
        sort_keys=False,
        default_flow_style=flow,
        allow_unicode=True,
        width=10_000,
    )


headers: st.SearchStrategy[Header] = st.builds(
    lambda modality, values: {"Modality": modality, **values},
    st.sampled_from([(), ("CT",), ("US",)]),
    st.dictionaries(
        st.sampled_from([*TEXTS, *NUMBERS, "Manufacturer", "StudyID"]),
        st.sampled_from([(), ("Acme",), ("NO",), ("3",), ("T0", ""), ("T1",)]),
        max_size=4,
    ),
)


@st.composite
def damage(draw: st.DrawFn) -> Callable[[str], str]:
    """One slip of somebody who edits it."""
    number, other = draw(st.integers(0, 10_000)), draw(st.integers(0, 10_000))
    piece = draw(
        st.sampled_from(
            [*" :,-#[]{}'\"*&!\n", "  ", "NO", "rules", "not", "[CT]", "<<: ", "1", "équals", "~"]
        )
    )
    return draw(st.sampled_from(SLIPS))(number, other, piece)


def _letter(number: int, other: int, piece: str) -> Callable[[str], str]:
    return lambda text: text[: number % len(text)] + piece + text[number % len(text) + other % 3 :]


def _lines(number: int, other: int, piece: str) -> Callable[[str], str]:
    def slip(text: str) -> str:
        lines = text.split("\n")
        first, second = number % len(lines), other % len(lines)
        lines[first], lines[second] = lines[second], lines[first]
        return "\n".join(lines[:first] + lines[first + other % 2 :] + [lines[second]] * (number % 2))

    return slip


def _word(number: int, other: int, piece: str) -> Callable[[str], str]:
    """A word, key or value, in the place of another one."""

    def slip(text: str) -> str:
        parts = _parted(text)
        known = [index for index, part in enumerate(parts) if part.isalnum()]
        parts[known[number % len(known)]] = parts[known[other % len(known)]]
        return "".join(parts)

    return slip


def _kind(number: int, other: int, piece: str) -> Callable[[str], str]:
    """A word becomes a list, a mapping, another kind of scalar, or nothing."""
    shape = ("[{}]", "{{{}: x}}", "NO", "12", "", "'{}'", '"{}"', "2026-01-31")[other % 8]

    def slip(text: str) -> str:
        parts = _parted(text)
        known = [index for index, part in enumerate(parts) if part.isalnum()]
        index = known[number % len(known)]
        parts[index] = shape.format(parts[index])
        return "".join(parts)

    return slip


SLIPS = (_letter, _lines, _word, _kind)


def _parted(text: str) -> list[str]:
    parts: list[str] = []
    for letter in text:
        if parts and letter.isalnum() and parts[-1].isalnum():
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
