"""What is sent lies in the drop folder as it was sent: dcmtk's programs and pynetdicom's SCU against the real verb."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import UID, CTImageStorage, RLELossless
from pynetdicom import AE, _config, build_context
from pynetdicom.dimse_messages import C_STORE_RQ

from tests.dicom_network import (
    Receiver,
    associated,
    contexts_of,
    data_set,
    dcmtk,
    in_sight,
    out_of_sight,
    send,
    storescu,
)
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.edge.receiver.inflow import _head
from xnat_gate.sandbox.phantoms import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    Patient,
    ct_series,
    rt_study,
    save,
    study_uid,
)

CORK = Patient("PHANTOM^CORK", "CORK-1")


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path / "drop") as running:
        yield running


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own SCU sends the bytes of a file as they are."""
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)


def study(folder: Path, number: int) -> list[Path]:
    ct_series(folder, CORK, study=number)
    return sorted(folder.rglob("*.dcm"))


def by_object(files: list[Path]) -> dict[str, tuple[str, bytes]]:
    return {
        str(dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID): data_set(path) for path in files
    }


def test_a_study_sent_by_storescu_lies_in_its_own_folder_byte_for_byte(
    receiver: Receiver, tmp_path: Path
) -> None:
    rt_study(tmp_path / "sent", CORK, study=7)
    files = sorted((tmp_path / "sent").rglob("*.dcm"))
    done = storescu(receiver.port, files)
    assert done.returncode == 0, done.stderr
    ended = receiver.told("association")
    assert (ended["outcome"], ended["objects"], ended["failed"]) == ("released", len(files), 0)
    assert (ended["calling"], ended["called"], ended["studies"]) == ("STORESCU", "XNAT", [study_uid(7)])
    assert {path.parent.name for path in in_sight(receiver.drop)} == {study_uid(7)}
    assert by_object(in_sight(receiver.drop)) == by_object(files)
    assert {path.stem for path in in_sight(receiver.drop)} == set(by_object(files))
    assert out_of_sight(receiver.drop) == []


def test_the_ae_title_that_was_called_stands_in_the_file_and_can_be_asked_for(
    receiver: Receiver, tmp_path: Path
) -> None:
    asked = frozenset(f"{role}ApplicationEntityTitle" for role in ("Source", "Sending", "Receiving"))
    assert storescu(receiver.port, study(tmp_path / "sent", 1)[:1], "-aet", "TPS 2").returncode == 0
    (kept,) = in_sight(receiver.drop)
    (instance,) = read_folder(kept.parent, asked).instances
    assert instance.header == {"ReceivingApplicationEntityTitle": ("XNAT",)}


@pytest.mark.parametrize("odd", ["", "A\\B", "GERÄT", "SEVENTEEN LETTERS"])
def test_a_title_that_is_none_is_left_out_of_the_file(odd: str) -> None:
    request = C_STORE_RQ()
    request.command_set.AffectedSOPClassUID = CTImageStorage
    request.command_set.AffectedSOPInstanceUID = UID("1.2.3")
    head = _head(request, build_context(CTImageStorage, EXPLICIT), AE(), called=odd)
    meta = dcmread(io.BytesIO(head)).file_meta
    assert "ReceivingApplicationEntityTitle" not in meta


def test_dcmsend_finds_every_sop_class_accepted(receiver: Receiver, tmp_path: Path) -> None:
    rt_study(tmp_path / "sent", CORK, study=7)
    done = dcmtk("dcmsend", "-aec", "XNAT", "127.0.0.1", receiver.port, "+sd", "+r", tmp_path / "sent")
    assert done.returncode == 0, done.stderr
    assert by_object(in_sight(receiver.drop)) == by_object(sorted((tmp_path / "sent").rglob("*.dcm")))


