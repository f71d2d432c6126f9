"""Protocols as files: what YAML may hold, and how its mistakes are told."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import Fault, NoList, Protocol, ProtocolInvalid, parse, plain
from xnat_gate.edge.protocol_file import LARGEST, default_path, default_text, load, loads
from xnat_gate.edge.protocol_file.structure import structure_faults
from xnat_gate.edge.protocol_file.tree import tree_of

HEAD = "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n"
GOOD = HEAD + "allow: {Modality: [CT, MR]}\n"


def told(text: str) -> list[str]:
    """The faults, without their columns."""
    with pytest.raises(ProtocolInvalid) as invalid:
        loads(text, VOCABULARY, "mine.yaml")
    return [
        re.sub(r"(: line [0-9]+), column [0-9]+", r"\1", line) for line in str(invalid.value).splitlines()
    ]


def test_a_protocol_is_read_from_a_file_with_the_digest_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(GOOD.replace("\n", "\r\n").encode())
    protocol = load(path, VOCABULARY)
    assert protocol.hospital == "HOSPITAL"
    assert protocol.sha256 == sha256(path.read_bytes()).hexdigest()


def test_a_byte_order_mark_does_not_matter_but_counts_in_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(path, VOCABULARY).sha256 == sha256(path.read_bytes()).hexdigest()


def test_the_default_does_what_dasher_did() -> None:
    protocol = loads(default_text(), VOCABULARY, "default.yaml")
    assert str(protocol.allow["Modality"]) == "CT, MR, PT, RTSTRUCT, RTPLAN, RTDOSE, RTIMAGE, REG"
    assert protocol.deny == {"ManufacturerModelName": NoList.NONE}


def test_the_default_writes_out_what_holds_when_it_is_not_written() -> None:
    full, short = loads(default_text(), VOCABULARY, ""), loads(GOOD, VOCABULARY, "")
    assert (full.rt, full.links, full.quarantine, full.conflict, full.rejected_keep) == (
        short.rt,
        short.links,
        short.quarantine,
        short.conflict,
        short.rejected_keep,
    )
    assert (full.subject_label, full.session_label) == (short.subject_label, short.session_label)


def test_the_default_is_found_where_the_program_is_installed() -> None:
    assert default_path().is_file()
    assert default_path().read_text(encoding="utf-8") == default_text()


def test_every_fault_stands_on_a_line_of_its_own_after_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + "deny:\n  ManufacturerModelNam: [Aera]\nrt: {orphn: hold}\n", encoding="utf-8")
    with pytest.raises(ProtocolInvalid) as invalid:
        load(path, VOCABULARY)
    assert str(invalid.value).splitlines() == [
        f"{path}: line 5, column 3: deny.ManufacturerModelNam: unknown keyword; did you mean ManufacturerModelName?",
        f"{path}: line 6, column 6: rt.orphn: unknown key; did you mean orphan?",
    ]


def test_a_protocol_without_projects_is_refused_with_line_key_and_remedy() -> None:
    (only,) = told("# mine\nprotocol: 1\nallow: {Modality: ALL}\n")
    remedy = "add it, such as projects: {hospital: HOSPITAL, quarantine: QUARANTINE}"
    assert only == f"mine.yaml: line 2: projects: is missing; {remedy}"


@pytest.mark.parametrize("word", ["NO", "YES", "on", "12", "0123", "12:30", "1.5", "0x1F", "0x_", "9" * 5000])
def test_a_bare_word_that_yaml_takes_for_something_else_is_refused_as_it_was_written(word: str) -> None:
    (only,) = told(HEAD + f"allow: {{Manufacturer: [Acme, {word}]}}\n")
    assert only.startswith(f"mine.yaml: line 3: allow.Manufacturer: YAML reads {word} as a ")
    assert only.endswith(f'put it in quotes: "{word}"')


@pytest.mark.parametrize("word", ["2024-01-30", "1e3", "=", "y", "'NO'", '"12"'])
def test_what_yaml_need_not_take_for_something_else_is_text(word: str) -> None:
    listed = loads(HEAD + f"allow: {{Manufacturer: [{word}]}}\n", VOCABULARY, "").allow["Manufacturer"]
    assert str(listed) == word.strip("'\"")


def test_the_column_is_that_of_the_value() -> None:
    with pytest.raises(ProtocolInvalid) as invalid:
        loads(HEAD + "allow: {Modality: [CT, NO]}\n", VOCABULARY, "")
    (fault,) = invalid.value.faults
    assert (fault.line, fault.column) == (3, 24)


def test_a_key_given_twice_is_refused_with_both_lines() -> None:
    assert told(GOOD + "allow: {Modality: ALL}\n") == [
        "mine.yaml: line 4: allow: given twice, on line 3 and on line 4; keep one of them"
    ]
    assert told(HEAD + "allow:\n  Modality: [CT]\n  Modality: [MR]\n") == [
        "mine.yaml: line 5: allow.Modality: given twice, on line 4 and on line 5; keep one of them"
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("deny: &x {}\n", "deny: the anchor &x is not used in a protocol"),
        ("deny: {Manufacturer: &x [Acme]}\n", "deny.Manufacturer: the anchor &x is not used in a protocol"),
        ("deny: !!map {}\n", "deny: a YAML tag (!) is not used in a protocol"),
        ("deny: !!python/object/apply:os.system [ls]\n", "deny: a YAML tag (!) is not used in a protocol"),
        ("name: !!str 12\n", "name: a YAML tag (!) is not used in a protocol"),
        ("rt: {<<: {orphan: note}}\n", "rt.<<: the merge key << is not used in a protocol"),
        ("---\nprotocol: 1\n", "a second document is not used in a protocol"),
        ('name: "a\\nb"\n', "name: text with line breaks or unseen characters is not used in a protocol"),
        ('name: "a\\ud800"\n', "name: text with line breaks or unseen characters is not used in a protocol"),
        ("name: a\u00a0b\n", "name: text with line breaks or unseen characters is not used in a protocol"),
    ],
)
def test_what_yaml_can_do_and_a_protocol_does_not_need_is_refused(lines: str, expected: str) -> None:
    (only,) = told(GOOD + lines)
    assert only.startswith(f"mine.yaml: line 4: {expected}; ")


def test_an_alias_is_refused_and_not_followed() -> None:
    assert told(GOOD + "name: &a trial\ndeny: {Manufacturer: [*a]}\n") == [
        "mine.yaml: line 4: name: the anchor &a is not used in a protocol; write the value out where it is needed",
        "mine.yaml: line 5: deny.Manufacturer: the alias *a is not used in a protocol; write the value out",
    ]


def test_faults_of_yaml_and_of_meaning_come_together() -> None:
    assert len(told(GOOD + "name: !x trial\nrt: {orphn: hold}\nrules: {}\n")) == 3


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("protocol: 1\nrt:\n\torphan: hold\n", 3, "indent with blanks, not with tabs"),
        ("protocol: 1\nname: a: b\n", 2, "put text that holds a colon in quotes"),
        ("allow: {Modality: [CT\n", 2, "look at this line"),
        ('name: "trial\n', 2, "look at this line"),
        ("deny: {Manufacturer: [*ABC*]}\n", 1, "not YAML"),
        ('name: "\\UFFFFFFFF"\n', 1, "not YAML"),
        ("name: a\x07b\n", 1, "no text file should hold"),
        ("protocol: 1\nname: a\x00b\n", 2, "no text file should hold"),
        ("%YAML 1." + "9" * 5000 + "\n---\n", 1, "not YAML"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int, words: str) -> None:
    (only,) = told(text)
    assert only.startswith(f"mine.yaml: line {line}: ")
    assert words in only


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "\ufeff"])
def test_an_empty_file_is_refused(text: str) -> None:
    (only,) = told(text)
    assert "a group of keys is needed, not nothing" in only


def test_a_file_that_is_not_utf_8_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(GOOD.encode() + "name: \u00dcbung\n".encode("latin-1"))
    with pytest.raises(
        ProtocolInvalid, match="line 4, column 7: is not UTF-8; save the file as UTF-8 text"
    ) as invalid:
        load(path, VOCABULARY)
    assert invalid.value.faults[0].column == 7


def test_a_file_of_another_kind_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(ProtocolInvalid, match="larger than 256 KB; is this the right file"):
        load(path, VOCABULARY)
    with pytest.raises(ProtocolInvalid, match="larger than 256 KB"):
        loads(" " * (LARGEST + 1), VOCABULARY, "")


def test_a_file_that_is_not_there_is_no_matter_of_the_protocol(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.yaml", VOCABULARY)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_text_nested_without_end_is_left_at_once(opening: str) -> None:
    (only,) = told(opening * (LARGEST // len(opening)))
    assert "nested deeper than 20 levels" in only


def test_the_schema_repeats_nothing_that_the_parser_has_said() -> None:
    lines = told(
        "protocol: 2\nprojets: {}\nallow: {modality: CT}\ndeny:\nrt: {orphan: 1, x: y}\nrejected: {keep: 30}\n"
    )
    assert not [line for line in lines if "schema" in line]
    assert len(lines) == len(set(lines))


def test_the_schema_speaks_where_the_parser_is_silent() -> None:
    document, refused = tree_of(HEAD + "allow: {Modality: [CT]}\nrt: {orphan: rejct}\nlinks: []\n")
    assert document is not None
    assert not refused
    (links,) = structure_faults(document, [Fault(4, 5, "rt.orphan", "told already")])
    assert (links.line, links.key, links.message) == (5, "links", "does not fit the schema (type)")


LINES = GOOD.splitlines() + default_text().splitlines()
pieces = st.sampled_from(
    [*LINES, *"{}[]:,-&*!|>%@`\"'#?\t", "<<: ", "---", "...", "\\U00110000", "!!int ", "0x_", "\r"]
)


def outcome(text: str) -> Protocol | tuple[Fault, ...]:
    try:
        return loads(text, VOCABULARY, "x")
    except ProtocolInvalid as invalid:
        return invalid.faults


@given(st.text())
def test_no_text_whatever_makes_the_reader_crash(text: str) -> None:
    assert isinstance(outcome(text), tuple)


@given(st.lists(pieces, max_size=30), st.sampled_from(["", "\n", " "]))
def test_no_heap_of_yaml_makes_the_reader_crash(heap: list[str], glue: str) -> None:
    assert outcome(glue.join(heap))


@given(st.data())
@settings(max_examples=150)
def test_damage_to_the_default_is_refused_or_harmless(data: st.DataObject) -> None:
    text = default_text()
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 40)))
    result = outcome(text[:start] + data.draw(st.text(max_size=3) | pieces) + text[end:])
    if isinstance(result, tuple):
        assert all(fault.line >= 1 for fault in result)
    else:
        assert result.allow


@given(st.binary(max_size=200))
def test_no_bytes_whatever_make_the_reader_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("protocol") / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ProtocolInvalid):
        load(path, VOCABULARY)


@given(st.data())
@settings(max_examples=100)
def test_the_parser_accepts_nothing_that_the_schema_refuses(data: st.DataObject) -> None:
    """The schema is the second opinion: it must never be the only one that complains."""
    text = default_text()
    start = data.draw(st.integers(0, len(text)))
    document, _ = tree_of(text[:start] + data.draw(pieces) + text[start:])
    if document is None:
        return
    try:
        parse(document, VOCABULARY)
    except ProtocolInvalid:
        return
    assert list(structure_faults(document)) == []
    assert json.dumps(plain(document))
