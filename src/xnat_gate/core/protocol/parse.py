"""From the tree of a protocol to its meaning, or to all its faults together.

Laws: a key that is not understood is a fault, never skipped; what lets data through has no default; a protocol with
one fault is no protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TypeVar, cast

from xnat_gate.core.protocol import keys
from xnat_gate.core.protocol.document import Document, Node
from xnat_gate.core.protocol.faults import Ledger, ProtocolInvalid
from xnat_gate.core.protocol.keys import GROUPS, KEYS, Key
from xnat_gate.core.protocol.lists import contradictions
from xnat_gate.core.protocol.model import DuplicatePolicy, Links, Protocol, RTPolicy
from xnat_gate.core.protocol.route_lines import check_projects
from xnat_gate.core.protocol.vocabulary import Vocabulary

T = TypeVar("T")
_BY_PATH = {key.path: key for key in KEYS}
_REQUIRED_GROUPS = {key.group for key in KEYS if key.group and key.default is None}


def parse(document: Document, vocabulary: Vocabulary, sha256: str = "", version: str = "") -> Protocol:
    """The protocol that this document means; `vocabulary`: what it may speak of.

    Raises ProtocolInvalid with all faults.
    """
    ledger = Ledger(vocabulary)
    written = _written(document, ledger)
    answers = _Answers(written, ledger)
    _cross_check(written, answers, ledger)
    if ledger.faults:
        raise ProtocolInvalid(ledger.faults)
    return _protocol(answers, sha256, version)


def _written(document: Document, ledger: Ledger) -> dict[str, Node]:
    """Dotted path to value for every key that was written and is known; what is missing or unknown is noted."""
    whole = ledger.table(document, "", "see protocol/README.md, or start from protocol/default.yaml")
    if whole is None:
        return {}
    top = {key.path for key in KEYS if not key.group} | GROUPS.keys()
    found: dict[str, Node] = {}
    for name, (place, value) in ledger.pairs(whole, "").items():
        if name in GROUPS:
            found |= _members(name, value, ledger)
        elif name in top:
            found[name] = value
        else:
            ledger.unknown(place, name, "key", top, f"the keys are {', '.join(sorted(top))}")
    _missing("", document, found.keys() | _groups_in(found, ledger), ledger)
    return found


def _members(group: str, tree: Node, ledger: Ledger) -> dict[str, Node]:
    """The known keys of one group."""
    names = {key.name for key in KEYS if key.group == group}
    table = ledger.table(
        tree, group, f"write some of {', '.join(sorted(names))} under it, or take the key out"
    )
    if table is None:
        return {}
    found: dict[str, Node] = {}
    for name, (place, value) in ledger.pairs(table, group).items():
        if name in names:
            found[f"{group}.{name}"] = value
        else:
            ledger.unknown(place, f"{group}.{name}", "key", names, f"the keys are {', '.join(sorted(names))}")
    _missing(group, tree, found.keys(), ledger)
    return found


def _groups_in(found: Mapping[str, Node], ledger: Ledger) -> set[str]:
    """The groups that were written, rightly or wrongly."""
    paths = (*found, *(fault.key for fault in ledger.faults))
    return {path.partition(".")[0] for path in paths}


def _missing(group: str, place: Node, present: Set[str], ledger: Ledger) -> None:
    """Note the required keys that are absent, unless a misspelt one was met in their place."""
    required = [key.path for key in KEYS if key.group == group and key.default is None]
    for path in (*required, *(sorted(_REQUIRED_GROUPS) if not group else ())):
        if path not in present and path not in ledger.suggested:
            ledger.fault(place, path, "is missing", f"add it, such as {_EXAMPLES[path]}")


_EXAMPLES = {
    "protocol": "protocol: 1",
    "projects": "projects: {hospital: HOSPITAL, quarantine: QUARANTINE}",
    "projects.hospital": "hospital: HOSPITAL",
    "projects.quarantine": "quarantine: QUARANTINE",
    "allow": "allow: {Modality: [CT, MR]}",
}


class _Answers:
    """What each key says, its default where it was not written."""

    def __init__(self, written: Mapping[str, Node], ledger: Ledger) -> None:
        self._values: dict[str, object] = {}
        for key in KEYS:
            tree = written.get(key.path, key.default)
            self._values[key.path] = None if tree is None else key.kind.read(tree, key.path, ledger)

    def get(self, key: Key[T]) -> T | None:
        """The answer, None where it has a fault."""
        return cast("T | None", self._values[key.path])

    def __getitem__(self, key: Key[T]) -> T:
        return cast("T", self._values[key.path])


def _cross_check(written: Mapping[str, Node], answers: _Answers, ledger: Ledger) -> None:
    """What only two keys together can get wrong."""
    hospital, quarantine = answers.get(keys.HOSPITAL), answers.get(keys.QUARANTINE_PROJECT)
    if hospital and quarantine and hospital.casefold() == quarantine.casefold():
        path = keys.QUARANTINE_PROJECT.path
        ledger.fault(written[path], path, "is the hospital project itself", "name a project of its own")
    if keys.ROUTE.path in written:
        check_projects(written[keys.ROUTE.path], hospital or "", quarantine or "", ledger)
    allow, deny = answers.get(keys.ALLOW), written.get(keys.DENY.path)
    if allow and deny:
        contradictions(allow, deny, ledger)


def _protocol(answers: _Answers, sha256: str, version: str) -> Protocol:
    return Protocol(
        name=answers[keys.NAME],
        sha256=sha256,
        version=version,
        hospital=answers[keys.HOSPITAL],
        quarantine_project=answers[keys.QUARANTINE_PROJECT],
        subject_label=answers[keys.SUBJECT],
        session_label=answers[keys.SESSION],
        allow=answers[keys.ALLOW],
        deny=answers[keys.DENY],
        rules=answers[keys.RULES],
        routes=answers[keys.ROUTE],
        checks=answers[keys.CHECKS],
        rt=_rt_policy(answers),
        links=Links(
            dose_to_plan=answers[keys.DOSE_TO_PLAN],
            plan_to_structures=answers[keys.PLAN_TO_STRUCTURES],
            structures_to_images=answers[keys.STRUCTURES_TO_IMAGES],
            record_to_plan=answers[keys.RECORD_TO_PLAN],
            rt_image_to_plan=answers[keys.RT_IMAGE_TO_PLAN],
            segmentation_to_images=answers[keys.SEGMENTATION_TO_IMAGES],
            registration_to_images=answers[keys.REGISTRATION_TO_IMAGES],
            fiducials_to_images=answers[keys.FIDUCIALS_TO_IMAGES],
            second_generation=answers[keys.SECOND_GENERATION],
        ),
        phantom_uid_prefixes=answers[keys.PHANTOM_UIDS],
        duplicates=_duplicate_policy(answers),
        quarantine=answers[keys.QUARANTINE],
        conflict=answers[keys.CONFLICT],
        rejected_keep=answers[keys.KEEP],
    )


def _rt_policy(answers: _Answers) -> RTPolicy:
    return RTPolicy(
        orphan=answers[keys.ORPHAN],
        partial=answers[keys.PARTIAL],
        unverifiable=answers[keys.UNVERIFIABLE],
        wait_for_images=answers[keys.WAIT],
        shared_series=answers[keys.SHARED_SERIES],
        shared_number=answers[keys.SHARED_NUMBER],
        dose_without_plan=answers[keys.DOSE_ALONE],
        device_plans=answers[keys.DEVICE_PLANS],
        point_sets=answers[keys.POINT_SETS],
        verification=answers[keys.VERIFICATION],
        elsewhere=answers[keys.ELSEWHERE],
    )


def _duplicate_policy(answers: _Answers) -> DuplicatePolicy:
    return DuplicatePolicy(
        same_bytes=answers[keys.SAME_BYTES],
        other_bytes=answers[keys.OTHER_BYTES],
        same_pixels=answers[keys.SAME_PIXELS],
        new_uid=answers[keys.NEW_UID],
    )
