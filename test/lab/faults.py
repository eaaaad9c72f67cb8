"""What can be done to a cluster, and how it becomes whole again.  Everything here runs inside the world.

Time counts only between the loss of the old writer and the first write that the new one takes.  So whatever can be made
ready before is: sessions to the standbys are open, the floor probe has dialled, and the other standby is pointed to the
new writer in the same step as the promotion (until it streams, synchronous commits wait).
"""

import contextlib
import itertools
import os
import random
import resource
import signal
import subprocess
import sys
import time

import disks
from cluster import Cluster, now_ms
from server import detach, run_as, together
from wire import LinkError, SqlError
from world import LabError, wait_until


class Floor:
    """The probe that measures when a standby first takes a write (floor_KIND.c)."""

    def __init__(self, cluster, nodes, seconds):
        self.child, self.nodes = None, nodes
        source, environment, _, _ = cluster.kind.FLOOR
        program = os.path.join(cluster.world.home, source[:-2])
        if not os.path.exists(program):
            print(f"no floor is measured: {source} could not be compiled (the client library's headers and a C "
                  f"compiler are needed); see {program}.log", file=sys.stderr)
            return
        targets = [f"{node.name}={node.inner}:{cluster.facts['port']}" for node in nodes]
        self.child = subprocess.Popen([program, str(seconds), *targets], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, text=True, env=environment)
        if self.child.stdout.readline() != "ready\n":
            raise LabError("the floor probe reached no standby; look at 'status'")

    def result(self):
        """(milliseconds, node) of the first write, or None if there was none in time."""
        if not self.child:
            return None
        words = self.child.stdout.readline().split()
        self.child.wait()
        if not words:
            return None
        return float(words[0]), next(node for node in self.nodes if node.name == words[1])

    def stop(self):
        """End the probe if it still runs."""
        if self.child and self.child.poll() is None:
            self.child.kill()
            self.child.wait()


def require_standbys(cluster, writer):
    """The standbys that `writer` may hand over to, healing what can be healed before the fault; never a paused one."""
    running = [node for node in cluster.others(writer) if not node.paused()]
    if not running:
        raise LabError("both standbys are paused: run 'resume NODE' first")
    if len(writer.streaming()) < 2:
        make_whole(cluster, writer)
    return running


def make_whole(cluster, writer, rebuild=()):
    """Bring every other node back as a standby of `writer`; nodes in `rebuild` get a new copy of the data at once."""
    def mend(node):
        if node in rebuild or node.crashed() or not node.has_data():
            return renew(node)
        if not node.pid():
            node.rejoin(writer)
        elif node.role() == "writer":
            return renew(node)
        else:
            node.follow(writer)
        try:
            wait_until(lambda: writer.followed_by(node), 4, f"{node.name} does not follow {writer.name}", step=0.01)
        except LabError:
            renew(node)

    def renew(node):  # as a new machine, whose disk has room
        disks.free(node)
        node.renew(writer)
        wait_until(lambda: writer.followed_by(node), 15,
                   f"{node.name} does not follow {writer.name}; see {node.folder}/log", step=0.01)

    present = writer.streaming()
    together(mend, [node for node in cluster.others(writer) if node.name not in present and not node.paused()])


def choose(standbys, sessions, enough):
    """The standby that has received most, once none of them receives any more, or one has received `enough`."""
    end = time.monotonic() + 2
    while True:
        received = {}
        for node in standbys:
            try:
                received[node] = node.received(sessions[node])
            except (LinkError, SqlError):
                with contextlib.suppress(LinkError, SqlError):  # it may have been restarted meanwhile
                    sessions[node] = node.session(seconds=0.5)
        if received and not any(receiving for _, receiving in received.values()) or time.monotonic() > end:
            break
        if enough is not None and any(position >= enough for position, _ in received.values()):
            break
        time.sleep(0.001)
    if not received:
        raise LabError("no standby answers; run 'status'")
    return max(received, key=lambda node: received[node][0])


def wait_promoted(new, session, followers):
    """Wait until `new` takes writes; see to it meanwhile that the others connect to it."""
    rounds = itertools.count(1)

    def promoted():
        if next(rounds) % 8 == 0:
            for node in followers:
                node.poke()
        return new.takes_writes(session)
    wait_until(promoted, 15, f"{new.name} is not promoted; see {new.folder}/log", step=0.001)


