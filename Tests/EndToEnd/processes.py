"""Real server processes: started from a build folder, watched through their HTTP endpoints and their log."""

import collections
import contextlib
import functools
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("GREENROOM_BIN") or ROOT / ".build/release").resolve()
START_S = 30.0


class Ports:
    """Ports of this process of tests alone: between the moment that one is found free and that in which a server takes it, or
    while a server is killed and started again, tests that run beside it do not take it. The claim is a name of the kernel's,
    which goes with the process. They lie below the ports that the kernel gives to outgoing connections."""

    FIRST, END, EACH = 20_000, 32_000, 300

    def __init__(self):
        starts = list(range(self.FIRST, self.END, self.EACH))
        random.shuffle(starts)
        self.claim = next(claim for claim in map(self._claim, starts) if claim)
        self.given = 0

    def _claim(self, start):
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0greenroom-test-ports-{start}")
        except OSError:
            return name.close()
        self.start = start
        return name

    def take(self, count):
        """`count` free ones in a row; the one that was given longest ago comes first."""
        while True:
            if self.given + count > self.EACH:
                self.given = 0
            first = self.start + self.given
            self.given += 1
            with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
                for port in range(first, first + count):
                    # As servers bind: where one listens it fails, and what the kernel still keeps of old connections is no obstacle.
                    probe = probes.enter_context(socket.socket())
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
                self.given += count - 1
                return first


@functools.cache
def ports():
    return Ports()


def free_ports(count=1):
    """`count` free ports in a row."""
    return ports().take(count)


def eventually(check, what, timeout_s=20.0):
    """Polls until `check` gives something true, and returns it."""
    deadline = time.monotonic() + timeout_s
    while True:
        if result := check():
            return result
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what() if callable(what) else what}"
        time.sleep(0.02)


def program(name, *arguments, environment=None, folder=None, timeout_s=10):
    """Runs a program that ends by itself."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GREENROOM_")}
    return subprocess.run(
        [BINARIES / name, *map(str, arguments)], cwd=folder,
        env=clean | (environment or {}), capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL,
    )


class Process:
    """One running program; its stderr is kept, line by line, and all of it in `log_file` if that is given."""

    def __init__(self, name, arguments, environment=None, cwd=None, log_file=None):
        self.name = name
        self.command = [str(BINARIES / name), *map(str, arguments)]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GREENROOM_")}
        self.popen = subprocess.Popen(
            self.command, env=clean | (environment or {}), cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        )
        self.pid = self.popen.pid
        self.stdout, self.stderr = collections.deque(maxlen=10_000), collections.deque(maxlen=200_000)
        self.readers = [
            threading.Thread(target=self._read, args=(self.popen.stdout, self.stdout), daemon=True),
            threading.Thread(target=self._read, args=(self.popen.stderr, self.stderr, log_file), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines, log_file=None):
        with open(log_file or os.devnull, "w") as log:
            for line in stream:
                lines.append(line.rstrip("\n"))
                log.write(line)

    @property
    def alive(self):
        return self.popen.poll() is None

    def log(self, event=None, **fields):
        """The log lines so far as objects; those of an event, with these fields."""
        found = []
        for line in list(self.stderr):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if event in (None, entry.get("event")) and all(entry.get(k) == v for k, v in fields.items()):
                found.append(entry)
        return found

    def outcomes(self, session):
        """The logged outcomes of a session that has ended; the line may still be on its way."""
        eventually(lambda: self.log("outcome", session=session), lambda: f"{self.name} logs the outcome of {session}")
        return self.log("outcome", session=session)

    def said(self, *words):
        """Whether one line of stderr holds all of these words."""
        return any(all(word in line for word in words) for line in list(self.stderr))

    def text(self):
        return "\n".join(self.stderr)

    def signal(self, number):
        if self.alive:
            self.popen.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait(10)

    def wait(self, timeout_s=10.0):
        try:
            code = self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} has not ended within {timeout_s} s\n{self.text()}") from None
        for reader in self.readers:
            reader.join(5)
        return code


class Server(Process):
    """A matchmaker or a coordinator."""

    def __init__(self, name, port, arguments, **options):
        self.port, self.http, self.ws = port, f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
        super().__init__(name, ["--listen", f"127.0.0.1:{port}", "--log-format", "json", *arguments], **options)

    def get(self, path):
        """Status and text of a GET; (0, "") when nobody answers."""
        return get(self.http + path)

    def state(self):
        status, text = self.get("/v1/state")
        assert status == 200, f"{self.name} answered {status}\n{self.text()}"
        return json.loads(text)

    def tables_left(self):
        return {f"{self.name}.{name}": size for name, size in self.state()["tables"].items() if size != 0}

    def until_alive(self):
        self._until("/healthz")

    def until_ready(self):
        self._until("/readyz")

    def _until(self, path):
        def check():
            assert self.alive, f"{self.name} ended with {self.popen.poll()}\n{self.text()}"
            return self.get(path)[0] == 200

        eventually(check, lambda: f"{self.name} {path} says {self.get(path)}\n{self.text()}", START_S)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""
