"""The long campaign: sets of RT files are changed at random, and what the gate says of their links is held against a
reader by brute force.

    python -m tests.linkage_campaign --examples 10000 --seed 7

Exit code 0 when every law held, 1 when one did not; every fault is told with its smallest example.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.linkage_campaign.bases import Files, chain, everything, real
from tests.linkage_campaign.examples import campaign

REAL = (
    "mim-partial-and-duplicates", "highdicom-ct-seg", "pixelmed-enhanced-mr-seg", "dcmqi-ct-seg", "pydicom-rt-orphans",
    "eclipse-partial-chain", "vendor-orphans", "rtutils-oblique-ct",
)  # fmt: skip
AT_ONCE = 250
"""Examples between two looks for faults: hypothesis ends at the first."""


def sets() -> dict[str, Files]:
    found = {"everything": everything(), "chain": chain(), **{name: real(name) for name in REAL}}
    return {name: files for name, files in found.items() if files}


def main() -> int:
    options = _options()
    print(f"campaign of {options.examples} examples, seed {options.seed}", flush=True)
    faults, done, start = 0, 0, time.monotonic()
    chosen = sets()
    while done < options.examples and time.monotonic() - start < options.seconds:
        weighed = ["everything", "chain", *chosen] if options.real else ["everything", "chain"]
        name = weighed[done // AT_ONCE % len(weighed)]
        try:
            campaign(chosen[name], min(AT_ONCE, options.examples - done), options.seed + done)()
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is a fault
            faults += 1
            notes = "\n".join(getattr(fault, "__notes__", ()))
            print(f"FAULT in {name}: {type(fault).__name__}: {fault}\n{notes}\n", flush=True)
            if not isinstance(fault, AssertionError):
                _tell_where(fault)
        done += AT_ONCE
    print(f"{min(done, options.examples)} examples, {faults} faults, {time.monotonic() - start:.0f} s")
    return 1 if faults else 0


def _tell_where(fault: BaseException) -> None:
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        print(f"  at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}\n", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests.linkage_campaign", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--examples", type=int, default=10_000, help="default: 10000")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="default: a random one")
    parser.add_argument("--seconds", type=float, default=3600, help="at most; default: 3600")
    parser.add_argument(
        "--real", action=argparse.BooleanOptionalAction, default=True, help="the real sets, too"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