def take_over(cluster, old, standbys, sessions, options):
    """The old writer is down, or a standby: hold, promote, re-follow, move the names.  Returns the new writer."""
    time.sleep(options["hold"] / 1e3)
    new = options["to"] or choose(standbys, sessions, old.age() if options["alive"] else None)
    if cluster.facts["proxy"] and cluster.facts["dialect"] == "aurora":  # whose readers restart at a failover
        for node in standbys:
            cluster.tell_proxy(node.number, "reset")
    new.promote(sessions[new])
    cluster.event("promote-sent", new)
    followers = [node for node in standbys if node is not new and node.pid()]
    for node in followers:
        node.follow(new)
    cluster.note_writer(new)
    wait_promoted(new, sessions[new], followers)
    cluster.event("promoted", new)
    move_names(cluster, new, followers or [old], options["dns_lag"])
    new.promoted()
    return new


def finish(cluster, old, new, standbys, probe, options):
    """After the promotion: report the floor, wait for the re-followed standby, bring the old writer back."""
    lone = len(standbys) < 2  # nobody can confirm the new writer's commits until the old one is back
    if lone:
        make_whole(cluster, new, options["rebuild"])
    for node in standbys:
        if node is not new:
            with contextlib.suppress(LabError):
                wait_until(lambda node=node: new.followed_by(node), 4, "no", step=0.005)
                cluster.event("refollowed", node)
    answer = probe.result() if probe else None
    if answer:
        cluster.event("floor", answer[1], f"{answer[0] - options['begin']:.1f} ms after fault-begin", at=answer[0])
    elif probe and probe.child:
        raise LabError("no node took a write in time; see 'status' and the logs of the nodes")
    if not options["leave_down"]:
        restore(cluster, new, [] if lone else options["rebuild"], options["wait_whole"])


def restore(cluster, writer, rebuild, wait):
    """Make the cluster whole, in a process of its own if the caller does not want to wait."""
    if not wait and not detach():
        return
    try:
        make_whole(cluster, writer, rebuild)
        tell_whole(cluster, writer)
    except LabError as error:
        cluster.event("trouble", writer, str(error))
        if wait:
            raise
    finally:
        if not wait:
            os._exit(0)


def tell_whole(cluster, writer):
    """The last event of a change."""
    missing = [node.name for node in cluster.others(writer) if node.name not in writer.streaming()]
    if missing:
        cluster.event("partly-whole", writer, "without " + ", ".join(missing))
    else:
        cluster.event("whole", writer)


def move_names(cluster, writer, standbys, lag):
    """Let the cluster's endpoints follow, `lag` milliseconds from now (in a process of its own if that is not 0)."""
    reader = cluster.endpoints["reader"]
    addresses = {cluster.endpoints["writer"]: writer.address}
    if standbys and cluster.world.names().get(reader) not in [node.address for node in standbys]:
        addresses[reader] = standbys[0].address
    if lag and not detach():
        return
    if lag:
        os.closerange(3, 1024)  # the cluster's lock among them: the next command need not wait for the names
        time.sleep(lag / 1e3)
    try:
        if Cluster(cluster.world, cluster.name).facts["stamp"] == cluster.facts["stamp"]:
            for name, address in addresses.items():
                if cluster.world.names().get(name) != address:
                    cluster.world.set_name(name, address)
                    cluster.event("dns-moved", name, address)
    finally:
        if lag:
            os._exit(0)


def fail_over(cluster, old, standbys, options, what, bring_down):
    """The common course of switchover and kill of the writer; `bring_down` does the fault."""
    probe = None
    if options["to"] and options["to"] not in standbys:
        raise LabError(f"{options['to'].name} is no standby that could be promoted")
    if options["leave_down"] and len(standbys) < 2:
        raise LabError("only one standby runs: without the old writer nobody could confirm its commits; "
                       "resume or restart the other one first")
    with contextlib.ExitStack() as stack:
        try:
            sessions = {node: stack.enter_context(contextlib.closing(node.session())) for node in standbys}
        except (LinkError, SqlError) as error:
            raise LabError(f"a standby does not answer ({error}); see 'status'") from None
        try:
            if options["floor"]:
                probe = Floor(cluster, standbys, options["hold"] / 1e3 + 20)
            options["begin"] = now_ms()
            cluster.event("fault-begin", old, what, at=options["begin"])
            bring_down()
            cluster.event("writer-down", old)
            new = take_over(cluster, old, standbys, sessions, options)
            finish(cluster, old, new, standbys, probe, options)
        except (LinkError, SqlError) as error:
            raise LabError(f"a standby was lost during the promotion ({error}); see 'status'") from None
        finally:
            if probe:
                probe.stop()


