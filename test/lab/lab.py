"""The lab's commands, for every kind of server: the outside of a world, and what is done inside of it."""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

import cluster as clusters
import disks
import faults
from proxy import control_address
from server import as_user
from world import LabError, World, locked

PROGRAM = os.path.realpath(sys.argv[0])
FOLDER = os.path.dirname(PROGRAM)


def parser(kind):
    """The command line."""
    about = sys.modules["__main__"].__doc__
    top = argparse.ArgumentParser(prog="test/lab/" + os.path.basename(PROGRAM), description=about, epilog="LAB=NAME chooses the world "
                                  "(default demo), LAB_DIR the folder of all worlds (default /tmp/holdfast-lab-UID). "
                                  "NODE is 1, 2, 3, a name, an address, 'writer' or 'standby'.")
    top.add_argument("--cluster", metavar="NAME", help="which cluster of the world (default demo)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--cluster", metavar="NAME", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        return sub
    up = command("up", "start a cluster (and the world, if it is not there)")
    up.add_argument("--dialect", choices=kind.DIALECTS, default=kind.DIALECTS[0])
    up.add_argument("--hold", type=delay, default=0, metavar="MS", help="promote so much later")
    up.add_argument("--dns-lag", type=delay, default=0, metavar="MS", help="the endpoints follow so much later")
    up.add_argument("--auth", choices=kind.AUTHS, default=kind.AUTHS[0])
    up.add_argument("--tls", action="store_true", help="the servers offer TLS; 'status' names the CA's file")
    up.add_argument("--no-grants", dest="grants", action="store_false", help="app may not ask for the topology")
    up.add_argument("--proxy", action="store_true", help="put the proxy in front of each node (see 'proxy')")
    up.add_argument("--disk", action="store_true", help="keep the data on disk, not in memory")
    up.add_argument("--again", action="store_true", help="first remove the cluster of that name")
    status = command("status", "what each node is now, the names, the settings")
    status.add_argument("--json", action="store_true")
    switch = command("switchover", "planned change of the writer")
    switch.add_argument("--alive", action="store_true",
                        help="the old writer is not stopped: it becomes a standby, with its sessions (not PostgreSQL)")
    killer = command("kill", "kill -9 a node; a standby takes over if it was the writer")
    killer.add_argument("node")
    killer.add_argument("--leave-down", action="store_true", help="do not bring the node back ('restart' does)")
    for sub in (switch, killer):
        sub.add_argument("--to", metavar="NODE", help="the standby that is to be promoted")
        sub.add_argument("--hold", type=delay, metavar="MS")
        sub.add_argument("--dns-lag", type=delay, metavar="MS")
        sub.add_argument("--no-floor", dest="floor", action="store_false", help="start no probe")
        sub.add_argument("--no-wait-whole", dest="wait_whole", action="store_false",
                         help="return when the new writer takes writes")
    command("pause", "SIGSTOP all processes of a node").add_argument("node")
    command("resume", "SIGCONT after pause").add_argument("node")
    ender = command("terminate", "end sessions of the application on the writer")
    ender.add_argument("--share", type=float, default=100, metavar="PERCENT", help="how many of them (default all)")
    command("restart", "fast stop and start in place; also starts a node that is down").add_argument("node")
    crash = command("crash", "kill -9 a node, or one process of it; nobody is promoted ('restart' brings it back)")
    crash.add_argument("node")
    crash.add_argument("--process", type=int, metavar="PID", help="of PostgreSQL a backend, whose end restarts the server")
    command("lag", "let a standby receive and apply nothing, until it is promoted or made anew").add_argument("node")
    command("revive", "start a killed writer as the writer that it was (split brain)").add_argument("node")
    dns = command("dns", "show all names, or point NAME to ADDRESS (an IPv4 address, a node, or 'none')")
    dns.add_argument("name", nargs="?", help="a name, a node, 'writer-endpoint', 'reader-endpoint'; 'all' with 'none' or 'right'")
    dns.add_argument("address", nargs="?")
    net = command("net", "drop all packets to and from NODE, lose a tenth, let them pass again, or reset its connections")
    net.add_argument("node")
    net.add_argument("what", choices=("drop", "lose", "pass", "reset"))
    disk = command("disk", "leave no room on NODE's disk, or give it room again")
    disk.add_argument("node")
    disk.add_argument("what", choices=("full", "free"))
    disk.add_argument("--only", choices=disks.PARTS, help="only where the data is, or the log of changes (WAL, binary log)")
    disk.add_argument("--wake", action="store_true",
                      help="after 'free': end the waits for room, which MariaDB does after a minute only")
    memory = command("memory", "let a process of NODE have no more memory than it has and 64 MB, or as much as it wants")
    memory.add_argument("node")
    memory.add_argument("what", choices=("full", "free"))
    memory.add_argument("--process", type=int, metavar="PID", help="of PostgreSQL a backend; the default is the main process")
    memory.add_argument("--sessions", action="store_true", help="all processes that serve the application")
    memory.add_argument("--room", type=float, default=64, metavar="MB", help="so much instead of 64 MB")
    through = command("proxy", "a command to the proxy of a cluster made with --proxy, see proxy.py")
    through.add_argument("node", help="a node, or 'all'")
    through.add_argument("words", nargs=argparse.REMAINDER)
    command("run", "run a program inside the world").add_argument("words", nargs=argparse.REMAINDER)
    command("serve", "do the commands that standard input brings, a line each; tells 'done' or 'failed TEXT' after each")
    floor = command("floor", "wait until a standby takes a write; prints 'ready' once it watches")
    floor.add_argument("--timeout", type=float, default=60, metavar="S")
    command("down", "remove the world; with --cluster only that cluster")
    return top


def delay(text):
    """A number of milliseconds."""
    value = float(text)
    if not 0 <= value <= 600000:
        raise argparse.ArgumentTypeError("0 to 600000 milliseconds")
    return value


# Outside of the world.

def become_root(arguments):
    """Start again by sudo, handing the caller's identity and environment on; root goes on as it is."""
    if os.geteuid() == 0:
        return
    if not shutil.which("sudo"):
        raise LabError("namespaces need root: run as root, or install sudo")
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        raise LabError("namespaces need root, and sudo asks for a password: run 'sudo -v' first, or run as root")
    caller = {"uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "environment": dict(os.environ)}
    fd, path = tempfile.mkstemp(prefix="lab-caller-")  # sudo keeps neither environment nor open files
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        json.dump(caller, file)
    os.execvp("sudo", ["sudo", "-n", "/usr/bin/python3", PROGRAM, "_as", path, *arguments])


def calling_user(arguments):
    """(the caller's identity, the remaining arguments), whether we came by sudo or not."""
    if arguments[:1] != ["_as"]:
        return {"uid": os.getuid(), "environment": dict(os.environ)}, arguments
    fd = os.open(arguments[1], os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(fd, encoding="utf-8") as file:
        caller = json.load(file)
        owner = os.fstat(file.fileno()).st_uid
    os.unlink(arguments[1])
    if owner != caller["uid"]:
        raise LabError("the caller's file is not the caller's")
    return caller, arguments[2:]


def the_world(caller):
    """The world that the environment asks for."""
    environment = caller["environment"]
    base = environment.get("LAB_DIR") or f"/tmp/holdfast-lab-{caller['uid']}"
    return World(base, environment.get("LAB") or "demo")


def inside(world, name, *words, **how):
    """Run this program inside the world for cluster `name`; returns the finished process."""
    command = [*world.entry(), "/usr/bin/python3", PROGRAM, "_in", world.base, world.name, name, *words]
    return subprocess.run(command, check=False, **how)


def run(world, caller, words):
    """Replace this process by `words`, run inside the world as the caller, in the caller's folder."""
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        raise LabError("run what? Give a command: run psql ...")
    identity, enter = [], world.entry()
    if "groups" in caller:  # the user sees and ends sudo, our parent
        enter = ["setpriv", "--pdeathsig", "KILL", "--", *enter]
        groups = ",".join(str(group) for group in caller["groups"])
        identity = ["setpriv", f"--reuid={caller['uid']}", f"--regid={caller['gid']}",
                    f"--groups={groups}" if groups else "--clear-groups"]
    # The program ends when this process ends, however that happens.
    leash = ["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", os.getcwd()]
    command = [*enter, *identity, *leash, *words]
    os.execvpe(command[0], command, caller["environment"])


def up(world, caller, kind, name, options):
    """Start the world if need be, then the cluster inside of it; leave nothing if that fails."""
    if not clusters_name_ok(name):
        raise LabError(f"--cluster {name!r}: small letters, digits and '-', at most 20, and not 'world'")
    kind.check()
    world.prepare_base(caller["uid"])
    folder = os.path.join(world.state, name)
    if len(folder) > 80:
        raise LabError(f"{folder} is too long for a Unix socket; set LAB_DIR to a shorter folder")
    again = options.pop("again")
    with world.lock() as unlink:
        if os.path.exists(folder):
            if not again:
                raise LabError(f"cluster '{name}' of world '{world.name}' is there already: use it, run "
                               "'down' first, or say --again")
            remove_cluster(world, name)
        try:
            begin(world, kind, name, options)
        except BaseException:
            remove_cluster(world, name)
            tidy(world, unlink)
            raise
    sys.exit(inside(world, name, "status", "{}").returncode)


def begin(world, kind, name, options):
    """The world, the probe and the cluster, where nothing of that name is."""
    folder = os.path.join(world.state, name)
    if not world.runs():
        world.destroy()
        os.makedirs(world.state, mode=0o755, exist_ok=True)
        world.create(PROGRAM)
    compiler = compile_floor(world, kind)
    os.makedirs(folder, mode=0o755)
    check_reachable(folder, kind.USER)
    facts = clusters.describe(name, kind, free_index(world), options)
    with open(os.path.join(folder, "cluster.json"), "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=1)
    built = inside(world, name, "build", stdout=subprocess.DEVNULL)
    if compiler:
        compiler.wait()
    if built.returncode:
        raise LabError("no cluster was started; what it said stands above")


def tidy(world, unlink):
    """After the world is gone: its lock, and the folder of all worlds if this was the last."""
    if not os.path.exists(world.state):
        unlink()
        with contextlib.suppress(OSError):
            os.rmdir(world.base)


def clusters_name_ok(name):
    """A cluster's name is a folder and a part of host names."""
    return (0 < len(name) <= 20 and name != "world" and name[0].isalpha() and name.isascii()
            and all(c.islower() or c.isdigit() or c == "-" for c in name))


def free_index(world):
    """The lowest number whose addresses no cluster of the world has."""
    taken = set()
    for name in clusters.names(world):
        with open(os.path.join(world.state, name, "cluster.json"), encoding="utf-8") as file:
            taken.add(json.load(file)["index"])
    free = [index for index in range(24) if index not in taken]
    if not free:
        raise LabError("a world holds at most 24 clusters")
    return free[0]


def check_reachable(folder, user):
    """The servers run as a user of their own, who must be able to reach the data."""
    test = as_user(user, ["/usr/bin/test", "-x", folder])
    if subprocess.run(**test, check=False).returncode:
        raise LabError(f"the user {user} cannot reach {folder}; set LAB_DIR to a folder that all may enter")


def compile_floor(world, kind):
    """Start to compile the probe, unless that was done for this world; its failure is told where it is needed."""
    source, _, flags, library = kind.FLOOR
    target = os.path.join(world.home, source[:-2])
    if os.path.exists(target):
        return None
    try:
        told = subprocess.run(flags, capture_output=True, text=True, check=True).stdout.split()
        include = [word if word.startswith("-") else "-I" + word for word in told]
        with open(target + ".log", "ab") as log:
            return subprocess.Popen(["cc", "-O1", *include, os.path.join(FOLDER, source), "-o", target, library,
                                     "-pthread"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None


def remove_cluster(world, name):
    """Remove one cluster; the world too if that was its last."""
    if world.runs() and [name] != clusters.names(world) and clusters.names(world):
        inside(world, name, "remove")
        shutil.rmtree(os.path.join(world.state, name), ignore_errors=True)
    else:
        world.destroy()


def down(world, name):
    """Remove the world, or only the cluster `name`."""
    if not os.path.isdir(world.base):
        return
    with world.lock() as unlink:
        if name and name not in clusters.names(world):
            raise LabError(f"no cluster '{name}' in world '{world.name}'")
        if name:
            remove_cluster(world, name)
        else:
            world.destroy()
        tidy(world, unlink)


def main(kind, arguments):
    """Outside: end, start or enter the world."""
    if arguments[:1] == ["_init"]:
        home = arguments[1]
        return World(os.path.dirname(os.path.dirname(home)), os.path.basename(os.path.dirname(home))).init()
    if arguments[:1] == ["_in"]:
        return work(World(arguments[1], arguments[2]), arguments[3], *arguments[4:])
    if arguments[:1] != ["_as"]:
        parser(kind).parse_args(arguments)
    become_root(arguments)
    caller, arguments = calling_user(arguments)
    options = vars(parser(kind).parse_args(arguments))
    command, name = options.pop("command"), options.pop("cluster")
    world = the_world(caller)
    if command == "up":
        return up(world, caller, kind, name or "demo", options)
    if command == "down":
        return down(world, name)
    if command == "run":
        return run(world, caller, options["words"])
    return inside(world, name or "demo", command, json.dumps(options)).returncode


# Inside of the world.

def work(world, name, command, text="{}"):
    """One command for one cluster, or all that come."""
    os.umask(0o022)
    if command == "serve":
        return serve(world, name)
    return perform(clusters.Cluster(world, name), command, json.loads(text))


def serve(world, name):
    """Many commands in one process: what counts is done sooner than a program can be started."""
    for line in sys.stdin:
        try:
            cluster = clusters.Cluster(world, name)
            options = vars(parser(cluster.kind).parse_args(shlex.split(line)))
            command = options.pop("command")
            if options.pop("cluster") or command in ("up", "down", "run", "serve"):
                raise LabError(f"{command} is not served, nor is another cluster")
            perform(cluster, command, options)
            print("done", flush=True)
        except LabError as trouble:
            print("failed", trouble, flush=True)
        except SystemExit:  # the parser has told why
            print("failed what is not a command:", line.strip(), flush=True)


def perform(cluster, command, options):
    """One command."""
    if command == "status":
        return status(cluster, options)
    if command == "dns":
        return dns(cluster, **options)
    if command == "floor":
        return faults.watch_floor(cluster, options["timeout"])
    if command == "net":
        return faults.net(cluster, cluster.node(options["node"]), options["what"])
    if command == "disk":
        return faults.disk(cluster, cluster.node(options["node"]), options["what"],
                           [options["only"]] if options["only"] else disks.PARTS, options["wake"])
    if command == "memory":
        return faults.memory(cluster, cluster.node(options["node"]), options)
    if command == "proxy":
        return proxy(cluster, options["node"], options["words"])
    if command == "pause":
        return faults.pause(cluster, cluster.node(options["node"]))
    if command == "resume":
        faults.resume(cluster, cluster.node(options["node"]))
    with locked(cluster.lock_path, 60, f"cluster '{cluster.name}'"):
        change(cluster, command, options)


def change(cluster, command, options):
    """A command that no other one may run beside."""
    if command == "build":
        build(cluster)
    elif command == "remove":
        cluster.remove()
    elif command == "resume":
        faults.heal(cluster)
    elif command == "terminate":
        faults.terminate(cluster, options["share"])
    elif command == "lag":
        faults.lag(cluster, cluster.node(options["node"]))
    elif command == "crash":
        faults.crash(cluster, cluster.node(options["node"]), options["process"])
    elif command == "revive":
        faults.revive(cluster, cluster.node(options["node"]))
    elif command == "restart":
        faults.restart(cluster, cluster.node(options["node"]))
    else:
        options = {**options, "to": cluster.node(options["to"]) if options["to"] else None,
                   "leave_down": options.get("leave_down", False),
                   "alive": options.get("alive", False)}
        for key in ("hold", "dns_lag"):
            options[key] = cluster.facts[key] if options[key] is None else options[key]
        if command == "kill":
            faults.kill(cluster, cluster.node(options.pop("node")), options)
        else:
            faults.switchover(cluster, options)


def build(cluster):
    """Certificates, if asked for, then the servers."""
    if cluster.facts["tls"]:
        hosts = [node.facts["host"] for node in cluster.nodes] + list(cluster.endpoints.values())
        clusters.make_certificates(os.path.join(cluster.folder, "tls"), cluster.kind.USER, hosts,
                                   [node.address for node in cluster.nodes])
    cluster.build()


def status(cluster, options):
    """Print what is, for people or as JSON."""
    facts, names = cluster.facts, cluster.world.names()
    nodes = [{**node.facts, "port": facts["port"], "pid": node.pid(), "role": node.role(),
              "log": node.folder + "/log"} for node in cluster.nodes]
    writers = [node for node in cluster.nodes if nodes[node.number - 1]["role"] == "writer"]
    whole = len(writers) == 1 and len(writers[0].streaming()) == 2
    about = {"lab": cluster.world.name, "cluster": cluster.name, "clusters": clusters.names(cluster.world),
             "dialect": facts["dialect"], "auth": facts["auth"], "grants": facts["grants"], "hold_ms": facts["hold"],
             "dns_lag_ms": facts["dns_lag"], "whole": whole, "writer": writers[0].name if writers else None,
             "proxy": "{}:{}".format(*control_address(facts["nodes"])) if facts["proxy"] else None,
             "ca": os.path.join(cluster.folder, "tls/ca.pem") if facts["tls"] else None,
             "endpoints": cluster.endpoints, "nodes": nodes, "dns": names, "state": cluster.folder,
             "events": os.path.join(cluster.folder, "events"), "database": "app", "user": "app",
             "password": cluster.kind.APP_PASSWORD,
             "kind": facts["kind"], "admin": cluster.kind.ADMIN}
    if options.get("json"):
        print(json.dumps(about, indent=1))
        return
    print(f"world {about['lab']}, cluster {about['cluster']} ({about['dialect']}, auth {about['auth']}"
          f"{', TLS' if facts['tls'] else ''}): {'whole' if whole else 'NOT WHOLE'}")
    for node in nodes:
        print(f"  {node['name']:<24} {node['address']}:{node['port']}  pid {node['pid']:<6} {node['role']}")
    for name, address in names.items():
        print(f"  {address:<15} {name}")
    if about["ca"]:
        print(f"  ca {about['ca']}")
    print(f"  events {about['events']}")


def proxy(cluster, name, words):
    """Hand a command to the proxy and print what it answers."""
    if not cluster.facts["proxy"]:
        raise LabError(f"cluster '{cluster.name}' has no proxy: make it with --proxy")
    number = "*" if name == "all" else cluster.node(name).number
    answer = cluster.tell_proxy(number, " ".join(words))
    if answer:
        print(answer)


def all_names(cluster, what):
    """Make every name of the cluster unknown ('none'), or right again ('right')."""
    if what not in ("none", "right"):
        raise LabError("dns all none, or dns all right")
    writer = cluster.writer() or cluster.noted_writer()
    right = {node.facts["host"]: node.address for node in cluster.nodes}
    right.update({cluster.endpoints["writer"]: writer.address, cluster.endpoints["reader"]: cluster.others(writer)[0].address})
    for name, address in right.items():
        cluster.world.set_name(name, "none" if what == "none" else address)
    cluster.event("dns-moved", "all", what)


def dns(cluster, name, address):
    """Show the names, or set one by hand."""
    names = cluster.world.names()
    if name is None:
        for each, value in names.items():
            print(f"{value:<15} {each}")
        return
    if name == "all":
        return all_names(cluster, address)
    known = {"writer-endpoint": cluster.endpoints["writer"], "reader-endpoint": cluster.endpoints["reader"]}
    known.update({node.name: node.facts["host"] for node in cluster.nodes})
    known.update({str(node.number): node.facts["host"] for node in cluster.nodes})
    name = known.get(name, name)
    if address is None:
        if name not in names:
            raise LabError(f"no record {name}; there are: {', '.join(names)}")
        print(names[name])
        return
    with contextlib.suppress(LabError):
        address = cluster.node(address).address
    cluster.world.set_name(name, address)
    cluster.event("dns-moved", name, address)


def run_lab(name):
    """The whole program, for the kind of server called `name`."""
    try:
        code = main(clusters.kind_of(name), sys.argv[1:])
        sys.stdout.flush()
        sys.exit(code)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except LabError as trouble:
        sys.exit(f"lab: {trouble}")
    except KeyboardInterrupt:
        sys.exit(130)
