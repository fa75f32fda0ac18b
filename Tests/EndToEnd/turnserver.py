"""A real TURN server: Debian's coturn, with credentials as a coordinator issues them."""

import shutil
import subprocess

from processes import eventually, free_ports
from stun import allocate

SECRET = "north and south"


class TurnServer:
    """One process on a port of its own of 127.0.0.1; its log says who came and from where."""

    def __init__(self, folder):
        self.port, self.log = free_ports(), folder / "coturn.log"
        path = shutil.which("turnserver")
        assert path, "no coturn: install Debian's package"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [path, "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=greenroom.test",
                 "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={self.port}", "--no-tls", "--no-dtls", "--no-cli", "--verbose",
                 "--log-file=stdout", "--min-port=33000", "--max-port=33999", f"--pidfile={folder}/coturn.pid",
                 f"--userdb={folder}/coturn.db", "--allow-loopback-peers"],
                cwd=folder, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def _answers(self):
        try:
            return allocate(self.port, "nobody", "nothing")
        except OSError:
            return None

    def until_ready(self):
        eventually(self._answers, lambda: f"coturn answers\n{self.log.read_text()[-3000:]}", 15)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
