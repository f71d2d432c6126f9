"""The scans of archived sessions."""

from __future__ import annotations

import re

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.events import firing
from xnat_gate.sandbox.exceptions import BadRequest, Expected, InConflict
from xnat_gate.sandbox.models import fields, scans
from xnat_gate.sandbox.models.scans import Scan
from xnat_gate.sandbox.responses import listing, places, removal
from xnat_gate.sandbox.responses.items import scan_item

COLUMNS = ("xnat_imagescandata_id", "ID", "type", "quality", "xsiType", "note", "series_description", "URI")
KNOWN = ("UID", "modality", "frames", "condition")


def listed(call: Call) -> Response:
    """XNAT's columns, `columns=`, filters."""
    session = places.experiment(call)
    rows = [_cells(scan) for scan in scans.listed(call.world.db, session.id)]
    return listing.table(call, COLUMNS, rows, known=KNOWN, title="Scans")


def get(call: Call) -> Response:
    """One scan as JSON or HTML with its resources; 404.

    Not played: XML.
    """
    return listing.item(call, scan_item(call.world.db, places.scan(call)[1]))


def put(call: Call) -> Response:
    """Creates or updates: 200 and an empty body; 400 without a concrete type, 409 for another one; member."""
    with call.world.db.transaction():
        return _put(call)


def _put(call: Call) -> Response:
    """417 when nothing at all is given."""
    session = places.experiment(call)
    places.demand_edit(call, session.project)
    found = scans.find(call.world.db, session.id, call.args["scan"])
    xsi_type = call.param("xsiType") or _typed(call)
    change, _ = fields.named(call.params)
    if found is not None:
        if xsi_type not in {None, found.xsi_type}:
            raise InConflict("Specified xsiType differs from existing xsiType")
        scans.update(call.world.db, found, change)
    elif xsi_type is None and not change:
        raise Expected("Need PUT Contents")
    elif xsi_type in {None, "xnat:imageScanData"}:
        raise BadRequest(
            "Multiple scan modalities can be associated here. Please retry with a particular one."
        )
    elif not xsi_type.endswith("ScanData"):
        raise BadRequest(f"Only Scan documents can be PUT to this address. Received: {xsi_type}")
    else:
        made = scans.create(call.world.db, session.id, call.args["scan"], xsi_type, change)
        firing.scan(call.world, call.user.login, session.project, made)
    return replies.empty()


def delete(call: Call) -> Response:
    """Owner (403): removes the scan; `removeFiles=true` its files, too."""
    session, scan = places.scan(call)
    places.demand_delete(
        call, session.project, "User account doesn't have permission to modify this session."
    )
    removal.remove_scan(call, session, scan)
    return replies.empty()


def _typed(call: Call) -> str | None:
    return next((key.split("/")[0] for key, _ in call.params if re.match(r"xnat:\w+Data/", key)), None)


def _cells(scan: Scan) -> dict[str, object]:
    return {
        **scan.fields, "xnat_imagescandata_id": scan.number, "ID": scan.id, "xsiType": scan.xsi_type,
        "URI": f"/data/experiments/{scan.experiment}/scans/{scan.id}",
    }  # fmt: skip
