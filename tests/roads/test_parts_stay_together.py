"""What stood against a whole study, when its parts part company by another way than a second reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hospital import Site
from tests.roads.test_waiting_room import CORK
from xnat_gate.cli.doors import main
from xnat_gate.cli.parts import gate, settings_for
from xnat_gate.edge.drop_folder import Claim, DropFolder
from xnat_gate.roads import setbacks
from xnat_gate.roads.errands import Errand, Ways, run
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.launched import Launched
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import ct_series, rtstruct

IMPORT = "/data/services/import"
AWAY = Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=503)
TROUBLED = Fault(kind=Kind.STATUS, method="POST", path=IMPORT, code=500)


def forbidden(site: Site) -> Path:
    """Images that would be let in, with a structure set that waits and that the protocol forbids; the protocol."""
    ct_series(site.drop / "study", CORK, series=1)
    rtstruct(site.drop / "study", ct_series(None, CORK, series=9), series=14, ManufacturerModelName="Leaky")
    return site.protocol("deny: {ManufacturerModelName: [Leaky]}\n")


@contextmanager
def claimed(site: Site, protocol: Path) -> Iterator[tuple[Claim, Gate]]:
    with (
        gate(settings_for(None), protocol=protocol, state=site.state, tell=print) as its,
        DropFolder(site.drop) as folder,
    ):
        (seen,) = folder.look().entries
        claim = folder.claim(seen.name, seen.look)
        assert claim is not None
        yield claim, its


def test_the_images_of_a_forbidden_study_that_was_given_back_in_two_folders_stay_forbidden(
    site: Site,
) -> None:
    """One run, from which XNAT goes away after the split; the next run takes both folders."""
    protocol = forbidden(site)
    with site.sandbox.faults.add(AWAY):
        site.import_once("--protocol", str(protocol))
    assert site.sessions("HOSPITAL") == []
    site.import_once("--protocol", str(protocol))
    assert site.sessions("HOSPITAL") == []


def test_the_images_of_a_forbidden_study_that_are_tried_again_from_failed_stay_forbidden(site: Site) -> None:
    """The images become a dead letter while the structure set waits; a person has them tried again."""
    protocol = forbidden(site)
    with claimed(site, protocol) as (claim, its), site.sandbox.faults.add(TROUBLED):
        run(Errand(claim=claim), its, Ways(look=Launched(), tries=1))
        (letter,) = its.failed.kept()
    assert main(["retry", letter.path.name, "--drop", str(site.drop), "--state", str(site.state)]) == 0
    site.import_once("--protocol", str(protocol))
    assert site.sessions("HOSPITAL") == []


def test_the_images_of_a_forbidden_study_stay_forbidden_when_a_kill_cuts_their_burial_short(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = forbidden(site)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    ways = Ways(look=Launched(), tries=1)
    with claimed(site, protocol) as (claim, its), site.sandbox.faults.add(TROUBLED):
        monkeypatch.setattr(setbacks, "_laid_aside", killed)
        with pytest.raises(KeyboardInterrupt):
            run(Errand(claim=claim), its, ways)
    site.import_once("--protocol", str(protocol))
    assert site.sessions("HOSPITAL") == []
