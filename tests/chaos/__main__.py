"""The whole table: python -m tests.chaos [FAULT...] [--times N]

Every fault as often as `FAULTS` says, a line each: what happened, how often, records lost and doubled, and whether the
results are the undisturbed run's to the byte.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.stage import Stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {fault.__name__: fault for fault in FAULTS}
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"default: all of {', '.join(known)}")
    parser.add_argument("--times", type=int, help="how often, instead of the table's own numbers")
    arguments = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        print(f"undisturbed: {stage.samples} samples in {stage.seconds:.1f} s", flush=True)
        print(f"{'fault':44} {'times':>5} {'lost':>5} {'doubled':>7} {'identical':>9} {'seconds':>8}", flush=True)
        for name in arguments.faults or known:
            verdict = known[name](stage, arguments.times or FAULTS[known[name]][0])
            held = held and verdict.held
            print(
                f"{verdict.fault:44} {verdict.times:5} {verdict.lost:5} {verdict.doubled:7} "
                f"{'yes' if verdict.identical else 'NO':>9} {verdict.seconds:8.1f}  {verdict.remark}",
                flush=True,
            )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
