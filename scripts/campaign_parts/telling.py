"""The report on stdout: kills, objects, checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from .accounting import Account
from .traffic import Traffic

SHOWN = 20
"""Sentences of one kind that are printed."""


def table(title: str, rows: Iterable[tuple[str, object]]) -> str:
    """Two columns of Markdown."""
    lines = [f"| {title} | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines) + "\n"


def kills(by_service: Mapping[str, Counter[str]]) -> str:
    rows = [
        (f"{service}: {moment}", count)
        for service, moments in by_service.items()
        for moment, count in moments.most_common()
    ]
    total = sum(count for _, count in rows)
    return table("kill -9", [*rows, ("**all**", f"**{total}**")])


def objects(found: Account, sent: int, acknowledged: int, dropped: int) -> str:
    rows: list[tuple[str, object]] = [
        ("sent by C-STORE", sent),
        ("acknowledged with Success", acknowledged),
        ("dropped as files", dropped),
        ("of these found", found.kept),
        ("**lost**", f"**{len(found.lost)}**"),
        ("altered", len(found.altered)),
        ("doubled", len(found.doubled)),
        ("in the wrong place", len(found.misplaced)),
        ("files nobody sent", len(found.unknown)),
        ("studies in two sessions", len(found.split)),
        ("studies whole in one archived session", found.whole),
        ("sent again unanswered, second copy waiting", len(found.twice)),
    ]
    return table("objects", [*rows, *((f"files in {place}", count) for place, count in found.places.items())])


def effort(traffic: Traffic, of_killing: float, of_calming: float) -> str:
    """What it took, in studies, associations and seconds."""
    return table(
        "effort",
        [
            ("studies", len(traffic.begun)),
            *((f"of these {kind}", count) for kind, count in traffic.kinds.most_common()),
            ("associations", traffic.told.associations),
            ("associations that were cut, or not let in", traffic.told.broken),
            ("seconds of killing", round(of_killing)),
            ("seconds until all was quiet", round(of_calming)),
        ],
    )


def checks(answers: Mapping[str, Sequence[str]]) -> str:
    """Each check with `ok` or the number of its objections, and then the objections."""
    told = table(
        "check", [(name, "ok" if not against else len(against)) for name, against in answers.items()]
    )
    lines = [f"{name}: {one.strip()}" for name, against in answers.items() for one in _some(against)]
    return told + "".join(f"\n{line}" for line in lines) + ("\n" if lines else "")


def _some(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - SHOWN
    return [*sentences[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
