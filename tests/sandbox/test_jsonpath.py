"""The JSONPath that matchers, subscriptions and templates use."""

from __future__ import annotations

import pytest

from xnat_gate.sandbox.jsonpath import PathError, find, matches

SESSION = {
    "label": "E1",
    "scans": [
        {"id": "1", "scan-type": "T1", "frames": 3},
        {"id": "2", "scan-type": "t2 (x)", "frames": 5, "note": "it's", "kept": True},
    ],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.label", ["E1"]), ("$['label']", ["E1"]), ("$.none", []), ("$.label.none", []), ("$.scans[1].id", ["2"]),
        ("$.scans[*].id", ["1", "2"]), ("$.scans[9]", []), ("$..frames", [3, 5]),
        ("$.scans[?(@.scan-type == 't2 (x)' && (@.frames > 3))].id", ["2"]),
    ],
)  # fmt: skip
def test_a_path_leads_to_all_its_values(path: str, found: list[object]) -> None:
    assert find(path, SESSION) == found


@pytest.mark.parametrize(
    ("predicate", "ids"),
    [
        ("@.id == '2'", "2"), ('@.id == "2"', "2"), ("@.id == 2", ""), ("@.frames >= 3 && @.frames < 5", "1"),
        ("@.id != '1' || @.frames <= 3", "12"), ("@.note", "2"), ("!(@.note)", "1"), ("@.kept == true", "2"),
        ("@.scan-type =~ /T.*/i", "12"), ("@.scan-type =~ /T/", ""), ("@.id in ['2', '3']", "2"),
        ("@.id nin ['2']", "1"), ("@.note == 'it\\'s'", "2"), ("@['id'] == '1'", "1"), ("@.none == null", ""),
    ],
)  # fmt: skip
def test_a_predicate_keeps_what_it_names(predicate: str, ids: str) -> None:
    assert "".join(str(scan["id"]) for scan in SESSION["scans"] if matches(predicate, scan)) == ids  # type: ignore[index]


@pytest.mark.parametrize(
    "predicate", ["", "@.a = 'b'", "@.a ==", "@.a == b", "a == 'b'", "(@.a", "@.a =~ /[/", "@.a == 'b' @.c"]
)
def test_what_cannot_be_read_is_refused(predicate: str) -> None:
    with pytest.raises(PathError):
        matches(predicate, {"a": "b"})


@pytest.mark.parametrize("path", ["label", "$.a[?(@.b == 'c')", "$.a[?(@.b)x]", "$.a[1:2]", "$.a.length()"])
def test_a_path_beyond_what_is_played_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        find(path, {})
