"""The README's way of starting the servers apart, line by line in a shell, as it stands but for the ports."""

import json
import os
import signal
import subprocess

from processes import BINARIES, ROOT, eventually, free_ports, get
from programs import readme


def test_the_servers_start_apart_as_the_readme_says(tmp_path):
    matchmaker, coordinator, link = (free_ports() for _ in range(3))
    ports = {":8080": f":{matchmaker}", ":8081": f":{coordinator}", ":7400": f":{link}"}
    commands = readme("", "--link-listen", **ports, **{"swift build -c release\n": "", ".build/release": str(BINARIES)})
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GREENROOM_")}
    with (tmp_path / "log").open("w") as log:
        shell = subprocess.Popen(
            ["bash", "-euc", commands + "wait"], cwd=tmp_path, env=clean, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
    try:
        def both_are_ready():
            assert shell.poll() is None, (tmp_path / "log").read_text()
            return all(get(f"http://127.0.0.1:{port}/readyz")[0] == 200 for port in (matchmaker, coordinator))

        eventually(both_are_ready, lambda: (tmp_path / "log").read_text(), 20)
        [up] = json.loads(get(f"http://127.0.0.1:{matchmaker}/v1/state")[1])["links"]
        assert up["up"]
        assert oct((tmp_path / "secret.txt").stat().st_mode & 0o777) == "0o600"
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def test_every_file_that_the_pages_link_to_is_there():
    for page in (ROOT / "README.md", *(ROOT / "proto").glob("*.md"), *(ROOT / "compose").glob("*.md")):
        text = page.read_text()
        for target in (each.split(")", 1)[0] for each in text.split("](")[1:]):
            if not target.startswith("http"):
                path, _, anchor = target.partition("#")
                file = page.parent / path if path else page
                assert file.exists(), f"{page.name} links to {target}"
                headings = [line.lstrip("# ").lower().replace(" ", "-") for line in file.read_text().splitlines() if line.startswith("#")]
                assert not anchor or anchor in headings, f"{page.name} links to {target}; there are {headings}"
