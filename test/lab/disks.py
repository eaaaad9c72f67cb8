"""Two file systems in memory for each node, one for its data and one for its log of changes (WAL, binary log), so that one
of them can be full while all else has room.  Everything here runs inside the world, whose mounts end with it."""

import os
import subprocess

from world import LabError

PARTS = ("data", "log")
ROOM = "50%"  # of the machine's memory, as tmpfs has it by itself


def make(cluster, owner):
    """An empty folder for each part of each node; mounted, unless the data is to be on this machine's disk."""
    lines = []
    for node in cluster.nodes:
        for path in node.disks.values():
            os.makedirs(path, mode=0o755)
            os.chown(path, owner.pw_uid, owner.pw_gid)
            lines.append(f"lab {path} tmpfs mode=0755,uid={owner.pw_uid},gid={owner.pw_gid},size={ROOM} 0 0\n")
    if cluster.facts["disk"]:
        return
    table = os.path.join(cluster.folder, "fstab")
    with open(table, "w", encoding="ascii") as file:
        file.writelines(lines)
    _run(["mount", "-a", "-T", table])


def drop(node):
    """Unmount what make() has mounted."""
    mounted = [path for path in node.disks.values() if os.path.ismount(path)]
    if mounted:
        _run(["umount", "-l", *mounted])


def fill(node, parts):
    """Leave not a block free: what is written already can be written again, and nothing more."""
    for part in parts:
        path = node.disks[part]
        if not os.path.ismount(path):
            raise LabError(f"the data of {node.name} is on this machine's disk: make the cluster without --disk")
        for attempt in range(50):
            about = os.statvfs(path)
            used = max((about.f_blocks - about.f_bfree) * about.f_frsize, 4096)
            try:
                _resize(path, used)
                break
            except LabError:  # more was written meanwhile
                if attempt == 49:
                    raise


def free(node, parts=PARTS):
    """Room again."""
    for part in parts:
        if os.path.ismount(node.disks[part]):
            _resize(node.disks[part], ROOM)


def _resize(path, size):
    _run(["mount", "-o", f"remount,size={size}", path])


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{command[0]} failed: {done.stderr.strip()}")
