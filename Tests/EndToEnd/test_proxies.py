"""Real proxies, nginx and haproxy, in front of the servers: whom the limits count, and whether a game gets through."""

import asyncio
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest
from players import Line, Player, finish
from processes import Process, eventually, free_ports, get
from test_access import rate_limited, upgrade
from test_admission import logged

INNER, OUTER = "127.0.0.2", "127.0.0.3"
ONE_JOIN = ["--joins-per-address", "1", "--joins-per-address-burst", "1"]
HEADERS = ["X-Forwarded-For", "Forwarded"]

NGINX = """
daemon off; master_process off; worker_processes 1; user root;
pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
  map $http_forwarded $forwarded {{ default "$http_forwarded, for=$remote_addr"; "" "for=$remote_addr"; }}
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header {header} {value};
  {bind}
  server {{
    listen {listen};
    location / {{ proxy_pass http://{matchmaker}; }}
    location /v1/play {{ proxy_pass http://{coordinator}; }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend all
  bind {listen}
  {says}
  use_backend coordinator if {{ path /v1/play }}
  default_backend matchmaker
backend matchmaker
  server one {matchmaker} {bind}
backend coordinator
  server one {coordinator} {bind}
"""


# One line in any case: of several, nginx before 1.23 passes on the first alone, which is the client's own word.
HAPROXY_FORWARDED = """
  http-request set-header Forwarded "%[req.fhdr(forwarded)], for=%[src]" if { req.hdr_cnt(forwarded) gt 0 }
  http-request set-header Forwarded for=%[src] unless { req.hdr_cnt(forwarded) gt 0 }
"""


class RealProxy:
    """A proxy as its manual sets it up: the word of who asks stands behind what was there. `upstream` is a port, or a path."""

    def __init__(self, program, folder, matchmaker, coordinator=None, header="X-Forwarded-For", source=None):
        self.port = free_ports()
        self.ws = f"ws://127.0.0.1:{self.port}"
        self.folder = pathlib.Path(folder) / f"{program}-{self.port}"
        self.folder.mkdir()
        listen, coordinator = f"127.0.0.1:{self.port}", coordinator or matchmaker
        if program == "nginx":
            value = "$forwarded" if header == "Forwarded" else "$proxy_add_x_forwarded_for"
            text = NGINX.format(
                folder=self.folder, header=header, value=value, bind=f"proxy_bind {source};" if source else "", listen=listen,
                **{k: f"unix:{v}:" if isinstance(v, pathlib.Path) else f"127.0.0.1:{v}" for k, v in
                   (("matchmaker", matchmaker), ("coordinator", coordinator))})
            command = ["nginx", "-e", f"{self.folder}/log", "-c", f"{self.folder}/conf"]
        else:
            says = HAPROXY_FORWARDED if header == "Forwarded" else "option forwardfor"
            text = HAPROXY.format(
                says=says, bind=f"source {source}" if source else "", listen=listen,
                **{k: f"unix@{v}" if isinstance(v, pathlib.Path) else f"127.0.0.1:{v}" for k, v in
                   (("matchmaker", matchmaker), ("coordinator", coordinator))})
            command = ["haproxy", "-db", "-f", f"{self.folder}/conf"]
        (self.folder / "conf").write_text(text)
        self.output = open(self.folder / "output", "w")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        eventually(self._listens, lambda: f"{program} listens\n{(self.folder / 'output').read_text()}")

    def _listens(self):
        assert self.process.poll() is None, (self.folder / "output").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()


