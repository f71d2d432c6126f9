"""`xnat-gate receive --drop DROP`: a DICOM Storage SCP that puts what it is sent into a drop folder."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.receiving_options import add_options
from xnat_gate.cli.telling import printable
from xnat_gate.core.receiving import Admission
from xnat_gate.edge.dicom_files.naming import study_instance_uid
from xnat_gate.edge.drop_folder import Landing

if TYPE_CHECKING:
    from xnat_gate.edge.receiver import Encryption, Service


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "receive", help="receive DICOM over the network into a drop folder (C-STORE, C-ECHO)"
    )
    verb.add_argument(
        "--drop", type=Path, required=True, metavar="DROP",
        help="the folder that `xnat-gate import` watches; each study gets a folder in it",
    )  # fmt: skip
    verb.add_argument(
        "--state", type=Path, metavar="DIR",
        help="the state folder of the importer; the receiver keeps nothing in it yet",
    )  # fmt: skip
    add_options(verb, os.environ)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    drop: Path = options.drop.absolute()
    if not drop.is_dir():
        raise Usage(f"the drop folder {drop} is not there: make it, or name another")
    if options.state and drop in (options.state.absolute(), *options.state.absolute().parents):
        raise Usage(
            f"the state folder {options.state} lies in the drop folder: name one outside it with --state"
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    told = Log(as_json=options.log == "json")
    _keep_to_the_log(told)
    _receive(options, drop, told, stop)
    return Exit.PASSED


def _receive(options: argparse.Namespace, drop: Path, told: Log, stop: threading.Event) -> None:
    from xnat_gate.edge.receiver import (
        EncryptionUnusable,
        Receiver,
        ReceiverUnavailable,
    )  # a fifth of a second

    encryption = _encryption(options)
    with Landing(drop) as landing:
        try:
            receiver = Receiver(
                _service(options, landing, told), bind=options.bind, port=options.port, encryption=encryption
            )
        except (EncryptionUnusable, ReceiverUnavailable) as error:
            raise Usage(str(error)) from error
        host, port = receiver.address
        print(f"listening on {host}:{port} as {options.ae_title}, drop folder {drop}", flush=True)
        stop.wait()
        told({"event": "stopping"})
        told({"event": "stopped", "aborted": receiver.stop(options.grace)})


def _service(options: argparse.Namespace, landing: Landing, told: Log) -> Service:
    from xnat_gate.edge.receiver import Limits, Service

    admission = Admission(
        ae_title=options.ae_title,
        check_called=options.called_ae == "check",
        calling=options.calling_ae,
        networks=options.allow_ip,
        associations=options.max_associations,
    )
    limits = Limits(
        idle=options.idle_timeout,
        network=options.network_timeout,
        acse=options.acse_timeout,
        dimse=options.dimse_timeout,
        pdu=options.max_pdu,
        nodelay=options.tcp_nodelay == "on",
        reserve=options.reserve,
    )
    return Service(admission, limits, landing, study_instance_uid, told)


def _encryption(options: argparse.Namespace) -> Encryption | None:
    from xnat_gate.edge.receiver import Encryption

    if not (options.tls_cert or options.tls_key or options.tls_ca):
        return None
    if not (options.tls_cert and options.tls_key):
        raise Usage("TLS needs a certificate and its key: give both --tls-cert and --tls-key")
    return Encryption(options.tls_cert, options.tls_key, options.tls_ca)


class Log:
    """One line on stderr for each thing that happened; from many threads."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._one = threading.Lock()

    def __call__(self, happened: Mapping[str, object]) -> None:
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **happened}
        if self._as_json:
            text = json.dumps(entry)
        else:
            text = printable(" ".join(f"{name}={value}" for name, value in entry.items()))
        with self._one:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


def _keep_to_the_log(told: Log) -> None:
    """What libraries would print holds values that senders chose."""
    warnings.filterwarnings("ignore", module=r"pydicom(\..*)?")
    threading.excepthook = lambda failed: told(
        {"event": "error", "why": failed.exc_type.__name__, "at": _place(failed)}
    )


def _place(failed: threading.ExceptHookArgs) -> str:
    frames = traceback.extract_tb(failed.exc_traceback)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
