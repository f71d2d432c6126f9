"""When an arrival counts as complete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.settling import Look, Waiting, Watch, still_written, unfinished

QUIET = 5.0
IMAGE = ("CT/1.dcm", 100, 1)


def look(at: float, *files: tuple[str, int, int], whole: bool = True) -> Look:
    return Look(frozenset(files), at, whole)


def watched(*looks: Look, entry: str = "study") -> Watch:
    watch = Watch()
    for each in looks:
        watch = watch.seen(entry, each)
    return watch


def test_an_entry_that_stays_the_same_for_the_quiet_period_settles() -> None:
    assert watched(look(0, IMAGE), look(5, IMAGE)).settled("study", QUIET)


def test_the_quiet_period_runs_between_the_first_and_the_last_look_at_the_same_content() -> None:
    watch = watched(look(0, IMAGE), look(2, IMAGE), look(4.9, IMAGE))
    assert not watch.settled("study", QUIET)
    assert watch.seen("study", look(5, IMAGE)).settled("study", QUIET)


def test_one_look_is_never_enough_not_even_without_a_quiet_period() -> None:
    assert not watched(look(100, IMAGE)).settled("study", 0)
    assert watched(look(100, IMAGE), look(100, IMAGE)).settled("study", 0)


def test_what_was_never_seen_has_not_settled() -> None:
    assert not Watch().settled("study", 0)


@pytest.mark.parametrize(
    "changed",
    [
        (("CT/1.dcm", 101, 1),),
        (("CT/1.dcm", 99, 1),),
        (("CT/1.dcm", 100, 2),),
        (("CT/2.dcm", 100, 1),),
        (IMAGE, ("CT/2.dcm", 100, 1)),
    ],
    ids=["grows", "shrinks", "is rewritten", "is renamed", "gets company"],
)
def test_the_waiting_starts_afresh_when_a_file(changed: tuple[tuple[str, int, int], ...]) -> None:
    watch = watched(look(0, IMAGE), look(4, *changed), look(8.9, *changed))
    assert not watch.settled("study", QUIET)
    assert watch.seen("study", look(9, *changed)).settled("study", QUIET)


def test_content_that_comes_back_to_what_it_was_has_still_changed_meanwhile() -> None:
    assert not watched(look(0, IMAGE), look(3, ("CT/1.dcm", 7, 1)), look(6, IMAGE)).settled("study", QUIET)


def test_an_empty_folder_is_no_arrival() -> None:
    assert not watched(look(0), look(1000)).settled("study", QUIET)


def test_an_entry_that_cannot_be_seen_in_full_waits() -> None:
    assert not watched(look(0, IMAGE, whole=False), look(9, IMAGE, whole=False)).settled("study", QUIET)
    healed = watched(look(0, IMAGE, whole=False), look(9, IMAGE), look(10, IMAGE))
    assert not healed.settled("study", QUIET)
    assert healed.seen("study", look(14, IMAGE)).settled("study", QUIET)


def test_a_clock_that_runs_backwards_delays_and_never_hurries() -> None:
    assert not watched(look(10, IMAGE), look(3, IMAGE)).settled("study", QUIET)
    assert watched(look(10, IMAGE), look(3, IMAGE), look(8, IMAGE)).settled("study", QUIET)


UNFINISHED = [
    "a.partial",
    "a.PART",
    "a.tmp",
    "a.dcm.crdownload",
    "a.dcm.filepart",
    ".~lock.report.odt#",
    "~$report.docx",
    "report.docx~$",
    ".IM0001.dcm.Xy12aB",
]


@pytest.mark.parametrize("name", UNFINISHED)
def test_a_file_that_somebody_still_writes_keeps_the_entry_waiting(name: str) -> None:
    files = (IMAGE, (f"CT/{name}", 1, 1))
    watch = watched(look(0, *files), look(60, *files))
    assert not watch.settled("study", QUIET)
    assert unfinished(watch.waiting["study"].last) == (f"CT/{name}",)


def test_a_folder_named_as_unfinished_keeps_the_entry_waiting_at_any_depth() -> None:
    files = (IMAGE, ("copy.partial/1.dcm", 1, 1))
    assert not watched(look(0, *files), look(60, *files)).settled("study", QUIET)
    assert not watched(look(0, IMAGE), look(60, IMAGE), entry="study.tmp").settled("study.tmp", QUIET)


@pytest.mark.parametrize(
    "name", ["1.dcm", "IM0001", "partial", "tmp.dcm", ".DS_Store", "a~", "1.2.840.113619.2.55", "."]
)
def test_ordinary_names_do_not_wait(name: str) -> None:
    assert not still_written(name)


def test_an_entry_that_goes_and_comes_back_waits_its_full_time() -> None:
    watch = Watch().seen_all({"a": look(0, IMAGE), "b": look(0, IMAGE)}).seen_all({"b": look(3, IMAGE)})
    watch = watch.seen_all({"a": look(6, IMAGE), "b": look(6, IMAGE)})
    assert not watch.settled("a", QUIET)
    assert watch.all_settled(QUIET) == (("b", look(6, IMAGE)),)
    assert watch.without("b").all_settled(QUIET) == ()


def test_entries_do_not_wait_for_each_other() -> None:
    watch = watched(look(0, IMAGE), look(6, IMAGE)).seen("other", look(6, IMAGE))
    assert watch.settled("study", QUIET)
    assert not watch.settled("other", QUIET)


FILES = st.frozensets(
    st.tuples(st.sampled_from(["a", "b", "c.tmp"]), st.integers(0, 2), st.integers(0, 1)), max_size=3
)
LOOKS = st.lists(st.builds(Look, FILES, st.integers(0, 20).map(float), st.booleans()), min_size=1, max_size=8)


@given(LOOKS, st.integers(0, 10))
def test_settled_means_the_last_looks_agree_over_the_quiet_period(looks: list[Look], quiet: int) -> None:
    waiting = Waiting(looks[0], looks[0])
    for each in looks[1:]:
        waiting = waiting.seen(each)
    last = looks[-1]
    same = [last]
    for earlier in reversed(looks[:-1]):
        if (earlier.files, earlier.whole) != (last.files, last.whole) or earlier.at > same[-1].at:
            break
        same.append(earlier)
    finished = last.whole and last.files and not any(path.endswith(".tmp") for path, _, _ in last.files)
    assert waiting.settled(quiet) == bool(finished and len(same) > 1 and last.at - same[-1].at >= quiet)
