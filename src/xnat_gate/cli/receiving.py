"""`xnat-gate receive --drop DROP`: a DICOM Storage SCP that puts what it is sent into a drop folder."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xnat_gate import __version__
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.log import Log, keep_to_the_log
from xnat_gate.cli.monitoring import answering
from xnat_gate.cli.parts import journal_at
from xnat_gate.cli.receiving_options import add_options
from xnat_gate.cli.receiving_record import Record
from xnat_gate.core.receiving import Admission
from xnat_gate.edge.dicom_files.naming import study_instance_uid
from xnat_gate.edge.drop_folder import Landing

if TYPE_CHECKING:
    from xnat_gate.edge.receiver import Encryption, Receiver, Service

Tell = Callable[[Mapping[str, object]], None]


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
        help="the state folder of the importer: starts, stops and associations are written into its journal",
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
    keep_to_the_log(told)
    _receive(options, drop, told, stop)
    return Exit.PASSED


def _receive(options: argparse.Namespace, drop: Path, told: Log, stop: threading.Event) -> None:
    from xnat_gate.edge.health import Disks, ReceiverMeters
    from xnat_gate.edge.receiver import live, ready  # a fifth of a second

    meters = ReceiverMeters(__version__, Disks(drop, options.state), reserve=options.reserve)
    with Landing(drop) as landing, _record(options, _all(meters, told)) as record:
        tell, tally = _all(meters, record, told), _all(meters, record)  # who reads the log finds it counted
        with (
            _receiver(options, landing, tell, tally) as receiver,
            answering(
                options.health_port, options.health_bind, meters=meters, told=told,
                live=lambda: live(receiver), ready=lambda: ready(receiver),
            ),
        ):  # fmt: skip
            host, port = receiver.address
            tell({"event": "started", "address": host, "port": port, "ae_title": options.ae_title})
            print(f"listening on {host}:{port} as {options.ae_title}, drop folder {drop}", flush=True)
            stop.wait()
            tell({"event": "stopping"})
            tell({"event": "stopped", "aborted": receiver.stop(options.grace)})


def _all(*ears: Tell) -> Tell:
    """One after the other hears everything."""

    def tell(happened: Mapping[str, object]) -> None:
        for ear in ears:
            ear(happened)

    return tell


@contextmanager
def _record(options: argparse.Namespace, tell: Tell) -> Iterator[Tell]:
    """The ear that writes the journal, where there is a state folder for it."""
    if options.state is None:
        yield lambda _: None
        return
    with Record(journal_at(options.state), tell) as record:
        yield record


@contextmanager
def _receiver(options: argparse.Namespace, landing: Landing, tell: Tell, tally: Tell) -> Iterator[Receiver]:
    from xnat_gate.edge.receiver import EncryptionUnusable, Receiver, ReceiverUnavailable

    encryption = _encryption(options)
    try:
        receiver = Receiver(
            _service(options, landing, tell, tally),
            bind=options.bind,
            port=options.port,
            encryption=encryption,
        )
    except (EncryptionUnusable, ReceiverUnavailable) as error:
        raise Usage(str(error)) from error
    with receiver:
        yield receiver


def _service(options: argparse.Namespace, landing: Landing, tell: Tell, tally: Tell) -> Service:
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
    return Service(admission, limits, landing, study_instance_uid, tell, tally)


def _encryption(options: argparse.Namespace) -> Encryption | None:
    from xnat_gate.edge.receiver import Encryption

    if not (options.tls_cert or options.tls_key or options.tls_ca):
        return None
    if not (options.tls_cert and options.tls_key):
        raise Usage("TLS needs a certificate and its key: give both --tls-cert and --tls-key")
    return Encryption(options.tls_cert, options.tls_key, options.tls_ca)
