"""Who may not send is told so on the wire, and nothing of his is kept."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
import trustme
from pynetdicom.sop_class import CTImageStorage, Verification  # type: ignore[attr-defined]

from tests.dicom_network import Receiver, associated, dcmtk, in_sight, storescu, until
from xnat_gate.sandbox.phantoms import EXPLICIT, Patient, ct_series

CORK = Patient("PHANTOM^CORK", "CORK-1")
ECHO = [(Verification, EXPLICIT)]
BY_THE_USER, BY_THE_PROVIDER = 0x01, 0x03


def rejection(receiver: Receiver, called: str = "XNAT") -> tuple[int, int, int]:
    """Result, source and reason of the A-ASSOCIATE-RJ."""
    with associated(receiver.port, ECHO, called) as association:
        assert association.is_rejected
        answer = association.acceptor.primitive
        assert answer is not None
        return answer.result, answer.result_source, answer.diagnostic


def comes_in(receiver: Receiver) -> bool:
    with associated(receiver.port, ECHO) as association:
        return association.is_established


def test_another_called_ae_title_is_rejected(tmp_path: Path) -> None:
    with Receiver(tmp_path / "drop") as receiver:
        assert rejection(receiver, "OTHER") == (0x01, BY_THE_USER, 0x07)
        told = receiver.told("association")
        assert (told["outcome"], told["called"], told["address"]) == ("rejected", "OTHER", "127.0.0.1")


def test_any_called_ae_title_will_do_where_it_is_not_checked(tmp_path: Path) -> None:
    with Receiver(tmp_path / "drop", "--called-ae=any") as receiver:
        assert dcmtk("echoscu", "-aec", "OTHER", "127.0.0.1", receiver.port).returncode == 0


def test_another_calling_ae_title_is_rejected_and_a_listed_one_is_not(tmp_path: Path) -> None:
    ct_series(tmp_path / "sent", CORK)
    files = sorted((tmp_path / "sent").rglob("*.dcm"))
    with Receiver(tmp_path / "drop", "--calling-ae=PACS, TPS") as receiver:
        refused = storescu(receiver.port, files, "-aet", "STRANGER")
        assert refused.returncode != 0
        assert "calling ae title not recognized" in refused.stderr.lower()
        assert in_sight(receiver.drop) == []
        assert storescu(receiver.port, files, "-aet", "TPS").returncode == 0
        assert len(in_sight(receiver.drop)) == len(files)


@pytest.mark.parametrize(
    ("allowed", "comes_in"), [("192.0.2.0/24,2001:db8::/32", False), ("127.0.0.0/8", True)]
)
def test_an_address_that_is_not_listed_is_rejected(tmp_path: Path, allowed: str, *, comes_in: bool) -> None:
    with Receiver(tmp_path / "drop", f"--allow-ip={allowed}") as receiver:
        if comes_in:
            assert dcmtk("echoscu", "-aec", "XNAT", "127.0.0.1", receiver.port).returncode == 0
        else:
            assert rejection(receiver) == (0x01, BY_THE_USER, 0x01)
            assert receiver.told("association")["why"] == "the address is not on the allow-list"


def test_one_association_too_many_is_rejected_for_the_moment(tmp_path: Path) -> None:
    with Receiver(tmp_path / "drop", "--max-associations=1") as receiver:
        with associated(receiver.port, ECHO) as first:
            assert first.is_established
            assert rejection(receiver) == (0x02, BY_THE_PROVIDER, 0x02)
        until(lambda: comes_in(receiver))


def test_a_silent_association_is_aborted(tmp_path: Path) -> None:
    with Receiver(tmp_path / "drop", "--idle-timeout=0.2s") as receiver, associated(receiver.port, ECHO):
        assert receiver.told("association")["outcome"] == "aborted"


def test_services_other_than_storage_and_echo_are_not_offered(tmp_path: Path) -> None:
    find = "1.2.840.10008.5.1.4.1.2.2.1"
    offered = [(find, EXPLICIT), (CTImageStorage, EXPLICIT)]
    with Receiver(tmp_path / "drop") as receiver, associated(receiver.port, offered) as association:
        assert [context.abstract_syntax for context in association.rejected_contexts] == [find]


class Authority:
    """A certificate of the receiver's, one of a sender's, and one that a stranger's authority made."""

    def __init__(self, folder: Path) -> None:
        own, other = trustme.CA(), trustme.CA()
        self.ca, self.cert, self.key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
        own.cert_pem.write_to_path(self.ca)
        server = own.issue_cert("127.0.0.1")
        server.private_key_pem.write_to_path(self.key)
        server.cert_chain_pems[0].write_to_path(self.cert)
        self.sender = self._sender(folder / "sender.pem", own)
        self.stranger = self._sender(folder / "stranger.pem", other)

    @staticmethod
    def _sender(path: Path, authority: trustme.CA) -> Path:
        authority.issue_cert("sender.example.org").private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def options(self) -> tuple[str, ...]:
        return f"--tls-cert={self.cert}", f"--tls-key={self.key}", f"--tls-ca={self.ca}"

    def client(self, certificate: Path | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        if certificate:
            context.load_cert_chain(certificate)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_with_a_certificate_of_the_authority_a_sender_comes_in(tmp_path: Path, authority: Authority) -> None:
    with Receiver(tmp_path / "drop", *authority.options()) as receiver:
        context = authority.client(authority.sender)
        with associated(receiver.port, ECHO, tls_args=(context, "127.0.0.1")) as association:
            assert association.send_c_echo().Status == 0x0000
        assert receiver.told("association")["outcome"] == "released"


@pytest.mark.parametrize("shown", ["nothing", "stranger"])
def test_without_such_a_certificate_nobody_comes_in(tmp_path: Path, authority: Authority, shown: str) -> None:
    with Receiver(tmp_path / "drop", *authority.options()) as receiver:
        context = authority.client(authority.stranger if shown == "stranger" else None)
        with associated(receiver.port, ECHO, tls_args=(context, "127.0.0.1")) as association:
            assert not association.is_established
        told = receiver.told("association")
        assert (told["outcome"], told["why"].startswith("TLS: ")) == ("refused", True)


def test_without_tls_nobody_comes_in_where_it_is_demanded(tmp_path: Path, authority: Authority) -> None:
    with Receiver(tmp_path / "drop", *authority.options()) as receiver:
        with associated(receiver.port, ECHO) as association:
            assert not association.is_established
        assert receiver.told("association")["outcome"] == "refused"


def test_tls_older_than_1_2_is_refused(tmp_path: Path, authority: Authority) -> None:
    with Receiver(tmp_path / "drop", *authority.options()) as receiver:
        context = authority.client(authority.sender)
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with associated(receiver.port, ECHO, tls_args=(context, "127.0.0.1")) as association:
            assert not association.is_established


def test_a_connection_that_says_nothing_holds_up_nobody(tmp_path: Path, authority: Authority) -> None:
    tls = (authority.client(authority.sender), "127.0.0.1")
    with (
        Receiver(tmp_path / "drop", *authority.options()) as receiver,
        socket.create_connection(("127.0.0.1", receiver.port)),
        associated(receiver.port, ECHO, tls_args=tls) as association,
    ):
        assert association.is_established
