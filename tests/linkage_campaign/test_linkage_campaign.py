"""The campaign in its short form; the long one is `python -m tests.linkage_campaign`."""

from __future__ import annotations

from random import Random

import pytest

from tests.linkage_campaign.bases import Files, chain, everything
from tests.linkage_campaign.brute_force import Folder
from tests.linkage_campaign.examples import campaign
from tests.linkage_campaign.judging import hold_the_laws, judged, quiet, read
from tests.linkage_campaign.mutations import MUTATIONS, Mutation, changed
from xnat_gate.core.linkage.verdicts import Linkage

FOUND_ONCE = (
    [Mutation("ghost", file=27)],
    [Mutation("ghost", file=15)],
    [Mutation("duplicate", what=28)],
    [Mutation("repatient", what=1)],
    [Mutation("duplicate"), Mutation("repatient")],
    [
        Mutation("duplicate", 16, what=4),
        Mutation("duplicate", 16, what=4),
        Mutation("duplicate", 16, what=14),
    ],
    [Mutation("spoil", place=418, what=3)],
    [Mutation("redirect", file=49, what=7)],
    [Mutation("reclass", file=8, place=1, what=3)],
    [Mutation("spoil", file=27, place=218, what=1)],
)
"""What the long campaign came upon, made as small as it gets."""


@pytest.mark.parametrize("files", [everything, chain])
def test_whatever_becomes_of_the_files_linked_means_complete(files: type[Files]) -> None:
    campaign(files(), examples=25, number=7)()


@pytest.mark.parametrize("mutations", FOUND_ONCE, ids=lambda found: "-".join(one.kind for one in found))
def test_what_was_found_once_holds(mutations: list[Mutation]) -> None:
    with quiet():
        files, whole = changed(everything(), mutations)
    hold_the_laws(files, whole, Random(7))


def test_everything_is_linked_before_it_is_changed_in_both_eyes() -> None:
    links = [link for verdict in judged(read(everything())) for link in verdict.links]
    assert len(links) == 6
    assert {link.effective for link in links} == {Linkage.LINKED}
    folder = Folder(everything())
    assert all(folder.complete(one) for one in folder.objects)


@pytest.mark.parametrize("kind", sorted(MUTATIONS))
def test_every_mutation_changes_something(kind: str) -> None:
    before = everything()
    with quiet():
        after = [changed(before, [Mutation(kind, at, 40 * at + 1, at)]) for at in range(1, 9)]
    assert any((files, whole) != (before, before) for files, whole in after)
