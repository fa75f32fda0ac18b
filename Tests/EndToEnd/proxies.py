"""A reverse proxy for HTTP and WebSocket: it says for whom it asks in one of the two headers, behind what it was told."""

import asyncio
import contextlib


class ReverseProxy:
    """Listens on 127.0.0.1, or on a Unix socket's path; connects from the address `source`."""

    def __init__(self, port, header="X-Forwarded-For", source="127.0.0.1", client=None):
        self.upstream, self.header, self.source, self.client = port, header, source, client

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.ws = f"ws://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    def _said(self, head, peer):
        """The head with this hop's own word added, as proxies do: behind an earlier value of the same header."""
        lines = head.decode("latin-1").split("\r\n")
        word = f"for={peer}" if self.header == "Forwarded" else peer
        for index, line in enumerate(lines):
            if line.lower().startswith(self.header.lower() + ":"):
                lines[index] = f"{line}, {word}"
                break
        else:
            lines.insert(1, f"{self.header}: {word}")
        return "\r\n".join(lines).encode("latin-1")

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            peer = self.client or writer.get_extra_info("peername")[0]
            back, forth = await asyncio.open_connection("127.0.0.1", self.upstream, local_addr=(self.source, 0))
            forth.write(self._said(head, peer))
            await asyncio.gather(self._pump(reader, forth), self._pump(back, writer))

    @staticmethod
    async def _pump(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