def test_echo_is_answered(receiver: Receiver) -> None:
    done = dcmtk("echoscu", "-aec", "XNAT", "127.0.0.1", receiver.port)
    assert (done.returncode, receiver.told("association")["objects"]) == (0, 0)


@pytest.mark.parametrize("senders", [1, 4, 16])
def test_interleaved_studies_of_concurrent_associations_join_by_study(
    receiver: Receiver, tmp_path: Path, senders: int
) -> None:
    studies = [study(tmp_path / f"study{number}", number) for number in range(1, 5)]
    files = [path for together in zip(*studies, strict=True) for path in together]
    shares = [files[number::senders] for number in range(senders)]
    with ThreadPoolExecutor(senders) as pool:
        done = list(
            pool.map(lambda share: storescu(receiver.port, share), [share for share in shares if share])
        )
    assert [one.returncode for one in done] == [0] * len(done), done
    assert {path.name for path in receiver.drop.iterdir()} - {".receiving"} == set(
        map(study_uid, range(1, 5))
    )
    assert by_object(in_sight(receiver.drop)) == by_object(files)


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN])
def test_a_transfer_syntax_is_kept_as_received(receiver: Receiver, tmp_path: Path, syntax: str) -> None:
    (image, *_) = ct_series(None, CORK, study=3)
    path = save(image, tmp_path / "one.dcm", syntax=syntax)
    with associated(receiver.port, contexts_of([path])) as association:
        assert send(association, [path]) == [0x0000]
    (kept,) = in_sight(receiver.drop)
    assert data_set(kept) == data_set(path)
    assert (kept.parent.name, data_set(kept)[0]) == (study_uid(3), syntax)


@pytest.mark.parametrize(("option", "syntax"), [("-xi", IMPLICIT), ("-xb", BIG_ENDIAN), ("-xd", DEFLATED)])
def test_what_storescu_proposes_first_is_what_is_written(
    receiver: Receiver, tmp_path: Path, option: str, syntax: str
) -> None:
    (image, *_) = ct_series(None, CORK, study=3)
    path = save(image, tmp_path / "one.dcm", syntax=syntax)
    done = storescu(receiver.port, [path], option)
    assert done.returncode == 0, done.stderr
    (kept,) = in_sight(receiver.drop)
    assert data_set(kept)[0] == syntax
    assert dcmread(kept) == dcmread(path)


def test_storescu_may_send_an_implicit_file_as_it_is(receiver: Receiver, tmp_path: Path) -> None:
    """It offers explicit VR alone, and big endian together with implicit VR."""
    (image, *_) = ct_series(None, CORK, study=3)
    path = save(image, tmp_path / "one.dcm", syntax=IMPLICIT)
    assert storescu(receiver.port, [path]).returncode == 0
    (kept,) = in_sight(receiver.drop)
    assert data_set(kept) == data_set(path)


@pytest.mark.usefixtures("raw")
def test_a_compressed_image_is_kept_as_received(receiver: Receiver, tmp_path: Path) -> None:
    (image, *_) = ct_series(None, CORK, study=3)
    save(image, tmp_path / "plain.dcm")
    compressed = dcmread(tmp_path / "plain.dcm")
    compressed.compress(RLELossless, generate_instance_uid=False)
    compressed.save_as(tmp_path / "one.dcm")
    with associated(receiver.port, contexts_of([tmp_path / "one.dcm"])) as association:
        assert send(association, [tmp_path / "one.dcm"]) == [0x0000]
    (kept,) = in_sight(receiver.drop)
    assert data_set(kept) == data_set(tmp_path / "one.dcm")


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.999.1", "1.3.6.1.4.1.9590.100.1.7"])
def test_an_unknown_sop_class_is_stored(receiver: Receiver, tmp_path: Path, sop_class: str) -> None:
    (image, *_) = ct_series(None, CORK, study=3)
    image.SOPClassUID = sop_class
    path = save(image, tmp_path / "one.dcm")
    with associated(receiver.port, contexts_of([path])) as association:
        assert send(association, [path]) == [0x0000]
    (kept,) = in_sight(receiver.drop)
    assert (data_set(kept), dcmread(kept).file_meta.MediaStorageSOPClassUID) == (data_set(path), sop_class)


