"""The account: what was to be kept, held against what there is. Values in, values out.

An object may be found as often as it was sent: a sender that never heard the answer sends again, and what was stored
and had gone on its way by then comes a second time. In the archive it may be once, whatever was sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .plan import Door, Place, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file where it ended; `where`: the session, the waiting session, or the path."""

    key: str
    place: str
    project: str
    where: str
    sha256: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`kept`: how many of what is owed were found; `whole`: studies that lie in one archived session with all that was
    sent of them; then sentences, each of them an offence, but for `twice`: sent again because the first answer was cut
    off, and the second copy waits for a person."""

    kept: int
    whole: int
    places: Mapping[str, int]
    lost: Sequence[str] = ()
    altered: Sequence[str] = ()
    doubled: Sequence[str] = ()
    misplaced: Sequence[str] = ()
    unknown: Sequence[str] = ()
    split: Sequence[str] = ()
    twice: Sequence[str] = ()


def account(
    owed: Iterable[Thing], known: Iterable[Thing], sent: Mapping[str, int], found: Iterable[Found]
) -> Account:
    """`owed`: acknowledged or dropped to the end; `known`: all that may have arrived; `sent`: how often at most."""
    copies: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        copies[one.key].append(one)
    owed = list(owed)
    things = {thing.key: thing for thing in known}
    places: dict[str, int] = defaultdict(int)
    for one in (one for several in copies.values() for one in several):
        places[f"{one.place} {one.project}".strip()] += 1
    both = [(thing, copies[key]) for key, thing in things.items() if key in copies]
    return Account(
        kept=sum(1 for thing in owed if thing.key in copies),
        whole=_whole(things, copies),
        places=dict(sorted(places.items())),
        lost=[_named(thing, "is nowhere") for thing in owed if thing.key not in copies],
        altered=[
            _named(thing, f"has other bytes in {_list(bad)}")
            for thing, of in both
            if (bad := _other(thing, of))
        ],
        doubled=[
            _named(thing, f"is {len(of)} times there, sent {_times(thing, sent)} times: {_list(of)}")
            for thing, of in both
            if len(of) > _times(thing, sent) or _archived(of) > 1
        ],
        misplaced=[_named(thing, f"is in {_list(bad)}") for thing, of in both if (bad := _astray(thing, of))],
        unknown=[f"nobody sent what is in {_list(of)}" for key, of in copies.items() if key not in things],
        split=_split(things, copies),
        twice=[
            _named(thing, f"is in {_list(of)}")
            for thing, of in both
            if 1 < len(of) <= _times(thing, sent) and _archived(of) <= 1
        ],
    )


def _times(thing: Thing, sent: Mapping[str, int]) -> int:
    return 1 if thing.door is Door.DROPPED else sent.get(thing.key, 0)


def _archived(of: Sequence[Found]) -> int:
    return sum(1 for one in of if one.place == Place.ARCHIVE)


def _other(thing: Thing, of: Sequence[Found]) -> list[Found]:
    """A dropped file is the file; what was pushed is the data set, since the receiver writes its own file header."""
    if thing.door is Door.DROPPED:
        return [one for one in of if one.sha256 != thing.sha256]
    return [one for one in of if one.content != thing.content]


def _astray(thing: Thing, of: Sequence[Found]) -> list[Found]:
    return [
        one for one in of if one.place not in thing.places or (one.project and one.project != thing.project)
    ]


def _split(things: Mapping[str, Thing], copies: Mapping[str, Sequence[Found]]) -> list[str]:
    """Studies in more than one archived session, and sessions of more than one study."""
    sessions: dict[str, set[str]] = defaultdict(set)
    studies: dict[str, set[str]] = defaultdict(set)
    for key, of in copies.items():
        for one in of:
            if one.place == Place.ARCHIVE and key in things:
                session = f"{one.project} / {one.where}"
                sessions[things[key].study_uid].add(session)
                studies[session].add(things[key].study_uid)
    return [
        f"{what} is in {len(several)} places: {', '.join(sorted(several))}"
        for what, several in (*sessions.items(), *studies.items())
        if len(several) > 1
    ]


def _whole(things: Mapping[str, Thing], copies: Mapping[str, Sequence[Found]]) -> int:
    """Files that are no DICOM belong to no session."""
    places: dict[str, set[str]] = defaultdict(set)
    for key, thing in things.items():
        if key != thing.sha256:
            archived = [one.where for one in copies.get(key, ()) if one.place == Place.ARCHIVE]
            places[thing.study_uid].add(archived[0] if archived else "")
    return sum(1 for where in places.values() if len(where) == 1 and "" not in where)


def _named(thing: Thing, what: str) -> str:
    return f"{thing.path.name} ({thing.door.value}, {thing.key}) {what}"


def _list(of: Sequence[Found]) -> str:
    return ", ".join(" ".join(filter(None, (one.place, one.project, one.where))) for one in of)
