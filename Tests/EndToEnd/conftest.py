"""Fixtures of the end-to-end tests: the real executables, on free ports, with folders of their own.

GREENROOM_BIN names the folder with the executables; by default it is the release build. Tests may be coroutines.
"""

import asyncio
import inspect
import signal
import types

import pytest
from processes import BINARIES, Process, eventually, free_ports, get
from servers import Servers
from turnserver import TurnServer

TEST_S = 180.0


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs a test that is a coroutine, and gives it up after a while."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def run():
        async with asyncio.timeout(TEST_S):
            await pyfuncitem.obj(**wanted)

    asyncio.run(run())
    return True


def pytest_sessionstart(session):
    for name in ("matchmaker", "coordinator", "greenroom"):
        if not (BINARIES / name).exists():
            pytest.exit(f"{BINARIES / name} is missing: run `swift build -c release`, or set GREENROOM_BIN", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of every server's log."""
    report = (yield).get_result()
    setattr(item, f"report_{report.when}", report)
    if report.when == "call" and report.failed:
        servers = item.funcargs.get("servers") or item.funcargs.get("duo_servers")
        for each in servers.all if servers else []:
            report.sections.append((f"stderr of {each.name} {each.pid}", "\n".join(list(each.stderr)[-60:])))


def settle(request, servers):
    """After a test: nothing is left, and all processes end in good order. A test that failed has said enough already."""
    report = getattr(request.node, "report_call", None)
    try:
        if report is not None and report.passed:
            if servers.must_be_empty:
                servers.until_empty()
            servers.stop()
    finally:
        servers.dispose()


@pytest.fixture
def make_servers(request, tmp_path):
    """Makes a `Servers`; the test starts what it needs."""
    made = []

    def make(**options):
        servers = Servers(tmp_path / f"{len(made)}", **options)
        servers.folder.mkdir()
        made.append(servers)
        return servers

    yield make
    for servers in made:
        settle(request, servers)


@pytest.fixture
def servers(make_servers):
    """One matchmaker and one coordinator over a Unix socket, with short deadlines for requests and first messages."""
    short = ["--request-timeout", "2s", "--first-message-timeout", "2s"]
    return make_servers(matchmaker_options=short, coordinator_options=short).start()


@pytest.fixture
def coturn(tmp_path):
    server = TurnServer(tmp_path)
    try:
        yield server.until_ready()
    finally:
        server.kill()


@pytest.fixture(scope="session")
def greenroom(tmp_path_factory):
    """Both servers, started by the `greenroom` executable: `.matchmaker` and `.coordinator` are their addresses."""
    port = free_ports(2)
    folder = tmp_path_factory.mktemp("greenroom")
    process = Process("greenroom", ["--port", port], cwd=folder, environment={"TMPDIR": str(folder)})
    addresses = [f"http://127.0.0.1:{port + offset}" for offset in (0, 1)]

    def ready():
        assert process.alive, f"greenroom ended with {process.popen.poll()}\n{process.text()}"
        return all(get(address + "/readyz")[0] == 200 for address in addresses)

    try:
        eventually(ready, lambda: f"both servers are ready\n{process.text()}", 20)
        yield types.SimpleNamespace(matchmaker=addresses[0], coordinator=addresses[1], process=process)
        process.signal(signal.SIGTERM)
        assert process.wait(10) == 0, process.text()
    finally:
        process.kill()
