"""The lab's proxy: stands in front of the three nodes of a cluster, at the addresses that clients know.

    proxy.py CLUSTER-FOLDER

Each node's server listens at an inner address, the proxy at the node's own. All passes through as it is, except for what
it was told to spoil, and except that with the dialect `aurora` it lets MariaDB answer as Aurora MySQL (aurora_my.py).
TLS, and MySQL's compressed protocol, pass through too, but then nothing can be rewritten.

A line to the control port ("NODE COMMAND ...", NODE a number or *) is answered by "ok", or by "no " and the reason:

    delay MS                   each piece of data waits so long, in both directions
    freeze | thaw              nothing is forwarded nor closed; new connections are accepted and get no answer
    hold | thaw                only new connections get no answer (half open)
    reset | fin                all present connections end so
    cut WAY BYTES HOW          the connection that brings the BYTES-th byte from now on ends there, once: WAY is down (to
                               the client) or up, HOW is fin, reset or silent (open, but nothing comes or goes any more);
                               connections of the driver's monitor are left out, by their name
    forget                     MySQL: the sessions of all present connections, which are idle, are reset at the server without
                               a word to the clients
    uncut                      forget an armed cut; answers "ok cut" when it has happened, else "ok armed"
    count                      answers "ok CONNECTIONS UP DOWN": accepted, and bytes forwarded, since the last count
    rows JSON | rows           the rows of replica_host_status that this node tells; without: the truth
"""

import asyncio
import collections
import json
import os
import signal
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True

CONTROL_PORT = 7001
MONITOR = b"holdfast monitor"
RESET_CONNECTION = b"\1\0\0\0\x1f"
RST = struct.pack("ii", 1, 0)


class Cut:
    """A cut that is armed: how many bytes may still pass, and what follows."""

    def __init__(self, way, left, how):
        self.way, self.left, self.how = way, left, how


class Node:
    """One node's outside: its listener and its connections."""

    def __init__(self, facts, port, rewriter):
        self.facts, self.port, self.rewriter = facts, port, rewriter
        self.links = set()
        self.delay, self.frozen, self.holding = 0.0, False, False
        self.cut, self.was_cut = None, False
        self.accepted, self.moved = 0, {"up": 0, "down": 0}

    async def listen(self):
        """Begin to accept."""
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: Side(Link(self), "up"), self.facts["address"], self.port, backlog=512)

    def command(self, words):
        """Do what a line of the control port says; the answer."""
        name, rest = words[0], words[1:]
        answer = ""
        if name == "delay":
            self.delay = float(rest[0]) / 1e3
        elif name in ("freeze", "hold"):
            self.frozen = self.frozen or name == "freeze"
            self.holding = True
        elif name == "thaw":
            self.frozen = self.holding = False
        elif name in ("reset", "fin"):
            for link in list(self.links):
                link.end(name)
        elif name == "cut":
            way, left, how = rest[0], int(rest[1]), rest[2]
            if way not in ("up", "down") or how not in ("fin", "reset", "silent") or left < 0:
                raise ValueError("cut up|down BYTES fin|reset|silent")
            self.cut, self.was_cut = Cut(way, left, how), False
        elif name == "forget":
            for link in list(self.links):
                link.forget()
        elif name == "uncut":
            self.cut = None
            answer = " cut" if self.was_cut else " armed"
        elif name == "count":
            answer = f" {self.accepted} {self.moved['up']} {self.moved['down']}"
            self.accepted, self.moved = 0, {"up": 0, "down": 0}
        elif name == "rows":
            self.rewriter.rows = json.loads(" ".join(rest)) if rest else None
        else:
            raise ValueError(f"no command {name}")
        for link in list(self.links):
            link.settle()
        return "ok" + answer


