"""A part of a claim that becomes a claim of its own, so that the rest can come to its end without it.

Laws: every file is in one of the two claims at any moment; should the process die between two of them, the next
importer finds both; what was claimed stays what was claimed, whoever has written to it since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from xnat_gate.edge.drop_folder.claim import Claim
from xnat_gate.edge.drop_folder.refusals import reachable


def split(claim: Claim, files: Iterable[str], id: str) -> tuple[Claim, Claim]:
    """Both claims: the rest of this one, and a new one of this `id` with the files. Raises DropFolderUnavailable."""
    folder = claim.path.parent.with_name(id) / claim.path.name
    chosen = frozenset(files)
    with reachable(claim.drop):
        for file in sorted(chosen):
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            (claim.path / file).rename(target)
    taken = frozenset(one for one in claim.content.files if one[0] in chosen)
    rest = replace(claim, content=replace(claim.content, files=claim.content.files - taken))
    return rest, replace(claim, id=id, path=folder, content=replace(claim.content, files=taken))
