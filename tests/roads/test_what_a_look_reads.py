"""What a look reads: all of a session, or nothing of it but a manifest that proves what is there; never a part."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.hospital import Site, digests_of
from tests.roads.looking import container, in_xnat, looked, never, once_before, rejected_in_xnat
from tests.roads.test_second_thoughts import CORK, LABELS, somebody
from xnat_gate.cli.exits import Exit
from xnat_gate.core.archive import Entry
from xnat_gate.core.manifest import NAME
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.edge.xnat import Xnat
from xnat_gate.edge.xnat.keeping import XnatShelf
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.roads.prearchive import delete_row, look
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import (
    Patient,
    ct_series,
    orphan_structure_set,
    rt_study,
    rtstruct,
    save,
    ultrasound,
)

DOWNLOAD = "/data/prearchive/projects/*/*/*"


def delivered(site: Site, protocol: Path | None = None) -> list[Passage]:
    """Imported as far as the prearchive; the second look is somebody else's."""
    with container(site, protocol) as parts:
        own = replace(parts, rejected=parts.held)
        importing = Importing(
            drop=DropFolder(site.drop),
            gate=own,
            quiet_period=0.2,
            look=lambda row, gate, manifest: iter((_waits(row.uri, manifest),)),
        )
        return [one for one in importing.once() if one.uri]


def _waits(uri: str, manifest: str) -> Passage:
    return Passage(what="session", files=1, state=State.DELIVERED, where="", uri=uri, manifest=manifest)


def look_at(site: Site, uri: str, manifest: str, protocol: Path | None = None) -> tuple[list[Passage], str]:
    """One container's look at one row, and what it told on the way."""
    told: list[str] = []
    with container(site, protocol, told) as parts:
        row = parts.archive.row(uri)
        assert row is not None
        return list(look(row, parts, manifest_sha256=manifest)), "\n".join(told)


def manifest_of(site: Site, uri: str) -> requests.Response:
    return site.get(f"/data{uri}/resources/GATE/files/{NAME}")


def one_delivered(site: Site) -> tuple[str, str]:
    """URI and digest of the manifest of a linked study that waits."""
    rt_study(site.drop / "study", CORK)
    (one,) = delivered(site)
    return one.uri, one.manifest


# --- by the manifest --------------------------------------------------------------------------------------------


