"""A remembered study judged anew: what it must always be, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.past_studies import protocols, remembered, studies
from tests.core.studies import changed, ct
from tests.core.vectors import study_of, vectors
from xnat_gate.core import likeness, media
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Outcome, Verdict, as_companion, judge
from xnat_gate.core.labels import source_keywords
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.repeats import Replays
from xnat_gate.core.replay import VOLUMES, Replayed, replay
from xnat_gate.core.study import Study
from xnat_gate.core.summary import sight_digest


def place(one: Verdict | Replayed) -> tuple[object, ...]:
    rejected = one.rejected if isinstance(one.rejected, int) else len(one.rejected)
    project = one.project if one.outcome is not Outcome.REJECT else ""
    return one.outcome, project, rejected


def carried(protocol: Protocol) -> st.SearchStrategy[list[Finding]]:
    """What an arrival alone can see, and what another piece of the study brought."""

    def one(id: str, effect: Effect) -> Finding:
        return Finding(id=id, severity=Severity.ERROR, effect=effect, message="")

    known = [
        one(media.ID, Effect.HOLD),
        one("RT016", likeness.SAME_PIXELS.effect(protocol.duplicates)),
        one("RT014", protocol.checks.get("RT014", Effect.HOLD)),
        one("DENY", Effect.QUARANTINE),
        one("ALLOW", Effect.QUARANTINE),
        *(one(rule.id, rule.otherwise) for rule in protocol.rules),
    ]
    return st.lists(st.sampled_from(known), max_size=2, unique=True)


@settings(max_examples=40, deadline=None)
@given(st.data(), studies(), protocols())
def test_under_the_protocol_that_judged_the_answer_is_the_recorded_one(
    data: st.DataObject, one: Study, protocol: Protocol
) -> None:
    home = data.draw(st.sampled_from([None, *protocol.hospitals]))
    archived = home is not None and data.draw(st.booleans())
    verdict = judge(one, protocol, home=home, carried=data.draw(carried(protocol)))
    again = replay(remembered(verdict, protocol, archived=archived), protocol)
    assert again.told
    assert (again.outcome, again.project, again.rejected) == (
        verdict.outcome,
        verdict.project,
        len(verdict.rejected),
    )


@settings(max_examples=40, deadline=None)
@given(studies(), st.none() | studies(), protocols(labels=True), protocols(labels=True))
def test_under_another_protocol_the_answer_is_what_that_one_would_have_said_or_none(
    one: Study, beside: Study | None, then: Protocol, now: Protocol
) -> None:
    """`beside`: another study that came with it, perhaps to become the same session."""

    def judged(protocol: Protocol) -> Verdict:
        return judge(one, protocol, [as_companion(beside, protocol)] if beside else ())

    summary = remembered(judged(then), then)
    again = replay(summary, now)
    lines = (name for line in (*now.rules, *now.routes) for name in line.elements)
    asks = {*now.allow, *now.deny, *lines}
    if now.session_label != then.session_label:
        asks |= {*source_keywords(now.session_label), *source_keywords(now.subject_label)}
    assert again.unknown <= asks - summary.asked
    alone = not any(each.modality in VOLUMES for each in one.instances)
    unlike = sight_digest(now) != summary.sight
    assert again.told or asks - summary.asked or (again.torn and (beside or alone or unlike))
    if again.told:
        assert place(again) == place(judged(now))


@settings(max_examples=20, deadline=None)
@given(studies(), studies(), protocols(), protocols())
def test_studies_that_are_alike_to_a_protocol_are_judged_once_and_alike(
    one: Study, other: Study, then: Protocol, now: Protocol
) -> None:
    spaced = replace(one, instances=tuple(changed(each, PixelSpacing=("1", "1")) for each in one.instances))
    more = replace(spaced, instances=(*spaced.instances, *ct(9)))
    answer = Replays(now)
    for each in (one, spaced, more, other, one):
        summary = remembered(judge(each, then), then)
        assert answer(summary) == replay(summary, now)


def test_vectors_of_the_language_replay() -> None:
    for vector in vectors()[::3]:  # to read all of their protocols takes a second
        if "refused" not in vector.expect:
            protocol = vector.read()
            verdict = judge(study_of(vector.objects), protocol)
            again = replay(remembered(verdict, protocol), protocol)
            assert again.told, vector.name
            assert (again.outcome, again.project) == (verdict.outcome, verdict.project), vector.name
