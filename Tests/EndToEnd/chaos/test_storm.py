"""A short storm of everything at once, from a seed that is printed. `run` has the long one."""

import os
import random

import storm


def test_after_a_storm_all_that_was_told_agrees_with_what_was_kept(tmp_path, figure):
    seed = int(os.environ.get("GREENROOM_CHAOS_SEED") or random.randrange(1_000_000))
    it = storm.Storm(tmp_path / "stage", seed, seconds=15)
    try:
        figure(it.run())
    except BaseException:
        print(f"again: Tests/EndToEnd/chaos/run --seed {seed} --rounds 1 --seconds 15\n{it.stage.story()}")
        raise
    finally:
        it.dispose()
