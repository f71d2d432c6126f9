"""What a sandbox can be started with. The defaults are those of a stock XNAT.

Laws: a setting exists only where a site preference of XNAT exists or where the facts about XNAT are not certain.
"""

from __future__ import annotations

from dataclasses import dataclass

from xnat_gate.sandbox.containers.engine import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`archive_timeout`: how many seconds one archive request waits for its turn in the queue.

    `alias_token_timeout`: how many seconds an alias token lives.

    `rebuild_*` in seconds: how long a RECEIVING row must rest, and how often the rebuilder looks.

    `lead_order`: which modality names the session when several are present (XNAT's full order is not public).
    `secondary_label`: the resource label of RTSTRUCT, RTPLAN and SC; some XNATs file them under `secondary`.
    `containers`: what runs containers. `harden_containers`: with a read-only root file system, as careful sites do.
    `silent_file_refusal`: a file PUT without the right to edit answers 200 and stores nothing, as XNAT does.
    """

    site_id: str = "XNAT"
    version: str = "1.9.1"
    rebuild_after: float = 300.0
    rebuild_every: float = 60.0
    session_timeout: float = 900.0
    archive_timeout: float = 600.0
    alias_token_timeout: float = 172800.0
    lead_order: tuple[str, ...] = (
        "PET", "MR", "CT", "NM", "XA", "US", "MG", "DX", "CR", "OPT", "RT", "SR",
    )  # fmt: skip
    secondary_label: str = "DICOM"
    silent_file_refusal: bool = True
    containers: Kind = Kind.AUTO
    harden_containers: bool = False
