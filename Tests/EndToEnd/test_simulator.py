"""The simulator as a command: what it says of a promise that is broken, and of a path that is not reached."""

import json
import shlex

from processes import program

PROMISE_BROKEN, COVERAGE_MISSING = 1, 3


def simulate(folder, *words):
    """What it printed, the report that it wrote, and how it ended."""
    report = folder / "report.json"
    done = program("simulate", *words, "--json", report, timeout_s=300)
    assert not done.stderr, done.stderr
    return done.stdout, json.loads(report.read_text()), done.returncode


def test_a_failure_names_what_replays_it_exactly_and_is_made_small(tmp_path):
    text, report, code = simulate(
        tmp_path, "--preset", "storm", "--seed", 1, "--seeds", 60, "--clients", 12, "--duration", "12s",
        "--canary", "hidesRequeue")
    assert code == PROMISE_BROKEN
    (failure,) = report["failures"]
    assert (failure["promise"], failure["check"]) == (5, "notRequeued")
    lines = text.splitlines()
    broken = next(line for line in lines if line.startswith("FAILED"))
    assert f"  seed {failure['seed']}; again: {failure['again']}" in lines
    assert f"  smaller: {failure['smaller']}" in lines

    # As printed, but for what finds a smaller one, in another process: the same promise at the same step.
    name, *words = shlex.split(failure["again"])
    again, repeated, code = simulate(tmp_path, *words, "--no-shrink")
    assert name == "simulate" and code == PROMISE_BROKEN
    assert broken in again.splitlines()
    assert repeated["failures"][0] | {"smaller": ""} == failure | {"smaller": ""}

    _, *words = shlex.split(failure["smaller"])
    small, shrunk, code = simulate(tmp_path, *words, "--no-shrink")
    assert code == PROMISE_BROKEN and shrunk["failures"][0]["check"] == failure["check"]
    assert "--keep-clients" in failure["smaller"] and "--keep-faults" in failure["smaller"]
    # Each trace's last line says what is broken; the small one is all that is printed.
    assert shrunk["steps"] < repeated["steps"] / 2, (shrunk["steps"], repeated["steps"])
    assert [line for line in small.splitlines() if line.startswith("FAILED")][0][len("FAILED"):].strip() in text


def test_a_path_that_is_never_reached_fails_a_run_that_must_reach_all(tmp_path):
    text, report, code = simulate(tmp_path, "--preset", "calm", "--clients", 20, "--duration", "10s", "--check-coverage", "--coverage")
    assert code == COVERAGE_MISSING and "every promise was kept" in text
    counts = {(each["group"], each["name"]): each["count"] for each in report["coverage"]}
    assert counts["exit", "completed × playing"] > 0 and counts["exit", "lease_over × playing"] == 0
    lines = [line.strip() for line in text.splitlines()]
    assert "never reached: exit lease_over × playing" in lines
    assert f"exit  completed × playing  {counts['exit', 'completed × playing']}" in lines
    assert sum(line.startswith("never reached: ") for line in lines) == sum(count == 0 for count in counts.values())
    # Without being asked to, it only says how many it has reached.
    text, _, code = simulate(tmp_path, "--preset", "calm", "--clients", 20, "--duration", "10s")
    assert code == 0 and "never reached" not in text
