"""What might be taken out without being kept, or let in without being judged: damaged files, strangers, lost notes.

Each scenario has been a fault once.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.hospital import Site, digests_of
from tests.roads.looking import container, in_xnat, looked, once_before, rejected_in_xnat
from tests.roads.test_second_thoughts import CORK, LABELS
from tests.roads.test_two_looks import kept
from tests.roads.test_what_a_look_reads import delivered, look_at, twins
from xnat_gate.cli.exits import Exit
from xnat_gate.core.archive import PrearchiveRow
from xnat_gate.core.manifest import NAME
from xnat_gate.core.states import State
from xnat_gate.edge import bundles
from xnat_gate.edge.xnat import Xnat
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.prearchive import resolve
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set, rtstruct, save

WAX = Patient("PHANTOM^WAX", "WAX-2")


def put(site: Site, uri: str, resource: str, name: str, body: bytes) -> None:
    """A member puts a file beside a waiting session."""
    requests.put(
        f"{site.sandbox.url}/data{uri}/resources/{resource}/files/{name}?inbody=true", data=body,
        auth=("member", "member"), headers={"Content-Type": "text/plain"}, timeout=30,
    ).raise_for_status()  # fmt: skip


def orphans(folder: Path, *numbers: int) -> None:
    """Structure sets of images that are nowhere, one series each."""
    others = ct_series(None, CORK, series=9)
    for number in numbers:
        save(rtstruct(None, others, series=number), folder / f"rs-{number}.dcm")


def cut_short(source: Path, target: Path) -> None:
    """XNAT reads headers alone, and takes it."""
    target.write_bytes(source.read_bytes()[:-40])


def zipped_names(site: Site) -> list[str]:
    """The names in all zips on the shelf."""
    zips = (zipfile.ZipFile(io.BytesIO(site.get(row["URI"]).content)) for row in rejected_in_xnat(site))
    return [name for one in zips for name in one.namelist()]


# --- taken out --------------------------------------------------------------------------------------------------


def test_a_damaged_file_of_a_session_that_is_rejected_whole_is_kept_with_it(site: Site) -> None:
    orphans(site.root / "files", 14)
    ct_series(site.root / "images", CORK)
    cut_short(min((site.root / "images").glob("*.dcm")), site.root / "files" / "cut.dcm")
    sent = set(digests_of(site.root / "files"))
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    assert [one.state for one in looked(site)] == [State.REJECTED]
    assert site.waiting("HOSPITAL") == []
    assert kept(site) == sent


def test_a_damaged_file_keeps_the_scans_of_rejected_objects_in_xnat(site: Site) -> None:
    """It may lie in one of them."""
    ct_series(site.root / "files", CORK)
    orphans(site.root / "files", 14)
    other = rtstruct(None, ct_series(None, CORK, series=9), series=14)
    other.SOPInstanceUID += ".7"
    save(other, site.root / "other.dcm")
    cut_short(site.root / "other.dcm", site.root / "files" / "cut.dcm")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    (became,) = looked(site)
    assert became.state is State.HELD
    assert "cannot be read" in became.why
    assert in_xnat(site) == digests_of(site.root / "files")


def test_what_somebody_put_beside_a_session_that_is_rejected_is_kept(site: Site) -> None:
    orphan_structure_set(site.root / "files")
    uri = site.upload(site.root / "files", "HOSPITAL")
    put(site, uri, "NOTES", "contours.txt", b"drawn by hand")
    assert [one.state for one in looked(site)] == [State.REJECTED]
    (name,) = (name for name in zipped_names(site) if name.endswith("contours.txt"))
    assert len(zipped_names(site)) == 3, name


def half(whole: Iterator[bytes]) -> Iterator[bytes]:
    """The zip without its images, as an XNAT sends it that cannot read a file and says nothing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(b"".join(whole))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            if "ct" not in name.rpartition("/")[2]:
                target.writestr(name, source.read(name))
    yield out.getvalue()


