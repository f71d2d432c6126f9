"""C-STORE: an object whose bytes are here is made safe, and then its sender is told so."""

from __future__ import annotations

from pathlib import Path

from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from xnat_gate.core.receiving import Status, file_name, folder_name, status_for
from xnat_gate.edge.receiver.inflow import Inflow
from xnat_gate.edge.receiver.visit import Visit


def store(event: Event, visit: Visit) -> int:
    """The status. Whatever the file system says becomes one; the association goes on."""
    request = event.request
    if not isinstance(request, C_STORE) or not isinstance(request.DataSet, Inflow):
        raise TypeError("a C-STORE whose data set went another way")
    try:
        _take(request.DataSet, str(request.AffectedSOPInstanceUID), visit)
    except OSError as trouble:
        status = status_for(trouble)
        visit.missed(str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID), status, trouble)
        return status
    return Status.SUCCESS


def _take(inflow: Inflow, sop_instance_uid: str, visit: Visit) -> None:
    file = inflow.finish()
    try:
        study = visit.service.study_of(file)
        placed = visit.service.landing.place(
            file, folder_name(study, visit.name), file_name(sop_instance_uid)
        )
    except OSError:
        _forget(file)
        raise
    visit.took(study, placed, inflow.size)


def _forget(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return  # goes with the folder that it lies in, at the end of the association