def switchover(cluster, options):
    """Planned: stop the writer in order (or only shut it to writes), promote a standby, bring the old one back as a standby."""
    old = cluster.writer()
    if not old:
        raise LabError("there is no writer now (a paused one: 'resume' or 'kill' it; a dead one: 'restart' it)")
    if options["to"] is old:
        raise LabError(f"{old.name} is the writer already")
    options["rebuild"] = []
    standbys = require_standbys(cluster, old)
    if options["alive"]:
        return fail_over(cluster, old, standbys, options, "switchover", old.demote)
    old.before_stop()
    fail_over(cluster, old, standbys, options, "switchover", old.stop)


def kill(cluster, node, options):
    """kill -9 of the node's processes; if it was the writer (hung or dead also), another is promoted."""
    writer = cluster.writer() or cluster.noted_writer()
    if node is not writer:
        return kill_standby(cluster, node, writer, options)
    if node.role() == "writer":
        standbys = require_standbys(cluster, node)
    else:
        standbys = [other for other in cluster.others(node) if other.role() == "reader"]
    if not standbys:
        raise LabError("no standby runs that could be promoted; see 'status'")
    options["rebuild"] = [node]
    fail_over(cluster, node, standbys, options, "kill", node.kill)


def kill_standby(cluster, node, writer, options):
    """The part of `kill` for a standby."""
    if writer.role() != "writer" and not options["leave_down"]:
        raise LabError(f"the writer {writer.name} is {writer.role()}, nothing can be rebuilt from it: --leave-down, "
                       "or 'kill' or 'resume' that node first")
    cluster.event("fault-begin", node, "kill")
    node.kill()
    cluster.event("node-down", node)
    others = [other for other in cluster.others(node) if other is not writer and other.role() == "reader"]
    move_names(cluster, writer, others, options["dns_lag"])
    if not options["leave_down"]:
        restore(cluster, writer, [node], options["wait_whole"])


def require_process(node, pid):
    """The node runs, and has this process if it is not None."""
    known = node.processes()
    if not known or pid and pid not in known:
        raise LabError(f"{node.name} " + (f"has no process {pid}" if known else "is down"))


def crash(cluster, node, pid):
    """kill -9 of all processes or one, as the kernel does it when memory is out; nobody is promoted."""
    require_process(node, pid)
    cluster.event("fault-begin", node, "crash")
    if pid:
        os.kill(pid, signal.SIGKILL)
    else:
        node.kill()
    cluster.event("node-down", node, str(pid or ""))


def restart(cluster, node):
    """Fast stop and start in place, without a promotion; also brings a node back that is down."""
    if node.paused():
        raise LabError(f"{node.name} is paused: run 'resume {node.name}' first")
    writer = cluster.writer() or cluster.noted_writer()
    if node is not writer and writer.role() != "writer":
        raise LabError(f"the writer {writer.name} is {writer.role()}: restart, resume or kill that node first")
    cluster.event("fault-begin", node, "restart")
    node.stop()
    cluster.event("node-down", node)
    if node is writer:
        node.start_writer()
        cluster.event("node-up", node)
    make_whole_patiently(cluster, writer)
    tell_whole(cluster, writer)


def make_whole_patiently(cluster, writer):
    """Running standbys come back by themselves after a restart or a pause; mend only what does not."""
    with contextlib.suppress(LabError):
        running = [node for node in cluster.others(writer) if node.role() == "reader"]
        wait_until(lambda: all([writer.followed_by(node) for node in running]), 2, "no", step=0.01)
    make_whole(cluster, writer)


def terminate(cluster, share):
    """End each of the application's sessions on the writer with a likelihood of `share` percent; the writer stays."""
    writer = cluster.writer()
    if not writer:
        raise LabError("there is no writer now; run 'status'")
    with contextlib.closing(writer.session()) as session:
        chosen = [each for each in writer.clients(session) if random.random() * 100 < share]
        cluster.event("fault-begin", writer, "terminate")
        for each in chosen:
            with contextlib.suppress(SqlError):  # it may have gone by itself
                session.query(writer.TERMINATE.format(each))
    cluster.event("terminated", writer, f"{len(chosen)} sessions")


def pause(cluster, node):
    """SIGSTOP: the server keeps its sockets and answers nothing."""
    if not node.pid():
        raise LabError(f"{node.name} is down: run 'restart {node.name}' first")
    cluster.event("fault-begin", node, "pause")
    node.signal_all(signal.SIGSTOP)
    wait_until(node.paused, 2, f"{node.name} does not stop")
    node.signal_all(signal.SIGSTOP)  # a backend that was forked while the list was made
    cluster.event("paused", node)