class Link:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, node):
        self.node, self.sides, self.silent = node, {}, False
        self.dialling = self.over = self.named = self.monitor = False
        self.queues = {"up": collections.deque(), "down": collections.deque()}  # (due, data); b"" is the end
        self.client = node.rewriter.stream() if node.rewriter else None
        self.unseen = None  # of an answer that the client is not to see

    def stopped(self):
        """True while nothing may move."""
        return self.silent or self.node.frozen

    def accepted(self):
        """A client is there."""
        self.node.links.add(self)
        self.node.accepted += 1
        self.settle()

    def settle(self):
        """Go on as the node's state allows now."""
        if self.over or self.stopped():
            for side in self.sides.values():
                side.pause()
            return
        if "down" not in self.sides and not self.dialling and not self.node.holding:
            self.dialling = True
            asyncio.get_running_loop().create_task(self.dial())
        for way in ("up", "down"):
            self.flush(way)

    async def dial(self):
        """Connect to the server; a server that is not there is a reset for the client."""
        try:
            await asyncio.get_running_loop().create_connection(lambda: Side(self, "down"), self.node.facts["inner"],
                                                               self.node.port)
        except OSError:
            self.end("reset")
        else:
            self.settle()

    def came(self, way, data):
        """Data of one direction (b"": its end), to be handed on in time."""
        if not self.named and way == "up":
            self.monitor = MONITOR in data
            self.named = self.node.port == 3306 or len(data) > 8  # PostgreSQL's question for TLS comes before
        if way == "down" and self.unseen is not None and data:
            data = self.unseen_rest(data)
            if not data:
                return
        if way == "up" and self.client and data:
            data = self.client.feed(data)
            if not data:
                return
        self.queues[way].append((time.monotonic() + self.node.delay, data))
        self.flush(way)

    def forget(self):
        """Reset the session at the server."""
        server = self.sides.get("down")
        if server and self.named and not self.monitor:
            self.unseen = b""
            server.transport.write(RESET_CONNECTION)

    def unseen_rest(self, data):
        """What follows the answer to the reset."""
        self.unseen += data
        size = 4 + int.from_bytes(self.unseen[:3], "little")
        if len(self.unseen) < max(size, 5):
            return b""
        data, self.unseen = self.unseen[size:], None
        return data

    def flush(self, way):
        """Hand on what is due."""
        queue, target = self.queues[way], self.sides.get("down" if way == "up" else "up")
        while queue and not self.over and not self.stopped() and target:
            wait = queue[0][0] - time.monotonic()
            if wait > 0.0002:
                asyncio.get_running_loop().call_later(wait, self.flush, way)
                break
            data = queue.popleft()[1]
            if data:
                self.hand_on(way, target, data)
            else:
                self.end("fin")
        for name, side in self.sides.items():
            side.resume() if len(self.queues[name]) < 64 and not side.held else side.pause()

    def hand_on(self, way, target, data):
        """Forward, up to the cut if one is armed for this direction."""
        node, cut = self.node, self.node.cut
        mine = cut and cut.way == way and not self.monitor
        if not mine or len(data) < cut.left:
            if mine:
                cut.left -= len(data)
            node.moved[way] += len(data)
            target.transport.write(data)
            return
        node.cut, node.was_cut = None, True
        if cut.left:
            node.moved[way] += cut.left
            target.transport.write(data[:cut.left])
        if cut.how == "silent":
            self.silent = True
            self.settle()
        else:
            self.end(cut.how)

    def end(self, how):
        """Both connections end: in order, or by a reset towards the client."""
        if self.over:
            return
        self.over = True
        self.node.links.discard(self)
        for name, side in self.sides.items():
            if how == "reset" and name == "up":
                side.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                side.transport.abort()
            else:
                side.transport.close()


class Side(asyncio.Protocol):
    """One of the two connections of a link; `way` is where its data go."""

    def __init__(self, link, way):
        self.link, self.way, self.transport = link, way, None
        self.paused = self.held = False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link.sides[self.way] = self
        if self.way == "up":
            self.link.accepted()
        elif self.link.over:
            transport.abort()

    def data_received(self, data):
        self.link.came(self.way, data)

    def eof_received(self):
        self.link.came(self.way, b"")
        return True

    def connection_lost(self, exc):
        if not self.link.over:
            if exc:
                self.link.end("reset")
            else:
                self.link.came(self.way, b"")

    def pause_writing(self):
        other = self.link.sides.get("down" if self.way == "up" else "up")
        if other:
            other.held = True
            other.pause()

    def resume_writing(self):
        other = self.link.sides.get("down" if self.way == "up" else "up")
        if other:
            other.held = False
            if not self.link.stopped():
                other.resume()

    def pause(self):
        """Read no more."""
        if not self.paused and not self.transport.is_closing():
            self.paused = True
            self.transport.pause_reading()

    def resume(self):
        """Read again."""
        if self.paused and not self.transport.is_closing():
            self.paused = False
            self.transport.resume_reading()


async def serve_control(nodes, reader, writer):
    """Lines of one control connection."""
    while line := await reader.readline():
        words = line.decode().split()
        try:
            chosen = [node for node in nodes if words[0] in ("*", str(node.facts["number"]))]
            answers = [node.command(words[1:]) for node in chosen]
            answer = answers[0] if answers else "no such node"
        except (ValueError, IndexError) as error:
            answer = f"no {error}"
        writer.write((answer + "\n").encode())
        await writer.drain()
    writer.close()


def control_address(nodes):
    """Where the control port of a cluster with these nodes is."""
    return nodes[0]["inner"], CONTROL_PORT


def tell(nodes, line, seconds=5.0):
    """One command to the proxy of a cluster; its answer without the "ok"."""
    with socket.create_connection(control_address(nodes), seconds) as link:
        link.sendall(line.encode() + b"\n")
        answer = link.makefile().readline().strip()
    if not answer.startswith("ok"):
        raise ValueError(answer or "the proxy said nothing")
    return answer[3:]


async def main(folder):
    """Listen for ever."""
    with open(os.path.join(folder, "cluster.json"), encoding="utf-8") as file:
        facts = json.load(file)
    rewriters = [None] * len(facts["nodes"])
    if facts["kind"] in ("my", "mysql") and facts["dialect"] == "aurora":
        import aurora_my
        rewriters = [aurora_my.Rewriter(folder, facts["nodes"], each) for each in facts["nodes"]]
    nodes = [Node(each, facts["port"], rewriter) for each, rewriter in zip(facts["nodes"], rewriters)]
    for node in nodes:
        await node.listen()
    await asyncio.start_server(lambda r, w: serve_control(nodes, r, w), *control_address(facts["nodes"]))
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(main(sys.argv[1]))