def test_the_same_object_again_is_a_success_and_kept_once(receiver: Receiver, tmp_path: Path) -> None:
    files = study(tmp_path / "sent", 1)
    for again in (0, len(files)):
        assert storescu(receiver.port, files).returncode == 0
        assert receiver.told("association")["again"] == again
    assert by_object(in_sight(receiver.drop)) == by_object(files)
    assert len(in_sight(receiver.drop)) == len(files)


@pytest.mark.usefixtures("raw")
def test_other_bytes_under_the_same_uid_are_kept_beside_the_first(receiver: Receiver, tmp_path: Path) -> None:
    (image, *_) = ct_series(None, CORK, study=1)
    first = save(image, tmp_path / "first.dcm")
    image.SeriesDescription = "another header"
    second = save(image, tmp_path / "second.dcm")
    with associated(receiver.port, contexts_of([first])) as association:
        assert send(association, [first, second, second, first]) == [0x0000] * 4
    uid = image.SOPInstanceUID
    assert [path.name for path in in_sight(receiver.drop)] == [f"{uid}-2.dcm", f"{uid}.dcm"]
    assert [data_set(path) for path in in_sight(receiver.drop)] == [data_set(second), data_set(first)]
    ended = receiver.told("association")
    assert (ended["objects"], ended["again"], ended["other_bytes"]) == (4, 2, 1)


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize("uid", [None, "", "../../../etc", "1.2.3/..", "..", ".hidden", "1" * 65])
def test_a_study_without_a_usable_uid_gets_a_folder_of_its_association(
    receiver: Receiver, tmp_path: Path, uid: str | None
) -> None:
    images = ct_series(None, CORK, study=1)[:2]
    for number, image in enumerate(images):
        if uid is None:
            del image.StudyInstanceUID
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("pydicom.config.settings.reading_validation_mode", 0)
                patch.setattr("pydicom.config.settings.writing_validation_mode", 0)
                image.StudyInstanceUID = uid
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pydicom.config.settings.writing_validation_mode", 0)
            save(image, tmp_path / f"{number}.dcm")
    files = [tmp_path / "0.dcm", tmp_path / "1.dcm"]
    with associated(receiver.port, contexts_of(files)) as association:
        assert send(association, files) == [0x0000] * 2
    ended = receiver.told("association")
    assert {path.parent.name for path in in_sight(receiver.drop)} == {f"association-{ended['association']}"}
    assert sorted(map(data_set, in_sight(receiver.drop))) == sorted(map(data_set, files))
    assert ended["studies"] == ["not a UID"]
    assert {path.name for path in receiver.drop.parent.iterdir()} == {"drop", "0.dcm", "1.dcm"}


def test_a_big_object_does_not_grow_the_receiver(receiver: Receiver, tmp_path: Path) -> None:
    (image, *_) = ct_series(None, CORK, study=1)
    image.add_new(0x00091001, "UN", bytes(64 << 20))
    image.add_new(0x00090010, "LO", "PHANTOM")
    path = save(image, tmp_path / "big.dcm")
    before = receiver.peak_memory()
    assert storescu(receiver.port, [path]).returncode == 0
    assert len(data_set(in_sight(receiver.drop)[0])[1]) > 64 << 20
    assert receiver.peak_memory() - before < 24 << 20


def test_nothing_that_is_logged_names_a_patient(receiver: Receiver, tmp_path: Path) -> None:
    files = study(tmp_path / "sent", 1)
    assert storescu(receiver.port, files).returncode == 0
    receiver.told("association")
    assert receiver.stop() == 0
    assert [line for line in receiver.log if "PHANTOM" in line or "CORK" in line] == []
