"""The kill campaign: receiver and importer are killed at random moments while studies pour in; nothing may be lost.

Real processes from end to end: `xnat-gate receive` and `xnat-gate import` on one drop folder, a small XNAT
(`xnat-gate sandbox`), dcmtk's and pynetdicom's senders, and folders that are copied in. See docs/campaign.md.

    scripts/campaign.py --kills 200 --seed 7

Exit code 0 when every check is well, 1 when one is not, 2 when there was no time for all kills.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from campaign_parts import checking, killing, looking, telling
from campaign_parts.accounting import account
from campaign_parts.field import Field
from campaign_parts.killing import Killer
from campaign_parts.plan import studies
from campaign_parts.senders import dcmtk
from campaign_parts.traffic import Traffic


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that no service outlives us
    root = (options.keep or Path(tempfile.mkdtemp(prefix="campaign-")) / "field").absolute()
    senders = "storescu, dcmsend and pynetdicom" if dcmtk() else "pynetdicom alone (dcmtk is not installed)"
    print(f"campaign of {options.kills} kills, seed {options.seed}, senders: {senders}\n", flush=True)
    with Field(root, options.quiet_period) as field:
        code = _run(options, field)
    if options.keep or code:
        print(f"everything lies in {root}")
    else:
        shutil.rmtree(root.parent)
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="campaign", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="of both services together; default: 200")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="default: a random one")
    parser.add_argument("--seconds", type=float, default=1500, help="for the killing; default: 1500")
    parser.add_argument(
        "--calm", type=float, default=300, help="seconds until all is quiet then; default: 300"
    )
    parser.add_argument("--pace", type=float, default=1.0, help="of the killing; less is faster; default: 1")
    parser.add_argument("--studies", type=int, help="at most; default: as many as there is time for")
    parser.add_argument("--quiet-period", default="1.5s", help="of the importer; default: 1.5s")
    parser.add_argument("--senders", type=int, default=4, help="associations at a time; default: 4")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave everything there; a new folder")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, field: Field) -> int:
    begun = time.monotonic()
    over = begun + options.seconds
    plans = islice(studies(options.seed, field.root / "made"), options.studies)
    traffic = Traffic(
        plans=plans, drop=field.drop, port=lambda: field.port, seed=options.seed, until=over + options.calm,
        senders=options.senders,
    )  # fmt: skip
    killers = _killers(options, field, over)
    traffic.start()
    for killer in killers:
        killer.start()
    for killer in killers:
        killer.join()
    killed = time.monotonic()
    sent_all = traffic.finish()
    calm = field.is_calm(time.monotonic() + options.calm)
    seconds = (killed - begun, time.monotonic() - killed)
    answers: dict[str, Sequence[str]] = {
        "every sender came to its end": [] if sent_all else ["some are still sending"],
        "nothing is under way any more": [] if calm else ["something still is, see below"],
        **checking.ended(field),
    }
    answers |= _told(field, traffic, killers, seconds)
    print(telling.checks(answers))
    if any(answers.values()):
        return 1
    return 2 if sum(killer.kills.total() for killer in killers) < options.kills else 0


def _told(
    field: Field, traffic: Traffic, killers: Sequence[Killer], seconds: tuple[float, float]
) -> checking.Answers:
    """Look at everything, print the tables, and answer."""
    known = [thing for plan in traffic.begun for thing in plan.things]
    acknowledged = [thing for thing in known if traffic.told.success[thing.key]]
    xnat = looking.Xnat(field.url)
    found = account(
        [*acknowledged, *traffic.dropped],
        known,
        traffic.told.sent,
        [*xnat.found(), *looking.kept(field.state)],
    )
    print(telling.kills({killer.service.name: killer.kills for killer in killers}))
    counts = (len(traffic.told.sent), len(acknowledged), len(traffic.dropped))
    print(telling.objects(found, *counts))
    print(telling.effort(traffic, *seconds))
    return {**checking.judged(found), **checking.left(field, xnat)}


def _killers(options: argparse.Namespace, field: Field, over: float) -> list[Killer]:
    of_receiver = options.kills // 2
    return [
        Killer(
            service=field.receiver, share=of_receiver, seed=options.seed, until=over, pace=options.pace,
            busy=lambda: killing.receiving(field.drop), moment=lambda: killing.moment_of_receiver(field.drop),
        ),
        Killer(
            service=field.importer, share=options.kills - of_receiver, seed=options.seed, until=over,
            pace=options.pace, busy=lambda: killing.importing(field.drop),
            moment=lambda: killing.moment_of_importer(field.drop, field.journal),
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
