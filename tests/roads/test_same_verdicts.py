"""A study is judged alike wherever it lies: in a folder, in the prearchive, behind a manifest, in the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.hospital import Site
from tests.linkage_campaign.bases import registration, segmentation
from tests.roads.test_moving_road import id_of
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Verdict, judge, judge_together
from xnat_gate.core.manifest import Manifest
from xnat_gate.core.manifest_text import read, write
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Reading, group
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.edge.protocol_file import default_path, load
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.roads.contents import read_whole
from xnat_gate.roads.session import Asked, check_session
from xnat_gate.sandbox.phantoms import (
    DEFLATED,
    IMPLICIT,
    Patient,
    ct_series,
    mr,
    rt_study,
    rtdose,
    rtplan,
    rtstruct,
    save,
)

CORK = Patient("PHANTOM^CORK", "CORK-1")
OF_ROADS = frozenset({"RT014", "ROUTE", "ALLOW", "DENY", "CONTEXT"})
"""What is asked of other studies, or only on the way in."""


# --- studies ----------------------------------------------------------------------------------------------------


def linked(folder: Path) -> None:
    rt_study(folder, CORK)


def in_other_encodings(folder: Path) -> None:
    for nth, one in enumerate(rt_study(None, CORK, slices=3).everything):
        save(one, folder / f"{nth}.dcm", syntax=(IMPLICIT, DEFLATED)[nth % 2])


def partial(folder: Path) -> None:
    rt_study(folder, CORK)
    sorted(folder.glob("CT*"))[2].unlink()


def orphan_beside_images(folder: Path) -> None:
    ct_series(folder, CORK)
    rtstruct(folder, ct_series(None, CORK, series=9))


def by_frame_alone(folder: Path) -> None:
    rtstruct(folder, ct_series(folder, CORK), names="frame")


def images_with_new_uids(folder: Path) -> None:
    images = ct_series(None, CORK)
    rtstruct(folder, images)
    for nth, one in enumerate(images):
        one.SOPInstanceUID += ".7"
        save(one, folder / f"{nth}.dcm")


def segmented_and_registered(folder: Path) -> None:
    images, others = ct_series(folder, CORK, slices=3), mr(folder, CORK, slices=2, frame=2)
    save(segmentation(images), folder / "seg.dcm")
    save(registration(images, others), folder / "reg.dcm")


def geometry_at_fault(folder: Path) -> None:
    """Contours and dose far from the images, one slice missing."""
    images = ct_series(None, CORK, slices=6)
    structures = rtstruct(None, images)
    for roi in structures.ROIContourSequence:
        for contour in roi.ContourSequence:
            contour.ContourData = [float(value) + 2000.3 for value in contour.ContourData]
    save(structures, folder / "rs.dcm")
    plan = rtplan(folder, structures)
    rtdose(folder, plan, structure_set=structures, ImagePositionPatient=["2000", "0", "0"])
    for nth, one in enumerate(images[:3] + images[4:]):
        save(one, folder / f"{nth}.dcm")


STUDIES = (
    linked,
    in_other_encodings,
    partial,
    orphan_beside_images,
    by_frame_alone,
    images_with_new_uids,
    segmented_and_registered,
    geometry_at_fault,
)


# --- looking ----------------------------------------------------------------------------------------------------


def protocol() -> Protocol:
    return load(default_path(), VOCABULARY)


def told(verdict: Verdict) -> tuple[object, ...]:
    """Links and findings, without the files' names, which differ from place to place."""
    links = [
        (
            *(
                link.instance.sop_instance_uid,
                link.kind,
                link.own,
                link.effective,
                link.reason,
                link.referenced,
            ),
            *(link.present, link.missing, link.missing_contoured, link.missing_rois),
            link.inherited_from is None,
        )
        for link in verdict.links
    ]
    findings = [
        (one.id, one.severity, one.effect, one.message, sorted(one.about), len(one.files), one.bars_delivery)
        for one in verdict.findings
        if one.id not in OF_ROADS
    ]
    return sorted(links), sorted(findings)


def one_of(reading: Reading) -> Verdict:
    (verdict,) = judge_together(group(reading), protocol())
    return verdict


def through_a_manifest(reading: Reading, prints: object, study_uid: str) -> Verdict:
    manifest = Manifest(
        study_uid=study_uid,
        uri="/prearchive/x",
        changed="",
        keywords=to_read(protocol()),
        instances=reading.instances,
        prints=prints,  # type: ignore[arg-type]
    )
    (study,) = group(Reading(read(write(manifest)).instances))
    return judge(study, protocol())


@pytest.fixture
def xnat(site: Site) -> Iterator[Xnat]:
    with connected(Account(host=site.sandbox.url, user="admin", password="admin")) as gateway:
        yield gateway


def archived(site: Site, xnat: Xnat, row: str, session: str) -> Verdict:
    requests.post(
        f"{site.sandbox.url}/data/services/archive", params={"src": row}, auth=("admin", "admin"), timeout=30
    ).raise_for_status()
    asked = Asked(
        session_id=id_of(site, "HOSPITAL", session),
        scratch=site.root,
        clock=lambda: datetime.now(UTC),
        patience=0,
    )
    (verdict,) = check_session(asked, protocol(), xnat).seen.verdicts
    return verdict


def test_every_road_comes_to_the_same_links_and_findings(site: Site, xnat: Xnat) -> None:
    for build in STUDIES:
        verdicts = _everywhere(build, site, xnat)
        first = told(verdicts.pop("folder"))
        assert first[0], build.__name__
        for place, verdict in verdicts.items():
            assert told(verdict) == first, f"{build.__name__}, {place}"


def _everywhere(build: Callable[[Path], None], site: Site, xnat: Xnat) -> dict[str, Verdict]:
    folder, session = site.root / build.__name__, build.__name__
    build(folder)
    found = {"folder": one_of(read_folder(folder, to_read(protocol())))}
    uri = site.upload(folder, "HOSPITAL", subject=session, session=session)
    row = xnat.row(uri)
    assert row is not None
    contents = read_whole(xnat.stream(row), to_read(protocol()), site.root)
    found["prearchive"] = one_of(contents.reading)
    found["manifest"] = through_a_manifest(contents.reading, contents.prints, row.study_uid)
    found["archive"] = archived(site, xnat, uri, session)
    return found
