"""A part of a claim that becomes a claim of its own, so that the rest can come to its end without it.

Law: every file is in one of the two claims at any moment; should the process die between two of them, the next
importer finds both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from xnat_gate.edge.drop_folder.claim import Claim
from xnat_gate.edge.drop_folder.refusals import reachable
from xnat_gate.edge.drop_folder.seeing import look_into


def split(claim: Claim, files: Iterable[str], id: str) -> tuple[Claim, Claim]:
    """Both claims: the rest of this one, and a new one of this `id` with the files. Raises DropFolderUnavailable."""
    folder = claim.path.parent.with_name(id) / claim.path.name
    with reachable(claim.drop):
        for file in files:
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            (claim.path / file).rename(target)
        left, _ = look_into(claim.path, claim.content.at)
        taken, _ = look_into(folder, claim.content.at)
    rest = replace(claim, content=left)
    return rest, replace(claim, id=id, path=folder, content=taken)
