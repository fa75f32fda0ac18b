"""Fixtures of the chaos tests: a stage that ends with a reckoning, and figures that are printed at the end."""

import pytest
from crowd import Crowd
from stage import Stage

FIGURES = "figure"


@pytest.fixture
def figure(record_property):
    """Keeps a sentence with a test's figure, for the summary."""
    return lambda text: record_property(FIGURES, text)


@pytest.fixture
def make_stage(request, tmp_path):
    """Makes stages; each is started. A test that fails shows their timelines."""
    stages = []

    def make(**options):
        stage = Stage(tmp_path / f"stage-{len(stages)}", **options)
        stages.append(stage)
        return stage.start()

    yield make
    report = getattr(request.node, "report_call", None)
    for stage in stages:
        if report is not None and report.failed:
            print(stage.story())
        stage.dispose()


@pytest.fixture
def make_crowd():
    crowds = []

    def make(*arguments, **options):
        crowds.append(Crowd(*arguments, **options))
        return crowds[-1]
    yield make
    for crowd in crowds:
        crowd.dispose()


def pytest_terminal_summary(terminalreporter):
    figures = [
        (report.nodeid.split("::")[-1], value)
        for reports in terminalreporter.stats.values() for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties if name == FIGURES
    ]
    if figures:
        terminalreporter.section("figures")
        for test, value in sorted(figures):
            terminalreporter.write_line(f"{test}:\n    {value}")
