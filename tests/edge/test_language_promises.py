"""The same, where YAML or DICOM files are needed."""

from __future__ import annotations

import io

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from tests.core.test_rule_faults import RULE, read
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core import rules
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.core.study import Instance, Study
from xnat_gate.edge.dicom_files.asking import asked_of
from xnat_gate.edge.dicom_files.reading import read_object
from xnat_gate.edge.protocol_file import loads, structure
from xnat_gate.sandbox.phantoms import EXPLICIT, IMPLICIT, ct_series, item

HEAD = "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n"
ALLOW = "allow: {Modality: ALL}\n"


def ruled(**more: object) -> Protocol:
    return read(rules=[{**RULE, **more}])


def is_broken(protocol: Protocol, image: Dataset, syntax: str = EXPLICIT) -> bool:
    """Whether the file breaks the rule; one that cannot be read lets nothing past either."""
    file = io.BytesIO()
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.TransferSyntaxUID = UID(syntax)
    image.save_as(file, enforce_file_format=True)
    file.seek(0)
    found = read_object("file", file, protocol.keywords)
    return not isinstance(found, Instance) or bool(list(rules.findings(protocol, Study("1", (found,)))))


def faults_of(text: str) -> list[str]:
    """None where it can be used."""
    try:
        loads(text, VOCABULARY, "mine.yaml")
    except ProtocolInvalid as invalid:
        return [str(fault) for fault in invalid.faults]
    return []


def test_what_lies_in_a_private_sequence_that_cannot_be_opened_is_not_told_as_absent() -> None:
    image = ct_series(None, slices=1)[0]
    image.private_block(0x0029, "PHANTOM", create=True).add_new(0x10, "SQ", [item(PatientName="DOE^JANE")])
    clean = ruled(require={'(0029,"PHANTOM",10).PatientName': {"absent": True}})
    assert is_broken(clean, image, EXPLICIT)
    assert is_broken(clean, image, IMPLICIT)


def test_a_private_element_of_bytes_promises_nothing_of_its_text() -> None:
    protocol = ruled(require={'(0029,"PHANTOM",10)': {"not": {"glob": "*DOE*"}}})
    for vr in ("UN", "OB"):
        image = ct_series(None, slices=1)[0]
        image.private_block(0x0029, "PHANTOM", create=True).add_new(0x10, vr, b"DOE^JANE")
        assert is_broken(protocol, image), vr


def test_a_private_double_is_the_number_that_the_protocol_names() -> None:
    image = ct_series(None, slices=1)[0]
    image.private_block(0x0019, "PHANTOM", create=True).add_new(0x02, "FD", 1.0)
    assert is_broken(ruled(when={'(0019,"PHANTOM",02)': 1}), image)


def test_a_path_that_is_deeper_than_any_file_is_refused_and_ends_no_reader() -> None:
    path = ".".join(["ConceptNameCodeSequence"] * 1000 + ["CodeValue"])
    text = f"{HEAD}{ALLOW}rules:\n- {{id: A, title: t, otherwise: hold, when: {{? {path} : x}}}}\n"
    crashed = False
    try:
        asked_of(loads(text, VOCABULARY, "mine.yaml").keywords)
    except ProtocolInvalid:
        pass
    except RecursionError:  # its traceback would take longer to write than all other tests
        crashed = True
    assert not crashed


def test_the_second_opinion_takes_time_in_proportion_to_the_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """4000 lines such as these, 40 KB, take 20 seconds, and 256 KB take many minutes."""
    compared, lines = 0, 300
    compare = structure._of_one_line

    def counting(path: str, key: str) -> bool:
        nonlocal compared
        compared += 1
        return compare(path, key)

    monkeypatch.setattr(structure, "_of_one_line", counting)
    faults_of(HEAD + ALLOW + "checks:\n" + "".join(f"  RT{number}x: 1\n" for number in range(lines)))
    assert compared < 20 * lines


def test_a_key_that_is_no_text_is_told_as_the_administrator_wrote_it() -> None:
    faults = faults_of(f"{HEAD}{ALLOW}? [CT, MR]\n: x\n")
    assert not [one for one in faults if "Node(" in one]


@pytest.mark.parametrize(
    "line",
    [
        'checks: {RT022: " hold"}',
        'rules: [{id: A, title: t, otherwise: "hold ", when: {Modality: CT}}]',
        'rules: [{id: A, title: t, otherwise: hold, when: {ImageType: {count: "3"}}}]',
    ],
)
def test_the_schema_refuses_nothing_that_the_parser_accepts(line: str) -> None:
    """Else the refusal names no mistake and no remedy."""
    assert not [one for one in faults_of(f"{HEAD}{ALLOW}{line}\n") if "does not fit the schema" in one]
