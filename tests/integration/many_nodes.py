"""Ports of many nodes in one thread: they answer as nodes do, or are made to hang.

Each port is an admin port, a probe port that says ready, and a web3 port of a chain that goes on.
"""
import asyncio
import json
import re
import threading
import time

BLOCK = 2.5


class ManyNodes:
    """Node i listens at ports[i]. `told` and `asked`: (instant, node) of every request."""

    def __init__(self, count, active=True):
        self.active = [active] * count
        self.hung = set()
        self.told, self.asked, self.ports = [], [], []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.servers = [self.on_loop(self.listen(i)) for i in range(count)]

    def on_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def listen(self, node):
        async def talk(reader, writer):
            try:
                await self.talk(node, reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.close()
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        self.ports.append(server.sockets[0].getsockname()[1])
        return server

    async def talk(self, node, reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"POST"):
                await self.tell_height(head, reader, writer)
                continue
            if not head.startswith(b"GET /ha"):
                ready = b"" if b"/metrics" in head else b"OK"
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ready)
                writer.write(head + ready)
                await writer.drain()
                continue
            order = b"activate=" in head
            (self.told if order else self.asked).append((time.time(), node))
            if node in self.hung:
                continue
            if order:
                self.active[node] = b"activate=true" in head
            flag = "true" if self.active[node] else "false"
            body = b"" if order else f'{{"active":{flag}}}'.encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

    async def tell_height(self, head, reader, writer):
        length = re.search(rb"content-length: *(\d+)", head.lower()).group(1)
        question = json.loads(await reader.readexactly(int(length)))
        height = int(time.time() / BLOCK)
        block = {"number": hex(height), "timestamp": hex(int(height * BLOCK))}
        answer = {"jsonrpc": "2.0", "id": question["id"], "result": block}
        body = json.dumps(answer).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    def first_told(self, since=0.0):
        """Node -> when it was first told to be standby."""
        first = {}
        for at, node in self.told:
            if at >= since:
                first.setdefault(node, at)
        return first

    async def end(self):
        for server in self.servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def stop(self):
        self.on_loop(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