def test_a_look_that_knows_the_manifests_digest_archives_without_fetching_an_object(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    (one,) = delivered(site)
    assert hashlib.sha256(manifest_of(site, one.uri).content).hexdigest() == one.manifest
    never(monkeypatch, Xnat, "stream")
    (became,), _ = look_at(site, one.uri, one.manifest)
    assert became.state is State.ARCHIVED
    assert site.digests("HOSPITAL", "CORK-1") == sent


def test_the_manifest_does_not_follow_the_session_into_the_archive(site: Site) -> None:
    uri, digest = one_delivered(site)
    look_at(site, uri, digest)
    rows = site.get("/data/projects/HOSPITAL/experiments/CORK-1/resources?format=json").json()
    assert rows["ResultSet"]["Result"] == []


def test_a_verdict_by_the_manifest_is_the_verdict_of_the_whole_session(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt_study(site.drop / "study", CORK)
    min((site.drop / "study").glob("CT*.dcm")).unlink()
    (one,) = delivered(site)
    with monkeypatch.context() as without:
        never(without, Xnat, "stream")
        (by_manifest,), _ = look_at(site, one.uri, one.manifest)
    (row,) = site.waiting("HOSPITAL")
    told = site.reason_of(row)
    (whole,), _ = look_at(site, one.uri, "")
    assert site.reason_of(row) == told
    assert by_manifest == whole
    assert whole.state is State.HELD


@pytest.mark.parametrize("digest", ["", "0" * 64, "the one of what was left"])
def test_a_manifest_that_is_not_the_one_that_was_named_is_not_believed(site: Site, digest: str) -> None:
    """Anybody who may edit the project can put one there."""
    uri, left = one_delivered(site)
    text = manifest_of(site, uri).content
    forged = text.replace(b'"PatientID":["CORK-1"]', b'"PatientID":["EVIL-1"]')
    assert forged != text
    path = f"/data{uri}/resources/GATE/files/{NAME}"
    somebody(site, "DELETE", path)
    requests.put(
        f"{site.sandbox.url}{path}?inbody=true", data=forged, auth=("member", "member"),
        headers={"Content-Type": "text/plain"}, timeout=30,
    ).raise_for_status()  # fmt: skip
    assert manifest_of(site, uri).content == forged
    (became,), _ = look_at(site, uri, left if digest.startswith("the") else digest)
    assert became.state is State.ARCHIVED
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_a_session_that_was_touched_since_is_read_whole(site: Site) -> None:
    uri, digest = one_delivered(site)
    somebody(site, "POST", f"/data{uri}", action="set-status", status="ERROR")
    (became,), told = look_at(site, uri, digest)
    assert "reading CORK-1 whole: something has touched it since" in told
    assert became.state is State.ARCHIVED


def test_an_object_of_the_same_name_and_size_that_takes_anothers_place_is_read(site: Site) -> None:
    """Names and sizes prove nothing."""
    images = ct_series(site.drop / "study", CORK, ManufacturerModelName="Good")
    protocol = site.protocol("deny: {ManufacturerModelName: [Evil]}\n")
    (one,) = delivered(site, protocol)
    for image in images:
        image.ManufacturerModelName = "Evil"
        save(image, site.root / "evil" / f"{image.SOPInstanceUID}.dcm")
    site.upload(site.root / "evil", "HOSPITAL", **LABELS)
    (became,), told = look_at(site, one.uri, one.manifest, protocol)
    assert "reading CORK-1 whole" in told
    assert became.state is State.QUARANTINED


def test_an_object_that_joined_since_is_read(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    (one,) = delivered(site)
    ultrasound(site.root / "late", CORK, study=1)
    site.upload(site.root / "late", "HOSPITAL", **LABELS)
    (became,), told = look_at(site, one.uri, one.manifest)
    assert "reading CORK-1 whole: XNAT lists other files" in told
    assert became.state is State.QUARANTINED


def test_a_protocol_that_asks_for_a_keyword_that_was_not_read_has_the_session_read_whole(site: Site) -> None:
    uri, digest = one_delivered(site)
    protocol = site.protocol("deny: {StudyDescription: [nothing]}\n")
    (became,), told = look_at(site, uri, digest, protocol)
    assert "asks for StudyDescription, which was not read" in told
    assert became.state is State.ARCHIVED


def test_an_xnat_that_does_not_list_its_files_has_the_session_read_whole(site: Site) -> None:
    uri, digest = one_delivered(site)
    refuses = Fault(kind=Kind.STATUS, method="GET", path="/data/prearchive/*/resources", code=404)
    with site.sandbox.faults.add(refuses):
        (became,), told = look_at(site, uri, digest)
    assert "XNAT does not list its files" in told
    assert became.state is State.ARCHIVED


def test_a_delivery_succeeds_where_no_manifest_can_be_left(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    refuses = Fault(kind=Kind.STATUS, method="PUT", path="/data/prearchive/*", code=403)
    with site.sandbox.faults.add(refuses):
        (one,) = delivered(site)
    assert one.manifest == ""
    assert site.left_in_drop() == []
    (became,), _ = look_at(site, one.uri, "")
    assert became.state is State.ARCHIVED


def test_an_import_that_crosses_the_comparison_leaves_no_manifest(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.drop / "study", CORK)
    ultrasound(site.root / "late", CORK, study=1)
    once_before(monkeypatch, Xnat, "stream", lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS))
    (one,) = delivered(site)
    assert one.manifest == ""
    assert manifest_of(site, one.uri).status_code == 404


# --- what stood against a session when it came --------------------------------------------------------------------


def twins(site: Site) -> list[Passage]:
    """Two studies that share a series, which only whoever saw both can know."""
    shared = {"SeriesInstanceUID": "1.2.3.4.5"}
    ct_series(site.drop / "both" / "a", CORK, study=1, **shared)
    ct_series(site.drop / "both" / "b", Patient("PHANTOM^WAX", "WAX-2"), study=2, **shared)
    return delivered(site)


@pytest.mark.parametrize("knows", [True, False])
def test_what_held_a_study_when_it_came_holds_it_for_a_look_without_the_journal(
    site: Site, knows: bool
) -> None:
    for one in twins(site):
        (became,), _ = look_at(site, one.uri, one.manifest if knows else "")
        assert became.state is State.HELD
        assert "RT014" in became.why
    assert site.sessions("HOSPITAL") == []


def test_a_manifest_that_cannot_be_read_holds_the_session(site: Site) -> None:
    uri, digest = one_delivered(site)
    path = f"/data{uri}/resources/GATE/files/{NAME}"
    somebody(site, "DELETE", path)
    with container(site) as parts:
        row = parts.archive.row(uri)
        assert row is not None
        parts.archive.annotate(row, NAME, '{"version": 3}')
    (became,), _ = look_at(site, uri, digest)
    assert became.state is State.HELD
    assert "version 3" in became.why


def test_a_manifest_that_an_earlier_importer_left_holds_nothing_and_has_the_session_read_whole(
    site: Site,
) -> None:
    uri, _ = one_delivered(site)
    text = manifest_of(site, uri).text.replace('"version":2', '"version":1')
    with container(site) as parts:
        row = parts.archive.row(uri)
        assert row is not None
        parts.archive.annotate(row, NAME, text)
    (became,), told = look_at(site, uri, hashlib.sha256(text.encode()).hexdigest())
    assert became.state is State.ARCHIVED, became.why
    assert "MANIFEST" not in told


def test_what_nobody_can_find_out_later_must_be_left_beside_the_session(site: Site) -> None:
    refuses = Fault(kind=Kind.STATUS, method="PUT", path="/data/prearchive/*", code=403)
    with site.sandbox.faults.add(refuses):
        assert twins(site) == []
    assert site.left_in_drop() == ["both"]
    assert len(digests_of(site.drop)) == 10
    (one, other) = delivered(site)
    assert one.manifest
    assert other.manifest


def test_what_held_a_study_is_left_beside_it_also_when_an_import_crosses_the_comparison(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "late", CORK, study=1, series=5, number=55)
    once_before(monkeypatch, Xnat, "stream", lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS))
    for one in twins(site):
        (became,), _ = look_at(site, one.uri, one.manifest)
        assert became.state is State.HELD
        assert "RT014" in became.why


# --- whole ------------------------------------------------------------------------------------------------------


def test_a_look_leaves_nothing_on_the_disk_while_it_reads(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    seen: list[list[Path]] = []
    with container(site) as parts:
        once_before(monkeypatch, Xnat, "objections", lambda: seen.append(list(parts.scratch.iterdir())))
        (row,) = parts.archive.rows("HOSPITAL")
        (became,) = look(row, parts)
    assert became.state is State.ARCHIVED
    assert seen == [[]]


def test_a_download_that_breaks_off_is_never_taken_for_the_whole(site: Site) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    with site.sandbox.faults.add(Fault(kind=Kind.CUT, method="GET", path=DOWNLOAD, times=50)):
        assert site.prearchive() == Exit.UNAVAILABLE
    assert [row["status"] for row in site.waiting("HOSPITAL")] == ["READY"]
    assert site.prearchive() == Exit.PASSED


def test_a_session_of_which_xnat_lists_more_than_it_gives_waits_for_a_person(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    min((site.root / "xnat" / "prearchive").rglob("*.dcm")).unlink()
    (became,) = looked(site)
    assert became.state is State.HELD
    assert "XNAT lists 5 files of this session, and 1 cannot be had" in became.why
    assert site.sessions("HOSPITAL") == []


@pytest.mark.parametrize("step", ["session", "objections", "clear_annotation"])
def test_an_object_that_comes_between_the_download_and_the_archiving_does_not_go_in_unjudged(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ct_series(site.root / "files", CORK)
    ultrasound(site.root / "late", CORK, study=1)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    once_before(monkeypatch, Xnat, step, lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS))
    assert [one.state for one in looked(site)] == [State.DELIVERED]
    assert site.sessions("HOSPITAL") == []
    assert [one.state for one in looked(site)] == [State.QUARANTINED]


def test_an_object_that_is_moved_with_what_was_judged_is_judged_there(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK, ManufacturerModelName="Aera")
    rtstruct(site.root / "late", ct_series(None, CORK, series=9), series=14)
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    protocol = site.protocol("deny: {ManufacturerModelName: [Aera]}\n")
    once_before(monkeypatch, Xnat, "move", lambda: site.upload(site.root / "late", "HOSPITAL", **LABELS))
    assert [one.state for one in looked(site, protocol=protocol)] == [State.DELIVERED]
    assert site.sessions("QUARANTINE") == []
    states = {one.state for one in looked(site, "QUARANTINE", protocol)}
    assert states == {State.QUARANTINED, State.REJECTED}
    assert len(site.digests("QUARANTINE", "CORK-1")) == 5


def test_an_xnat_whose_rows_change_their_time_by_themselves_still_archives(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether taking a resource away touches the row is not known of every XNAT."""
    ct_series(site.root / "files", CORK)
    uri = site.upload(site.root / "files", "HOSPITAL", **LABELS)
    touch = lambda: somebody(site, "POST", f"/data{uri}", action="set-status", status="READY")  # noqa: E731
    once_before(monkeypatch, Xnat, "clear_annotation", touch)
    assert [one.state for one in looked(site)] == [State.ARCHIVED]


# --- rejected ---------------------------------------------------------------------------------------------------


def test_a_container_keeps_what_it_rejects_in_the_quarantine_project(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    orphan = rtstruct(None, ct_series(None, CORK, series=9), series=14)
    save(orphan, site.root / "files" / "rs.dcm")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    states = {one.state for one in looked(site)}
    assert states == {State.ARCHIVED, State.REJECTED}
    (kept,) = rejected_in_xnat(site)
    assert kept["Name"].endswith(".zip")
    assert len(in_xnat(site)) == 5


def test_what_cannot_be_kept_is_not_taken_out(site: Site) -> None:
    orphan_structure_set(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL")
    refuses = Fault(kind=Kind.STATUS, method="PUT", path="/data/projects/*", code=403)
    with site.sandbox.faults.add(refuses):
        (became,) = looked(site)
    assert became.state is State.HELD
    assert "cannot be kept in QUARANTINE" in became.why
    (row,) = site.waiting("HOSPITAL")
    assert row["status"] == "ERROR"
    assert "cannot be kept" in site.reason_of(row)["findings"][0]["message"]
    assert in_xnat(site) == digests_of(site.root / "files")


def test_a_rejected_object_that_is_not_what_was_judged_is_neither_kept_nor_taken_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = orphan_structure_set(site.root / "files")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    orphan.StructureSetLabel = "edited"
    save(orphan, site.root / "edited" / f"{orphan.SOPInstanceUID}.dcm")

    def replaced() -> None:
        (path,) = (site.root / "xnat" / "prearchive").rglob("*.dcm")
        path.write_bytes((site.root / "edited" / f"{orphan.SOPInstanceUID}.dcm").read_bytes())

    once_before(monkeypatch, XnatShelf, "keep_members", replaced)
    (became,) = looked(site)
    assert became.state is State.DELIVERED
    assert rejected_in_xnat(site) == []
    assert in_xnat(site) == digests_of(site.root / "edited")


def test_of_two_rejected_objects_none_is_taken_out_when_one_has_vanished(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK)
    others = ct_series(None, CORK, series=9)
    for number in (14, 15):
        save(rtstruct(None, others, series=number), site.root / "files" / f"rs-{number}.dcm")
    site.upload(site.root / "files", "HOSPITAL", **LABELS)
    vanish = lambda: min((site.root / "xnat" / "prearchive").rglob("rs-*.dcm")).unlink()  # noqa: E731
    once_before(monkeypatch, XnatShelf, "keep_members", vanish)
    (became,) = looked(site)
    assert became.state is State.DELIVERED
    assert rejected_in_xnat(site) == []
    assert len(in_xnat(site)) == 6


def test_a_session_is_not_deleted_on_request_while_a_part_of_it_cannot_be_had(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    min((site.root / "xnat" / "prearchive").rglob("*.dcm")).unlink()
    with container(site) as parts:
        (row,) = parts.archive.rows("HOSPITAL")
        with pytest.raises(Exception, match="nothing was deleted"):
            delete_row(row, parts)
    assert len(site.waiting("HOSPITAL")) == 1


# --- what the archive holds already -----------------------------------------------------------------------------


def late_series(site: Site) -> None:
    """One series is archived, another of the same study waits."""
    ct_series(site.root / "first", CORK, series=1)
    site.upload(site.root / "first", "HOSPITAL")
    assert site.prearchive() == Exit.PASSED
    ct_series(site.root / "late", CORK, series=2, number=7)
    site.upload(site.root / "late", "HOSPITAL")


def test_what_is_archived_is_asked_for_by_its_catalogue_and_not_fetched(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_series(site)
    never(monkeypatch, Xnat, "stream_session")
    (became,) = looked(site)
    assert became.state is State.ARCHIVED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 10


def without(told: str, name: str) -> str:
    return told if told != name else ""


@pytest.mark.parametrize("fact", ["uid", "md5", "everything"])
def test_where_the_catalogue_leaves_out_what_is_needed_the_archived_session_is_read_whole(
    site: Site, monkeypatch: pytest.MonkeyPatch, fact: str
) -> None:
    ct_series(site.root / "first", CORK)
    site.upload(site.root / "first", "HOSPITAL")
    assert site.prearchive() == Exit.PASSED
    site.upload(site.root / "first", "HOSPITAL")
    whole = Xnat.session_catalogue

    def poor(xnat: Xnat, session: object) -> tuple[Entry, ...] | None:
        entries = whole(xnat, session)  # type: ignore[arg-type]
        assert entries is not None
        return None if fact == "everything" else tuple(replace(one, **{fact: ""}) for one in entries)

    monkeypatch.setattr(Xnat, "session_catalogue", poor)
    (became,) = looked(site)
    assert became.state is State.HELD
    assert "5 of 5 objects are already in session CORK-1 of HOSPITAL" in became.why
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5
