"""The command behind `run`."""

import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

import storm  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--coordinators", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    keep = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="greenroom-chaos-"))
    began, failed, rounds = time.monotonic(), [], 0
    while rounds < options.rounds if options.rounds else time.monotonic() < began + 60 * options.minutes:
        seed = options.seed + rounds
        rounds += 1
        it = storm.Storm(keep / str(seed), seed, options.seconds, options.people, options.coordinators)
        try:
            print(it.run(), flush=True)
        except (Exception, KeyboardInterrupt) as error:
            failed.append(seed)
            print(f"FAILED: seed {seed}\n{it.stage.story()}", flush=True)
            traceback.print_exc()
            if isinstance(error, KeyboardInterrupt):
                break
        finally:
            it.dispose()
        if seed not in failed:
            shutil.rmtree(it.stage.folder)
    print(f"{rounds} storms in {(time.monotonic() - began) / 60:.1f} minutes, "
          f"{f'failed: seeds {failed}' if failed else '0 failed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
