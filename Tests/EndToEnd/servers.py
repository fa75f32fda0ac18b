"""A matchmaker and coordinators that are started one by one, as a person would by hand."""

import json
import signal

from processes import Server, eventually, free_ports


class Servers:
    """Starts servers in a folder of their own; `tcp` joins them over loopback instead of a Unix socket."""

    def __init__(self, folder, tcp=False, secret=None, scenes=None, matchmaker_options=(), coordinator_options=()):
        self.folder = folder
        self.link = f"127.0.0.1:{free_ports()}" if tcp else f"unix:{folder}/link"
        self.secret, self.scenes = secret, scenes
        self.matchmaker_options, self.coordinator_options = list(matchmaker_options), list(coordinator_options)
        self.matchmaker = None
        self.matchmaker_port = free_ports()
        self.coordinators = []
        self.all = []
        # Beside those in memory, whole ones in the folder.
        self.keeps_logs = False
        # Tests that leave something behind on purpose say so.
        self.must_be_empty = True

    @property
    def coordinator(self):
        return self.coordinators[0]

    @property
    def live(self):
        return [each for each in self.all if each.alive]

    def start_matchmaker(self, *options, secret=None):
        """Starts it, or starts it again on the same port with the same data."""
        arguments = ["--link-listen", self.link, "--data-dir", self.folder / "matchmaker", *self.matchmaker_options]
        if self.scenes is not None:
            file = self.folder / "greenroom.json"
            file.write_text(json.dumps({"scenes": self.scenes}))
            arguments += ["--config", file]
        self.matchmaker = self._start("matchmaker", self.matchmaker_port, [*arguments, *options], secret)
        return self.matchmaker

    def start_coordinator(self, *options, secret=None, node=None, data=None, link=None, port=None):
        node = node or f"node-{len(self.coordinators) + 1}"
        arguments = ["--link", link or self.link, "--data-dir", self.folder / (data or node), "--node-id", node]
        server = self._start(
            "coordinator", port or free_ports(), [*arguments, *self.coordinator_options, *options], secret)
        self.coordinators.append(server)
        return server

    def _start(self, name, port, arguments, secret):
        secret = secret or self.secret
        environment = {"GREENROOM_SECRET": secret} if secret else {}
        log_file = self.folder / f"{len(self.all)}-{name}.log" if self.keeps_logs else None
        server = Server(name, port, arguments, environment=environment, log_file=log_file)
        self.all.append(server)
        return server

    def start(self, coordinators=1):
        """One matchmaker and its coordinators, ready."""
        self.start_matchmaker().until_alive()
        for _ in range(coordinators):
            self.start_coordinator()
        self.until_ready(coordinators)
        return self

    def until_ready(self, coordinators=1):
        for each in self.live:
            each.until_ready()
        eventually(lambda: self.links_up() == coordinators, lambda: f"{self.matchmaker.state()['links']}")

    def links_up(self):
        """Links that the matchmaker calls up."""
        return sum(1 for link in self.matchmaker.state()["links"] if link.get("up") is not False)

    def left(self):
        """Every table of every live process that is not empty."""
        return {k: v for each in self.live for k, v in each.tables_left().items()}

    def until_empty(self, timeout_s=10.0):
        eventually(lambda: not self.left(), lambda: f"tables are empty; left: {self.left()}", timeout_s)

    def stop(self):
        """SIGTERM to all that live; each must end in good order and at once."""
        stopping = self.live
        for each in stopping:
            each.signal(signal.SIGTERM)
        codes = {f"{each.name} {each.pid}": each.wait(10) for each in stopping}
        assert set(codes.values()) <= {0}, f"exit codes {codes}\n" + "\n".join(each.text() for each in stopping)

    def dispose(self):
        for each in self.live:
            each.kill()
