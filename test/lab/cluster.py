"""One cluster of three servers.  Everything here runs inside the world.

    BASE/NAME/CLUSTER/cluster.json   what `up` was asked for, the nodes and their names
    BASE/NAME/CLUSTER/writer         the node that was promoted last
    BASE/NAME/CLUSTER/events         MONO_MS EVENT NODE [detail]
    BASE/NAME/CLUSTER/N/             one folder per node: log, configuration, the Unix socket
    BASE/NAME/CLUSTER/data/N-PART/   the data, if on disk; else in memory, mounted at world/ram/CLUSTER/N-PART (disks.py)
    BASE/NAME/CLUSTER/tls/           ca.pem, server.crt, server.key (with --tls)
"""

import contextlib
import glob
import importlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import time

import disks
import proxy
from world import LabError, remove_tree, wait_until

REGION = "eu-central-1.rds.amazonaws.com"


def kind_of(name):
    """The module of a kind of server, see server.py."""
    return importlib.import_module("server_" + name)


def now_ms():
    """CLOCK_MONOTONIC in milliseconds."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) * 1e3


def describe(name, kind, index, options):
    """What is written to cluster.json: names and addresses of cluster number `index` (0 is the first).

    A node's `address` is where clients find it, `inner` where its server listens: the same, unless a proxy is between.
    """
    options["proxy"] = options["proxy"] or options["dialect"] in kind.PROXIED
    domain = f"cxyzlab{index + 1}.{REGION}"
    nodes = []
    for number in (1, 2, 3):
        instance = f"{name}-instance-{number}"
        last = 11 + 10 * index + number - 1
        nodes.append({"number": number, "name": instance, "host": f"{instance}.{domain}",
                      "address": f"127.0.0.{last}", "inner": f"127.0.{1 if options['proxy'] else 0}.{last}",
                      **kind.facts(name, number)})
    return {"name": name, "kind": kind.NAME, "index": index, "stamp": now_ms(), "port": kind.PORT, "nodes": nodes,
            **options, "endpoints": {"writer": f"{name}.cluster-{domain}", "reader": f"{name}.cluster-ro-{domain}"}}


class Cluster:
    """Three nodes, their names, and the record of what happens to them."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.folder = os.path.join(world.state, name)
        try:
            with open(os.path.join(self.folder, "cluster.json"), encoding="utf-8") as file:
                self.facts = json.load(file)
        except OSError:
            known = ", ".join(names(world)) or "none"
            raise LabError(f"no cluster '{name}' in world '{world.name}' (there: {known}): "
                           f"run 'up --cluster {name}' first") from None
        self.data = os.path.join(self.folder, "data") if self.facts["disk"] else os.path.join(world.ram, name)
        self.kind = kind_of(self.facts["kind"])
        self.nodes = [self.kind.Node(self, facts) for facts in self.facts["nodes"]]
        self.endpoints = self.facts["endpoints"]
        self.lock_path = os.path.join(self.folder, "lock")

    def event(self, what, node="-", detail="", at=None):
        """Append one line to the events file and print it."""
        name = node if isinstance(node, str) else node.name
        line = f"{now_ms() if at is None else at:.3f} {what} {name} {detail}".rstrip()
        with open(os.path.join(self.folder, "events"), "a", encoding="utf-8") as file:
            file.write(line + "\n")
        with contextlib.suppress(OSError):
            print(line, flush=True)

    def writer(self):
        """The node that is the writer now, or None; the newest if there should be two."""
        found = [node for node in self.nodes if node.role() == "writer"]
        if len(found) > 1:
            found.sort(key=lambda node: node.age())
        return found[-1] if found else None

    def node(self, word):
        """The node called `word`: a name, a number, an address, 'writer' or 'standby'."""
        for node in self.nodes:
            if word in (str(node.number), node.name, node.facts["host"], node.address):
                return node
        if word == "writer":
            writer = self.writer()
            if writer:
                return writer
            raise LabError("there is no writer now; name the node")
        if word == "standby":
            for node in self.nodes:
                if node.role() == "reader":
                    return node
            raise LabError("there is no standby now; name the node")
        raise LabError(f"no node '{word}'; there are: 1, 2, 3, writer, standby, "
                       + ", ".join(node.name for node in self.nodes))

    def note_writer(self, node):
        """Write down which node the lab made the writer, for the time when it does not answer."""
        with open(os.path.join(self.folder, "writer"), "w", encoding="utf-8") as file:
            file.write(node.name)

    def noted_writer(self):
        """The node that the lab made the writer last."""
        with open(os.path.join(self.folder, "writer"), encoding="utf-8") as file:
            return self.node(file.read())

    def others(self, node):
        """All nodes but this one."""
        return [other for other in self.nodes if other is not node]

    # Building and removing.

    def build(self):
        """From an empty folder to three nodes that replicate; `up` has written cluster.json."""
        self.kind.build(self)
        if self.facts["proxy"]:
            self.start_proxy()
        first, rest = self.nodes[0], self.nodes[1:]
        self.world.add_names({**{node.facts["host"]: node.address for node in self.nodes},
                              self.endpoints["writer"]: first.address, self.endpoints["reader"]: rest[0].address})
        self.note_writer(first)
        self.event("up", first, f"dialect={self.facts['dialect']} auth={self.facts['auth']}")

    def start_proxy(self):
        """The process that stands in front of all nodes."""
        with open(os.path.join(self.folder, "proxy.log"), "ab") as log:
            child = subprocess.Popen(["/usr/bin/python3", os.path.join(os.path.dirname(__file__), "proxy.py"), self.folder],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        with open(os.path.join(self.folder, "proxy.pid"), "w", encoding="ascii") as file:
            file.write(str(child.pid))

        def answers():
            if child.poll() is not None:
                raise LabError(f"the proxy did not start; see {log.name}")
            with contextlib.suppress(OSError):
                return self.tell_proxy("*", "thaw") is not None
        wait_until(answers, 10, f"the proxy does not answer; see {log.name}", step=0.01)

    def tell_proxy(self, number, command):
        """One command to the proxy, for one node or for all (*); what it answered."""
        try:
            return proxy.tell(self.facts["nodes"], f"{number} {command}")
        except ValueError as error:
            raise LabError(f"the proxy: {error}") from None

    def remove(self):
        """End the servers of this cluster and remove its files; the world stays."""
        for node in self.nodes:
            node.kill()
            disks.drop(node)
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(self.folder, "proxy.pid"), encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGKILL)
        self.world.drop_names([node.facts["host"] for node in self.nodes] + list(self.endpoints.values()))
        remove_tree(self.data)
        remove_tree(self.folder)