def test_nothing_is_taken_out_of_a_session_whose_files_xnat_does_not_list(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphans(site.root / "files", 14)
    save(ct_series(None, CORK)[0], site.root / "files" / "ct.dcm")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    whole = Xnat.stream
    monkeypatch.setattr(Xnat, "stream", lambda xnat, row: half(whole(xnat, row)))
    with site.sandbox.faults.add(
        Fault(kind=Kind.STATUS, method="GET", path="/data/prearchive/*/resources", code=404)
    ):
        (became,) = looked(site)
    assert became.state is State.HELD
    assert "does not list the files" in became.why
    assert in_xnat(site) == digests_of(site.root / "files")


def test_what_joins_a_scan_while_another_is_taken_out_is_not_taken_out_with_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    orphans(site.root / "files", 14, 15)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    for number in (14, 15):
        late = rtstruct(None, ct_series(None, CORK, series=9), series=number)
        late.SOPInstanceUID += ".7"
        save(late, site.root / "late" / f"late-{number}.dcm")
    whole = Xnat.remove_scan

    def then_one_comes(xnat: Xnat, row: PrearchiveRow, scan: object) -> None:
        whole(xnat, row, scan)  # type: ignore[arg-type]
        monkeypatch.setattr(Xnat, "remove_scan", whole)
        site.upload(site.root / "late", "HOSPITAL", **LABELS)

    monkeypatch.setattr(Xnat, "remove_scan", then_one_comes)
    looked(site)
    assert set(digests_of(site.root / "late")) <= set(in_xnat(site)) | kept(site)


# --- let in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stranger.bin", "IMAGE"])
def test_a_file_among_the_scans_that_is_no_dicom_holds_the_session(site: Site, name: str) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    scan = min((site.root / "xnat" / "prearchive").rglob("*.dcm")).parent
    (scan / name).write_bytes(b"data of another kind")
    (became,) = looked(site)
    assert became.state is State.HELD
    assert "1 file(s) among the scans" in became.why
    assert site.sessions("HOSPITAL") == []


def test_other_contents_under_the_same_names_do_not_go_in_unjudged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come while the notes are taken away, which may change the row's time by itself."""
    images = ct_series(site.root / "files", CORK, ManufacturerModelName="Good")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    for image, path in zip(images, sorted((site.root / "files").glob("*.dcm")), strict=True):
        image.ManufacturerModelName = "Evil"
        save(image, site.root / "evil" / path.name)
    protocol = site.protocol("deny: {ManufacturerModelName: [Evil]}\n")
    evil = lambda: site.upload(site.root / "evil", "HOSPITAL", **LABELS)  # noqa: E731
    once_before(monkeypatch, Xnat, "clear_annotation", evil)
    assert [one.state for one in looked(site, protocol=protocol)] == [State.DELIVERED]
    assert site.sessions("HOSPITAL") == []
    assert [one.state for one in looked(site, protocol=protocol)] == [State.QUARANTINED]


# --- what stood against it when it came -------------------------------------------------------------------------


def test_more_of_a_study_does_not_lift_what_holds_it(site: Site) -> None:
    held = {one.uri for one in twins(site)}
    ct_series(site.drop / "late", CORK, study=1, series=5, number=55)
    (late,) = delivered(site)
    assert late.uri in held
    (became,), _ = look_at(site, late.uri, late.manifest)
    assert became.state is State.HELD
    assert "RT014" in became.why


@pytest.mark.parametrize("code", [403, 500])
def test_a_resolution_that_xnat_refuses_lifts_nothing_for_the_next_look(site: Site, code: int) -> None:
    one, _ = twins(site)
    refuses = Fault(kind=Kind.STATUS, method="POST", path="/data/services/archive", code=code, times=1)
    with container(site) as parts, site.sandbox.faults.add(refuses) as refused:
        row = parts.archive.row(one.uri)
        assert row is not None
        list(resolve(row, "NEW-1", parts))
        assert refused.fired == 1
    (became,), _ = look_at(site, one.uri, "")
    assert became.state is State.HELD
    assert "RT014" in became.why


@pytest.mark.parametrize("code", [404, 204])
def test_a_manifest_that_is_listed_and_not_given_out_is_not_taken_for_none(site: Site, code: int) -> None:
    one, _ = twins(site)
    gives = Fault(kind=Kind.STATUS, method="GET", path=f"/data/prearchive/*/{NAME}", code=code, times=1)
    with site.sandbox.faults.add(gives):
        (became,), _ = look_at(site, one.uri, "")
    assert became.state is State.DELIVERED
    assert site.sessions("HOSPITAL") == []


def test_what_is_left_beside_a_session_while_it_is_judged_is_heeded(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The importer leaves it after it has compared what XNAT holds, and the schedule does not wait for that."""
    ct_series(site.root / "files", CORK)
    uri = site.upload(site.root / "files", "HOSPITAL")
    text = (
        b'{"version":1,"study_uid":"","uri":"","changed":"","keywords":[],'
        b'"holdings":[{"id":"RT014","message":"so"}],"groups":[]}'
    )
    once_before(monkeypatch, Xnat, "objections", lambda: put(site, uri, "GATE", NAME, text))
    assert [one.state for one in looked(site)] == [State.DELIVERED]
    assert [one.state for one in looked(site)] == [State.HELD]


def test_a_look_that_comes_while_the_importer_still_compares_heeds_what_it_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long download lies between the delivery and the manifest, and the schedule does not wait for it."""
    looks: list[Passage] = []
    once_before(monkeypatch, Xnat, "stream", lambda: looks.extend(looked(site)))
    twins(site)
    assert [one.state for one in looks] == [State.HELD]
    assert site.sessions("HOSPITAL") == []


HOSTILE = {
    "endless": '{"version":2,"study_uid":"","uri":"","changed":"","keywords":[],"holdings":[],"groups":[{"folder":"",'
    '"common":{},"objects":[{"name":"a","size":1e999,"md5":"","sha256":"","header":{}}]}]}',
    "half a letter": '{"version":2,"study_uid":"","uri":"","changed":"","keywords":[],"groups":[],'
    '"holdings":[{"id":"RT014","message":"\\ud800"}]}',
    "half a version": '{"version":"\\udfff"}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_manifest_holds_its_session_and_stops_no_other(site: Site, text: str) -> None:
    ct_series(site.root / "files", CORK)
    uri = site.upload(site.root / "files", "HOSPITAL")
    put(site, uri, "GATE", NAME, text.encode())
    ct_series(site.root / "other", WAX, study=2)
    site.upload(site.root / "other", "HOSPITAL")
    assert [one.state for one in looked(site)] == [State.HELD, State.ARCHIVED]


# --- a machine in trouble ---------------------------------------------------------------------------------------


def test_a_session_that_does_not_fit_on_the_disk_stops_no_other(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    ct_series(site.root / "other", WAX, study=2)
    site.upload(site.root / "other", "HOSPITAL")

    def full() -> None:
        raise OSError(28, "No space left on device", "/somewhere/PHANTOM")

    once_before(monkeypatch, bundles, "_poured", full)  # type: ignore[arg-type]
    first, second = looked(site)
    assert (first.state, second.state) == (State.DELIVERED, State.ARCHIVED)
    assert "No space left on device" in first.why
    assert "PHANTOM" not in first.why
    assert site.prearchive() == Exit.PASSED
