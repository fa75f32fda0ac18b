"""The servers as a chaos test has them: a matchmaker and coordinators whose links go through proxies, all of which can
be killed, stopped, started again and cut off, and whose journals are watched. What was done to them is a timeline.
"""

import contextlib
import re
import shutil
import signal
import time

import agreement
import diary
import journals
from disks import fill, small_disk
from processes import START_S, eventually, get
from proxy import LinkProxy
from servers import Servers

GRACE_S, MARGIN_S, TELL_WAIT_S = 2.0, 0.5, 1.0
SHORT = {"enterTimeout": "3s", "validationTimeout": "3s", "reconnectGrace": "1s", "barrierTimeout": "3s",
         "playTimeout": "10s", "waitTimeout": "15s", "identity": "proof"}
SCENES = [
    {"id": "pair", "groupSize": 2, "validatePeers": False, **SHORT},
    {"id": "checked", "groupSize": 2, "validatePeers": True, "onValidationFailure": "requeue", **SHORT},
    {"id": "trio", "groupSize": 3, "validatePeers": True, "onValidationFailure": "relay", **SHORT},
    {"id": "quartet", "groupSize": 4, "validatePeers": False, **SHORT},
]

# Nothing may end by itself while thousands of clients come to it one by one on a machine that does other things too.
LASTING = {
    "id": "pair", "groupSize": 2, "validatePeers": False, "identity": "proof", "enterTimeout": "60s",
    "reconnectGrace": "5s", "playTimeout": "10m", "waitTimeout": "2m",
}