def resume(cluster, node):
    """SIGCONT after pause."""
    if not node.paused():
        raise LabError(f"{node.name} is not paused")
    node.signal_all(signal.SIGCONT)
    cluster.event("resumed", node)


def lag(cluster, node):
    """A standby goes on to receive, and to confirm what it has received, but applies nothing."""
    if node.role() != "reader":
        raise LabError(f"{node.name} is {node.role()}, no standby")
    cluster.event("fault-begin", node, "lag")
    node.lag()


def revive(cluster, node):
    """Start a node that was killed as the writer that it was, while another one is the writer."""
    if node.pid():
        raise LabError(f"{node.name} runs; 'kill' it with --leave-down first")
    cluster.event("fault-begin", node, "revive")
    node.start_writer()
    wait_until(lambda: node.role() == "writer", 10, f"{node.name} is no writer; see {node.folder}/log")
    cluster.event("node-up", node)


def disk(cluster, node, what, parts, wake):
    """Not a block free where the node keeps its data, its log, or both; or room again, and those told who wait for it."""
    cluster.event("fault-begin", node, f"disk {what}")
    (disks.fill if what == "full" else disks.free)(node, parts)
    if wake:
        node.wake()
    cluster.event("disk-" + what, node, " ".join(parts))


def memory(cluster, node, options):
    """A limit for a process, a little above what it has: a small request is granted, a large one is refused."""
    require_process(node, options["process"])
    what, pids = options["what"], [options["process"] or node.pid()]
    if options["sessions"]:
        pids = node.serving()
    cluster.event("fault-begin", node, f"memory {what}")
    for pid in pids:
        try:
            limit_memory(node, pid, options["room"] if what == "full" else None)
        except (OSError, LabError):
            if pid in node.processes():  # else its session has ended
                raise
    cluster.event("memory-" + what, node, " ".join(str(pid) for pid in pids))


def limit_memory(node, pid, room):
    """`room` megabytes more than it has, None: no limit. What a thread has only set aside does not count, as it would by --as."""
    limit = "unlimited"
    if room is not None:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            limit = int(file.read().split()[5]) * resource.getpagesize() + int(room * (1 << 20))
    run_as(node.USER, ["/usr/bin/prlimit", f"--pid={pid}", f"--data={limit}:"], "prlimit")


NET = """
add table inet lab
add set inet lab dropped { type ipv4_addr; }
add set inet lab lossy { type ipv4_addr; }
add chain inet lab output { type filter hook output priority 0; }
flush chain inet lab output
add rule inet lab output ip daddr @dropped drop
add rule inet lab output ip saddr @dropped drop
add rule inet lab output ip daddr @lossy numgen random mod 10 == 0 drop
add rule inet lab output ip saddr @lossy numgen random mod 10 == 0 drop
"""
NET_SETS = {"drop": "dropped", "lose": "lossy"}


def net(cluster, node, what):
    """Drop what goes to and comes from the address that clients know, or a tenth of it, without a word; or reset."""
    cluster.event("fault-begin", node, f"net {what}")
    if what == "reset":
        command, text = ["ss", "-K", "src", node.address, "sport", "=", str(cluster.facts["port"])], None
    else:
        elements = [f"element inet lab {name} {{ {node.address} }}\n" for kind, name in NET_SETS.items()
                    if what in (kind, "pass")]
        command, text = ["nft", "-f", "-"], NET + "".join(
            "add " + element + ("delete " + element if what == "pass" else "") for element in elements)
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise LabError(f"no {command[0]}: install the package '{'iproute2' if command[0] == 'ss' else 'nftables'}'") from None
    if done.returncode:
        raise LabError(f"{command[0]} failed: {done.stderr.strip()}")
    cluster.event("net-" + what, node)


def heal(cluster):
    """After resume: what happened during the pause may have left the node behind an old writer."""
    writer = cluster.writer()
    if writer:
        make_whole_patiently(cluster, writer)
        tell_whole(cluster, writer)


def watch_floor(cluster, seconds):
    """Wait until one of the present standbys takes a write; for faults that are made by other means."""
    probe = Floor(cluster, [node for node in cluster.nodes if node.role() == "reader"], seconds)
    if not probe.child:
        raise LabError("without a probe there is no floor")
    print("ready", flush=True)
    try:
        answer = probe.result()
    finally:
        probe.stop()
    if not answer:
        raise LabError(f"no standby took a write within {seconds:g} s")
    cluster.event("floor", answer[1], at=answer[0])
