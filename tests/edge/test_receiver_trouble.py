"""Cut connections, full disks, kills and stops: nothing half in sight, and nothing lost that was answered for."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset
from pynetdicom import _config
from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import P_DATA_TF

from tests.dicom_network import (
    Receiver,
    associated,
    contexts_of,
    data_set,
    in_sight,
    out_of_sight,
    send,
    until,
)
from xnat_gate.sandbox.phantoms import IMPLICIT, Patient, ct_series, save

CORK = Patient("PHANTOM^CORK", "CORK-1")
FULL, REFUSED = 0xA700, 0xC100


@pytest.fixture(autouse=True)
def raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own SCU sends the bytes of a file as they are."""
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)


def images(folder: Path, number: int, size: int = 1000) -> list[Path]:
    """So many files of a study, each with so many bytes more than it needs."""
    (image,) = ct_series(None, CORK)[:1]
    image.add_new(0x00090010, "LO", "PHANTOM")
    image.add_new(0x00091001, "UN", bytes(size))
    folder.mkdir()
    return [_one(image, folder, index) for index in range(number)]


def _one(image: Dataset, folder: Path, index: int) -> Path:
    image.SOPInstanceUID = f"1.2.3.4.{index + 1}"
    return save(image, folder / f"{index}.dcm", syntax=IMPLICIT)


def pdus(association: Association, path: Path) -> list[bytes]:
    """A C-STORE as it goes over the wire."""
    (context,) = association.accepted_contexts
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = context.abstract_syntax, "1.2.3.4.1"
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    message.command_set.CommandDataSetType = 1
    message.data_set = io.BytesIO(data_set(path)[1])
    assert context.context_id is not None
    encoded = []
    for primitive in message.encode_msg(context.context_id, 16384):
        pdu = P_DATA_TF()
        pdu.from_primitive(primitive)
        encoded.append(pdu.encode())
    return encoded


def wire(association: Association) -> socket.socket:
    assert association.dul.socket is not None
    assert association.dul.socket.socket is not None
    return association.dul.socket.socket