class Stage:
    """With `disk`, a size, each data folder is on a file system of its own, which can be filled."""

    def __init__(self, folder, coordinators=2, grace_s=GRACE_S, margin_s=MARGIN_S, scenes=None, capacities=(),
                 options=(), disk=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.grace_s, self.margin_s = folder, grace_s, margin_s
        self.began = time.monotonic()
        self.timeline = []
        self.servers = Servers(
            folder, tcp=True, scenes=scenes or SCENES,
            matchmaker_options=["--link-grace", f"{grace_s * 1000:.0f}ms", "--link-margin",
                                f"{margin_s * 1000:.0f}ms", "--ping-interval", "100ms", *options],
            coordinator_options=["--tell-wait", f"{TELL_WAIT_S * 1000:.0f}ms", *options])
        self.servers.keeps_logs = True
        self.disks, self.mounts = {}, contextlib.ExitStack()
        if disk:
            for name in ["matchmaker", *(f"node-{index + 1}" for index in range(coordinators))]:
                self.disks[name] = self.mounts.enter_context(small_disk(folder / name, disk))
        host, port = self.servers.link.split(":")
        self.proxies = [LinkProxy((host, int(port))) for _ in range(coordinators)]
        self.capacities = list(capacities) or [10_000] * coordinators
        self.nodes = [None] * coordinators
        self.ports = [None] * coordinators
        self.journal = journals.JournalWatch(folder / "matchmaker/journal")
        self.outboxes = [journals.JournalWatch(folder / f"node-{index + 1}/journal") for index in range(coordinators)]
        self.diaries = []
        self.expected_ends = set()

    # --- What is done ---

    def say(self, text):
        self.timeline.append((time.monotonic() - self.began, text))

    def start(self):
        self.start_matchmaker()
        self.matchmaker.until_alive()
        for index in range(len(self.nodes)):
            self.start_coordinator(index)
        self.until_ready()
        return self

    @property
    def matchmaker(self):
        return self.servers.matchmaker

    def start_matchmaker(self):
        self.servers.start_matchmaker()
        self.say(f"matchmaker started, pid {self.matchmaker.pid}")

    def start_coordinator(self, index):
        self.nodes[index] = self.servers.start_coordinator(
            "--capacity", self.capacities[index], node=f"node-{index + 1}", link=self.proxies[index].address,
            port=self.ports[index])
        self.ports[index] = self.nodes[index].port
        self.say(f"node-{index + 1} started, pid {self.nodes[index].pid}")

    def kill(self, server):
        """-9, and gone when this returns."""
        self.say(f"kill -9 {server.name} {server.pid}")
        self.expected_ends.add(server.pid)
        server.kill()

    def stall(self, server):
        self.say(f"SIGSTOP {server.name} {server.pid}")
        server.signal(signal.SIGSTOP)

    def wake(self, server):
        self.say(f"SIGCONT {server.name} {server.pid}")
        server.signal(signal.SIGCONT)

    def cut(self, index, *ends):
        self.say(f"link of node-{index + 1} cut {' and '.join(ends) or 'for both'}")
        self.proxies[index].cut(*ends)

    def fill_disk(self, name):
        self.say(f"the disk of {name} is full")
        fill(self.disks[name])

    def free_disk(self, name):
        self.say(f"the disk of {name} has space again")
        (self.disks[name] / "ballast").unlink(missing_ok=True)

    def diary(self, name):
        self.diaries.append(self.folder / f"{name}.diary")
        return self.diaries[-1]

    # --- What is waited for ---

    def ready(self):
        return get(self.matchmaker.http + "/readyz")[0] == 200

    def until_ready(self, within_s=START_S):
        """All live servers are ready, and all links up."""
        nodes = [node for node in self.nodes if node.alive]

        def check():
            assert self.matchmaker.alive, self.matchmaker.text()
            links = self.matchmaker.state()["links"] if self.matchmaker.get("/healthz")[0] == 200 else []
            return (self.ready() and sum(link["up"] for link in links) == len(nodes)
                    and all(node.get("/readyz")[0] == 200 for node in nodes))
        eventually(check, lambda: f"all is ready; links: {self.matchmaker.get('/v1/state')}", within_s)

    def sessions(self, state="playing"):
        return self.matchmaker.state()["sessions"][state]

    def assigned(self, index):
        """Sessions that the matchmaker counts as this node's."""
        links = self.matchmaker.state()["links"]
        return next(link["sessions"] for link in links if link["nodeId"] == f"node-{index + 1}")

    # --- What must be true in the end ---

    def settle(self, within_s=None):
        """With everybody gone nothing is left; then all ends in good order."""
        self.until_ready()
        self.servers.until_empty(within_s or self.grace_s + self.margin_s + 10)
        for server in self.servers.live:
            illegal = re.search(r"^greenroom_illegal_transitions_total (\d+)", server.get("/metrics")[1], re.M)
            assert illegal and illegal[1] == "0", f"{server.name} refused {illegal and illegal[1]} changes of state"
        for server in self.servers.all:
            assert server.alive or server.pid in self.expected_ends, (
                f"{server.name} {server.pid} ended by itself with {server.popen.poll()}\n{server.text()[-4000:]}")

    def entries(self):
        return diary.read(*(path for path in self.diaries if path.exists()))

    def check(self):
        """All contradictions between what was told and what was kept."""
        outboxes = {f"node-{index + 1}": watch.records() for index, watch in enumerate(self.outboxes)}
        accepted = {about: at for proxy in self.proxies for about, at in proxy.accepted.items()}
        found = agreement.contradictions(self.entries(), self.journal.records(), outboxes, accepted)
        assert not found, "\n".join([f"{len(found)} contradictions:", *found[:40]])

    def finish(self):
        """Nothing is left, the servers stop as they should, and then all that they have written down agrees."""
        self.settle()
        self.servers.stop()
        self.check()

    def outcomes(self):
        """How each session ended that was ever matched."""
        found = journals.sessions(self.journal.records())
        return [journals.final(session)["reason"] for session in found.values()]

    def story(self):
        """The timeline, for a failure."""
        lines = [f"{at:8.3f} s  {text}" for at, text in self.timeline]
        return "\n".join([f"logs, journals and diaries are in {self.folder}", *lines])

    def dispose(self):
        for server in self.servers.live:
            server.signal(signal.SIGCONT)
        self.servers.dispose()
        for each in self.proxies:
            each.close()
        for watch in [self.journal, *self.outboxes]:
            watch.close()
        for name, disk in self.disks.items():
            self.free_disk(name)
            # What goes with the file system is still there to be read.
            shutil.copytree(disk, self.folder / f"{name}-kept", ignore=shutil.ignore_patterns("lock"))
        self.mounts.close()