def names(world):
    """The clusters that this world has, in the order of their addresses."""
    found = []
    for path in glob.glob(os.path.join(world.state, "*", "cluster.json")):
        with contextlib.suppress(OSError, ValueError):
            with open(path, encoding="utf-8") as file:
                facts = json.load(file)
            found.append((facts["index"], facts["name"]))
    return [name for _, name in sorted(found)]


def make_certificates(folder, user, hosts, addresses):
    """An own CA and one server certificate for all the names, by openssl(1)."""
    os.makedirs(folder, mode=0o755)
    names_line = ",".join([f"DNS:{host}" for host in hosts] + [f"IP:{address}" for address in addresses])
    files = {"leaf.cnf": f"subjectAltName={names_line}\nbasicConstraints=CA:FALSE\n"}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"]
    steps = (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Lab CA",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
        ["req", "-new", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={addresses[0]}"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-sha256",
         "-days", "30", "-extfile", "leaf.cnf", "-out", "server.crt"])
    for step in steps:
        done = subprocess.run(["openssl", *step], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"openssl {step[0]} failed: {done.stderr.strip()}")
    user = pwd.getpwnam(user)
    shutil.chown(os.path.join(folder, "server.key"), user.pw_uid, user.pw_gid)
    os.chmod(os.path.join(folder, "server.key"), 0o600)
    os.chmod(os.path.join(folder, "ca.key"), 0o600)
