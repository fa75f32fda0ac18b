"""Everything at random from one seed: what befalls the processes and links, when, and for how long.

The plan is made beforehand and is the same for the same seed; how processes and clients run into it is not.
"""

import collections
import dataclasses
import heapq
import random
import signal
import time

import journals
from crowd import Crowd
from stage import Stage

# What may befall each kind of thing, with the shortest and longest time that it lasts, in seconds. The grace is 2 s.
MATCHMAKER = {"kill": (0.0, 1.5), "stall": (0.1, 3.5), "stop": (0.5, 1.0)}
COORDINATOR = {"kill": (0.0, 4.0), "stall": (0.1, 4.0), "stop": (0.5, 1.5)}
LINK = {
    "cut": (0.0, 0.0), "cut at the coordinator": (0.0, 0.0), "cut at the matchmaker": (0.0, 0.0),
    "away": (0.2, 4.0), "up lost": (0.2, 4.0), "down lost": (0.2, 4.0), "both lost": (0.2, 4.0),
    "up late": (0.1, 3.0), "down late": (0.1, 3.0), "both late": (0.1, 3.0),
}
DISK = {"full": (0.3, 4.0)}
# Small enough that journals are compacted again and again.
COMPACT_AT = "128KiB"
WAYS = {"up": ["up"], "down": ["down"], "both": ["up", "down"]}


@dataclasses.dataclass
class Fault:
    at_s: float
    target: tuple
    what: str
    for_s: float

    def __str__(self):
        return f"{' '.join(map(str, self.target))}: {self.what} for {self.for_s:.2f} s"


def plan(seed, coordinators, seconds):
    """Faults in the order of time. Each run has a choice of kinds of its own, and a pace."""
    chance = random.Random(f"storm {seed}")
    faults = []
    targets = [(("matchmaker",), MATCHMAKER), (("disk", "matchmaker"), DISK)]
    for number in range(coordinators):
        targets += [(("node", number), COORDINATOR), (("link", number), LINK), (("disk", f"node-{number + 1}"), DISK)]
    pace_s = chance.choice([2.0, 4.0, 8.0])
    has_full_disks = chance.random() < 0.5
    for target, all_kinds in targets:
        if all_kinds is DISK and not has_full_disks:
            continue
        kinds = chance.sample(list(all_kinds), chance.randint(1, len(all_kinds)))
        at_s = 1.0
        while (at_s := at_s + chance.expovariate(1 / pace_s)) < seconds:
            what = chance.choice(kinds)
            fault = Fault(at_s, target, what, chance.uniform(*all_kinds[what]))
            faults.append(fault)
            at_s += fault.for_s
    # Now and then all of it at once.
    if chance.random() < 0.5:
        at_s = chance.uniform(1, seconds)
        faults = [each for each in faults if each.target[0] in ("link", "disk") or not at_s - 5 < each.at_s < at_s + 5]
        for number in range(coordinators):
            faults.append(Fault(at_s, ("node", number), "kill", chance.uniform(0, 2)))
        faults.append(Fault(at_s, ("matchmaker",), "kill", chance.uniform(0, 1)))
    return sorted(faults, key=lambda fault: fault.at_s)