def cut_in_the_middle(receiver: Receiver, path: Path) -> None:
    """Half of an object, the last PDU broken off, and then the connection is gone."""
    with associated(receiver.port, contexts_of([path])) as association:
        parts = pdus(association, path)
        half = b"".join(parts[: len(parts) // 2]) + parts[len(parts) // 2][:100]
        wire(association).sendall(half)
        until(lambda: out_of_sight(receiver.drop))
        wire(association).shutdown(socket.SHUT_RDWR)


def test_a_cut_association_leaves_no_half_file_and_keeps_the_whole_ones(tmp_path: Path) -> None:
    files = images(tmp_path / "sent", 3, size=500_000)
    with Receiver(tmp_path / "drop") as receiver:
        with associated(receiver.port, contexts_of(files)) as association:
            assert send(association, files[1:]) == [0x0000] * 2
        receiver.told("association", outcome="released")
        cut_in_the_middle(receiver, files[0])
        assert receiver.told("association")["outcome"] == "aborted"
        assert out_of_sight(receiver.drop) == []
        assert list(map(data_set, in_sight(receiver.drop))) == list(map(data_set, files[1:]))


def test_killed_while_objects_come_in_it_has_what_it_answered_for_and_nothing_half(tmp_path: Path) -> None:
    files = images(tmp_path / "sent", 200, size=100_000)
    answered: list[Path] = []
    some, many = threading.Event(), 20

    def sender(port: int) -> None:
        with associated(port, contexts_of(files[:1])) as association:
            for path in files:
                if not association.is_established or association.send_c_store(path).get("Status") != 0:
                    return
                answered.append(path)
                if len(answered) == many:
                    some.set()

    with Receiver(tmp_path / "drop") as receiver:
        thread = threading.Thread(target=sender, args=(receiver.port,))
        thread.start()
        assert some.wait(60)
        receiver.kill()
        thread.join(60)
    whole = {data_set(path) for path in files}
    kept = [data_set(path) for path in in_sight(tmp_path / "drop")]
    assert many <= len(answered) < len(files)
    assert set(kept) <= whole
    assert {data_set(path) for path in answered} <= set(kept)
    with Receiver(tmp_path / "drop") as receiver:
        assert out_of_sight(receiver.drop) == []
        with associated(receiver.port, contexts_of(files[:1])) as association:
            assert set(send(association, files)) == {0x0000}
        assert receiver.told("association")["again"] >= len(answered)
        assert sorted(map(data_set, in_sight(receiver.drop))) == sorted(whole)


def test_killed_in_the_middle_of_an_object_the_next_start_clears_what_is_left(tmp_path: Path) -> None:
    (path,) = images(tmp_path / "sent", 1, size=500_000)
    with (
        Receiver(tmp_path / "drop") as receiver,
        associated(receiver.port, contexts_of([path])) as association,
    ):
        wire(association).sendall(b"".join(pdus(association, path)[:-1]))
        until(lambda: out_of_sight(receiver.drop))
        receiver.kill()
        until(lambda: not association.is_established)
    assert (len(out_of_sight(tmp_path / "drop")), in_sight(tmp_path / "drop")) == (1, [])
    with Receiver(tmp_path / "drop") as receiver:
        assert out_of_sight(receiver.drop) == []


def test_a_second_receiver_leaves_alone_what_a_living_one_has_begun(tmp_path: Path) -> None:
    (path,) = images(tmp_path / "sent", 1, size=500_000)
    with Receiver(tmp_path / "drop") as first, associated(first.port, contexts_of([path])) as association:
        parts = pdus(association, path)
        wire(association).sendall(b"".join(parts[:-1]))
        until(lambda: out_of_sight(first.drop))
        with Receiver(tmp_path / "drop") as second:
            assert len(out_of_sight(second.drop)) == 1
        wire(association).sendall(parts[-1])
        until(lambda: in_sight(first.drop))
    assert list(map(data_set, in_sight(tmp_path / "drop"))) == [data_set(path)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A drop folder on a disk of 8 MiB."""
    folder = tmp_path / "drop"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_to_the_sender_and_recovered_from(small_disk: Path, tmp_path: Path) -> None:
    files = images(tmp_path / "sent", 5, size=2 << 20)
    with Receiver(small_disk) as receiver:
        with associated(receiver.port, contexts_of(files[:1])) as association:
            assert send(association, files) == [0x0000, 0x0000, 0x0000, FULL, FULL]
            told = receiver.told("object")
            assert (told["status"], told["outcome"], told["why"]) == (
                "0xA700",
                "refused",
                "No space left on device",
            )
            assert told["sop_instance_uid"] == "1.2.3.4.4"
            assert (len(in_sight(small_disk)), out_of_sight(small_disk)) == (3, [])
            in_sight(small_disk)[0].unlink()
            assert send(association, files[3:]) == [0x0000, FULL]
        ended = receiver.told("association")
        assert (ended["objects"], ended["failed"]) == (4, 3)
    assert sorted(map(data_set, in_sight(small_disk))) == sorted(map(data_set, files[1:4]))


def test_below_the_reserve_nothing_is_taken(small_disk: Path, tmp_path: Path) -> None:
    files = images(tmp_path / "sent", 3, size=1 << 20)
    with Receiver(small_disk, "--reserve=6.5MiB") as receiver:
        with associated(receiver.port, contexts_of(files[:1])) as association:
            assert send(association, files) == [0x0000, 0x0000, FULL]
        assert receiver.told("object")["why"] == "the disk reserve is reached"


def test_a_drop_folder_that_went_away_is_told_and_when_it_is_back_all_is_well(tmp_path: Path) -> None:
    files = images(tmp_path / "sent", 2)
    drop = tmp_path / "drop"
    with Receiver(drop) as receiver, associated(receiver.port, contexts_of(files[:1])) as association:
        drop.rename(tmp_path / "away")
        assert send(association, files[:1]) == [REFUSED]
        assert receiver.told("object")["outcome"] == "failed"
        (tmp_path / "away").rename(drop)
        assert send(association, files) == [0x0000] * 2
    assert sorted(map(data_set, in_sight(drop))) == sorted(map(data_set, files))


def test_told_to_stop_it_lets_running_associations_end_and_nobody_else_in(tmp_path: Path) -> None:
    files = images(tmp_path / "sent", 2)
    with Receiver(tmp_path / "drop") as receiver:
        with associated(receiver.port, contexts_of(files[:1])) as association:
            assert send(association, files[:1]) == [0x0000]
            receiver.tell_to_stop()
            receiver.told("stopping")
            assert send(association, files[1:]) == [0x0000]
            until(lambda: not _comes_in(receiver))
        assert receiver.wait() == 0
    assert len(in_sight(tmp_path / "drop")) == 2
    assert list((tmp_path / "drop" / ".receiving").iterdir()) == []


def _comes_in(receiver: Receiver) -> bool:
    with associated(receiver.port, [("1.2.840.10008.1.1", IMPLICIT)]) as another:
        return another.is_established


def test_told_to_stop_it_aborts_what_does_not_end_in_time(tmp_path: Path) -> None:
    (path,) = images(tmp_path / "sent", 1)
    with Receiver(tmp_path / "drop", "--grace=0.1s") as receiver:
        with associated(receiver.port, contexts_of([path])) as association:
            assert receiver.stop() == 0
            until(lambda: association.is_aborted)
        assert '"aborted": 1' in "".join(receiver.log)


def test_a_pdu_longer_than_was_agreed_upon_ends_the_association(tmp_path: Path) -> None:
    (path,) = images(tmp_path / "sent", 1)
    with (
        Receiver(tmp_path / "drop") as receiver,
        associated(receiver.port, contexts_of([path])) as association,
    ):
        wire(association).sendall(b"\x04\0" + (1 << 30).to_bytes(4, "big"))
        assert receiver.told("association")["outcome"] == "aborted"


def test_a_sender_that_stops_in_the_middle_of_a_message_is_cut_off(tmp_path: Path) -> None:
    (path,) = images(tmp_path / "sent", 1, size=500_000)
    with Receiver(tmp_path / "drop", "--network-timeout=0.2s") as receiver:
        with associated(receiver.port, contexts_of([path])) as association:
            wire(association).sendall(pdus(association, path)[1][:1000])
            assert receiver.told("association")["outcome"] == "aborted"
        assert (in_sight(receiver.drop), out_of_sight(receiver.drop)) == ([], [])
