"""Between us and XNAT: certificates, proxies, threads."""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from tests.edge.misbehaving import Misbehaving
from xnat_gate.core.archive import ArchiveUnavailable
from xnat_gate.edge.xnat import Account
from xnat_gate.edge.xnat.connection import Connection
from xnat_gate.sandbox.server import Sandbox


@pytest.fixture
def authority(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A hospital's own certificate authority: the context of its server, and the bundle its clients trust."""
    own = trustme.CA()
    own.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.issue_cert("localhost").configure_cert(context)
    return context, str(tmp_path / "ca.pem")


def test_a_bundle_of_certificates_is_trusted_from_the_login_on(authority: tuple[ssl.SSLContext, str]) -> None:
    context, bundle = authority
    with Misbehaving(200, b"fine", "text/plain", context=context, ca_bundle=bundle) as connection:
        assert connection.call("GET", "/data/x").text == "fine"
    assert os.environ.get("REQUESTS_CA_BUNDLE") != bundle


def test_a_certificate_of_nobody_we_know_is_told_as_such(
    authority: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    context, _ = authority
    with pytest.raises(ArchiveUnavailable, match="TLS certificate"), Misbehaving(context=context):
        pass


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Misbehaving(200, b"fine", "text/plain", known_as="http://xnat.example.org")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server.server_port}")
    monkeypatch.setenv("no_proxy", "")
    with proxy as connection:
        assert connection.call("GET", "/data/x").text == "fine"
    assert proxy.asked == ["GET /data/x"]


def test_every_thread_has_a_session_of_its_own(sandbox: Sandbox) -> None:
    connection = Connection(Account(host=sandbox.url, user="admin", password="admin"))
    sessions = {id(connection._http)}
    gate = threading.Barrier(4)

    def ask() -> None:
        connection.call("GET", "/data/projects", query={"format": "json"})
        sessions.add(id(connection._http))
        gate.wait(30)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 5
    connection.close()