class Storm:
    def __init__(self, folder, seed, seconds, people=200, coordinators=3, workers=2):
        self.seed, self.seconds, self.people, self.workers = seed, seconds, people, workers
        self.stage = Stage(
            folder, coordinators=coordinators, disk="32m", options=["--journal-compact-at", COMPACT_AT])
        self.stage.say(f"seed {seed}, {seconds} s, {people} people, {coordinators} coordinators")
        self.faults = plan(seed, coordinators, seconds)
        self.crowd = None
        self.stopping = set()

    def run(self):
        """The storm, the calm, and the reckoning. Gives what happened, in a sentence."""
        stage = self.stage.start()
        self.crowd = Crowd(
            stage, "Roamer", self.people, workers=self.workers, seed=self.seed, at_once=self.people,
            scenes=["pair", "checked", "trio", "quartet"],
            deadlines={"lease": stage.grace_s + stage.margin_s, "begun": 25.0, "over": 35.0, "matched": 30.0})
        self.crowd.until("matched", 10)
        steps = [(fault.at_s, number, self.begin, fault) for number, fault in enumerate(self.faults)]
        began = time.monotonic()
        while steps and steps[0][0] < self.seconds:
            at_s, number, act, fault = heapq.heappop(steps)
            # The plan says when; nothing is waited for.
            time.sleep(max(0, began + at_s - time.monotonic()))
            if again_s := act(fault):
                heapq.heappush(steps, (at_s + again_s, number, self.end, fault))
        time.sleep(max(0, began + self.seconds - time.monotonic()))
        self.calm()
        self.crowd.close(90)
        stage.say("everyone is gone")
        stage.finish()
        stage.say("all agree")
        return self.summary()

    def server(self, target):
        return self.stage.matchmaker if target == ("matchmaker",) else self.stage.nodes[target[1]]

    def begin(self, fault):
        """Gives how long it is to last."""
        if fault.target[0] in ("matchmaker", "node"):
            server = self.server(fault.target)
            if not server.alive or server.pid in self.stopping:
                return None
        self._begin(fault)
        return fault.for_s or 0.001

    def _begin(self, fault):
        stage = self.stage
        stage.say(str(fault))
        if fault.target[0] == "disk":
            return stage.fill_disk(fault.target[1])
        if fault.target[0] != "link":
            server = self.server(fault.target)
            match fault.what:
                case "kill":
                    stage.kill(server)
                case "stall":
                    server.signal(signal.SIGSTOP)
                case "stop":
                    stage.expected_ends.add(server.pid)
                    self.stopping.add(server.pid)
                    server.signal(signal.SIGTERM)
            return
        proxy = stage.proxies[fault.target[1]]
        match fault.what.split():
            case ["cut", "at", "the", end]:
                proxy.cut(end)
            case ["cut"]:
                proxy.cut()
            case ["away"]:
                proxy.refuse()
                proxy.cut()
            case [way, "lost" | "late"]:
                proxy.hold(*WAYS[way])

    def end(self, fault):
        """Gives when to look again, while what was asked to stop has not done so yet."""
        stage = self.stage
        if fault.target[0] == "disk":
            return stage.free_disk(fault.target[1])
        if fault.target[0] == "link":
            proxy = stage.proxies[fault.target[1]]
            match fault.what.split():
                case ["away"]:
                    proxy.refuse(False)
                case [_, "lost"]:
                    proxy.heal_from_loss()
                case [_, "late"]:
                    proxy.release()
            return stage.say(f"{' '.join(map(str, fault.target))}: {fault.what} is over")
        server = self.server(fault.target)
        if fault.what == "stall":
            return stage.wake(server)
        if fault.what == "stop":
            if server.alive:
                return 0.1
            self.stopped(server)
        self.restart(fault.target)
        return None

    def stopped(self, server):
        """A process that was asked to stop has done so in good order, or had not come so far as to hear it."""
        assert server.wait(20) == 0 or not server.said("started"), (
            f"{server.name} {server.pid} did not stop in order: {server.popen.poll()}\n{server.text()[-4000:]}")

    def restart(self, target):
        if self.server(target).alive:
            return
        if target == ("matchmaker",):
            self.stage.start_matchmaker()
        else:
            self.stage.start_coordinator(target[1])

    def calm(self):
        """Everything goes again."""
        stage = self.stage
        stage.say("calm")
        for name in stage.disks:
            stage.free_disk(name)
        for number, proxy in enumerate(stage.proxies):
            proxy.refuse(False)
            proxy.release()
            proxy.cut()
            stage.nodes[number].signal(signal.SIGCONT)
        stage.matchmaker.signal(signal.SIGCONT)
        for target in [("matchmaker",), *(("node", number) for number in range(len(stage.nodes)))]:
            server = self.server(target)
            if server.pid in self.stopping:
                self.stopped(server)
            self.restart(target)
        stage.until_ready(20)

    def summary(self):
        found = journals.sessions(self.stage.journal.records())
        reasons = collections.Counter(journals.final(session)["reason"] for session in found.values())
        replaced = sum(len(session["ended"]) == 2 for session in found.values())
        again = sum(len(session["matched"]) - 1 for session in found.values())
        # A storm in which little happened proves little.
        assert len(found) > self.people / 4 and reasons["completed"] > 0, reasons
        return (f"seed {self.seed}: {len(self.faults)} faults in {self.seconds} s, {self.people} people, "
                f"{len(found)} sessions, {again} handed off again, {replaced} presumptions replaced, "
                f"0 contradictions; {', '.join(f'{n} {r}' for r, n in reasons.most_common())}")

    def dispose(self):
        if self.crowd:
            self.crowd.dispose()
        self.stage.dispose()