@pytest.fixture
def proxy(tmp_path):
    """Starts proxies, and stops them after the test."""
    started = []

    def start(program, *upstreams, **options):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"):
            pytest.fail(f"there is no {program}: run .ci/install")
        started.append(RealProxy(program, tmp_path, *upstreams, **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def one_join_each(make_servers, header="X-Forwarded-For", trusted=f"{INNER},{OUTER}"):
    options = [*ONE_JOIN, "--connections-per-address", "2", "--proxy-header", header.lower(),
               *(["--trusted-proxies", trusted] if trusted else [])]
    return make_servers(matchmaker_options=options).start()


async def waits(servers, url, client, **options):
    """Joins through a proxy, from an address of this host's own, and hears `waiting`."""
    player = Player(servers)
    player.room = await Line.open(url + "/v1/join", local_addr=(client, 0), **options)
    await player.room.send("join", scene="duo", subject=player.subject)
    await player.room.until("waiting")
    await player.closes()


def forged(header, address):
    return {header: f"for={address}" if header == "Forwarded" else address}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("program", ["nginx", "haproxy"])
async def test_behind_a_real_proxy_each_client_counts_by_its_own_address(make_servers, proxy, program, header):
    servers = one_join_each(make_servers, header)
    inner = proxy(program, servers.matchmaker.port, header=header, source=INNER)
    for client in ("127.0.0.5", "127.0.0.6"):
        await waits(servers, inner.ws, client)
        # What the client says of itself stands before the proxy's word, and is not believed.
        await rate_limited(
            servers, "from this address", inner.ws, local_addr=(client, 0), additional_headers=forged(header, "192.0.2.9"))
        assert logged(servers.matchmaker, "join_refused", client=client)
    # Nor has one who comes without the proxy any word of its own.
    direct = servers.matchmaker.ws
    await waits(servers, direct, "127.0.0.7", additional_headers=forged(header, "192.0.2.1"))
    await rate_limited(servers, "from this address", direct, local_addr=("127.0.0.7", 0),
                       additional_headers=forged(header, "192.0.2.2"))
    assert logged(servers.matchmaker, "join_refused", client="127.0.0.7")
    # Connections are counted likewise, and the refusal gets through the proxy.
    url = inner.ws + "/v1/join"
    lines = [await Line.open(url, local_addr=("127.0.0.8", 0)) for _ in range(2)]
    assert (await upgrade(url, local_addr=("127.0.0.8", 0)))[0] == 429
    assert (await upgrade(url, local_addr=("127.0.0.9", 0)))[0] == 101
    for line in lines:
        await line.close()


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("outermost, innermost", [("haproxy", "nginx"), ("nginx", "haproxy")])
async def test_of_several_hops_the_last_stranger_is_the_client(make_servers, proxy, outermost, innermost, header):
    servers = one_join_each(make_servers, header)
    inner = proxy(innermost, servers.matchmaker.port, header=header, source=INNER)
    outer = proxy(outermost, inner.port, header=header, source=OUTER)
    for client in ("127.0.0.5", "127.0.0.6"):
        await waits(servers, outer.ws, client, additional_headers=forged(header, INNER))
        await rate_limited(servers, "from this address", outer.ws, local_addr=(client, 0))
        assert logged(servers.matchmaker, "join_refused", client=client)
    # The same clients by the inner proxy alone are the same clients.
    await rate_limited(servers, "from this address", inner.ws, local_addr=("127.0.0.5", 0))


@pytest.mark.parametrize("program", ["nginx", "haproxy"])
@pytest.mark.parametrize("trusted", [None, "127.0.0.9,10.0.0.0/8"])
async def test_a_proxy_that_is_not_listed_is_one_client_itself(make_servers, proxy, program, trusted):
    servers = one_join_each(make_servers, trusted=trusted)
    stranger = proxy(program, servers.matchmaker.port, source=INNER)
    await waits(servers, stranger.ws, "127.0.0.5")
    await rate_limited(servers, "from this address", stranger.ws, local_addr=("127.0.0.6", 0))
    assert logged(servers.matchmaker, "join_refused", client=INNER)


@pytest.mark.parametrize("program", ["nginx", "haproxy"])
async def test_a_whole_game_and_the_pages_get_through(make_servers, proxy, program):
    servers = make_servers()
    servers.start_matchmaker().until_alive()
    port = free_ports()
    front = proxy(program, servers.matchmaker.port, port, source=INNER)
    servers.start_coordinator("--public-url", front.ws + "/v1/play", port=port)
    servers.until_ready()
    players = [Player(servers) for _ in range(2)]
    for player in players:
        player.room = await Line.open(front.ws + "/v1/join")
        await player.room.send("join", scene="duo-relay", subject=player.subject)
    for player in players:
        assert (await player.matched())["url"] == front.ws + "/v1/play"
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    ann, ben = sorted(players, key=lambda player: player.index)
    for size in (1, 126, 65_534):
        await ann.send_binary(ben.index, b"x" * size)
        assert await ben.game.until_binary() == bytes([0, ann.index]) + b"x" * size
    await finish(players)
    page = f"http://127.0.0.1:{front.port}"
    assert "Greenroom" in get(page + "/")[1] and get(page + "/greenroom.js")[0] == 200 and get(page + "/nowhere")[0] == 404


@pytest.mark.parametrize("program", ["nginx", "haproxy"])
async def test_a_proxy_that_comes_by_a_unix_socket_is_believed_where_unix_is_listed(proxy, program, tmp_path):
    path = tmp_path / "m"
    matchmaker = Process("matchmaker", [
        "--listen", f"unix:{path}", "--link-listen", f"unix:{tmp_path}/link", "--log-format", "json", *ONE_JOIN, "--trusted-proxies",
        "unix", "--listen-access", "group"])
    try:
        eventually(lambda: path.exists() and path.stat().st_mode & 0o777 == 0o660, lambda: f"the matchmaker listens\n{matchmaker.text()}")
        front = proxy(program, path)
        for client in ("127.0.0.5", "127.0.0.6"):
            await waits(None, front.ws, client)
            await rate_limited(
                None, "from this address", front.ws, local_addr=(client, 0), additional_headers={"X-Forwarded-For": "192.0.2.9"})
            assert logged(matchmaker, "join_refused", client=client)
        matchmaker.signal(signal.SIGTERM)
        assert matchmaker.wait(10) == 0, matchmaker.text()
    finally:
        matchmaker.kill()
