"""What Aurora MySQL answers and SQL cannot create, put into the questions on their way to a MariaDB or MySQL server.

    information_schema.replica_host_status    a derived table with Aurora's columns, of the lab's own state
    @@aurora_server_id, @@aurora_version      the instance's name; a version
    @@innodb_read_only                        1 on a reader (MariaDB's own is another thing)
    SHOW VARIABLES LIKE 'aurora_version'      one row

Names inside quotes and comments are left alone. A column that would lose its name keeps it by an alias.
"""

import json
import os
import re
import struct
import zlib

VERSION = "3.08.2"
COM_QUERY, COM_STMT_PREPARE = 3, 22
NO_ATTRIBUTES = b"\0\1"  # what MySQL's own client says ahead of a query that has none
CLIENT_SSL, CLIENT_COMPRESS = 1 << 11, 1 << 5
LONGEST = 1 << 20

# What must not be looked into comes first.
WORDS = re.compile(r"""(?P<skip>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|/\*(?![!M]).*?\*/|--\s[^\n]*|\#[^\n]*)
                   |(?P<table>`?\binformation_schema`?\s*\.\s*`?replica_host_status\b`?)(?P<as>\s+(?:AS\s+)?(?!(?:WHERE|
                     LIMIT|ORDER|GROUP|HAVING|UNION|JOIN|INNER|LEFT|RIGHT|CROSS|NATURAL|ON|USING|FOR|PROCEDURE)\b)\w+)?
                   |(?P<variable>@@(?:(?:global|session|local)\s*\.\s*)?(?:aurora_server_id|aurora_version|innodb_read_only)\b)
                   |(?P<open>[(])|(?P<close>[)])|(?P<comma>,)|(?P<select>\bSELECT\b)|(?P<from>\bFROM\b)""",
                   re.I | re.S | re.X)
SHOW = re.compile(r"\s*SHOW\s+(?:(?:GLOBAL|SESSION)\s+)?VARIABLES\s+LIKE\s+'aurora_version'\s*;?\s*", re.I)
QUICK = re.compile(rb"aurora|replica_host_status|innodb_read_only", re.I)


class Rewriter:
    """For one node."""

    def __init__(self, folder, nodes, own):
        self.folder, self.nodes, self.own = folder, nodes, own
        self.rows = None  # told by a test, instead of the truth

    def stream(self):
        """A new client's stream."""
        return Stream(self)

    def truth(self):
        """The rows as they are: the writer is the node that the lab made the writer last."""
        with open(os.path.join(self.folder, "writer"), encoding="utf-8") as file:
            writer = file.read()
        return [{"server_id": node["name"], "master": node["name"] == writer,
                 "lag": None if node["name"] == writer else 15.0} for node in self.nodes]

    def table(self):
        """replica_host_status as a derived table; a row may give `age`, in seconds, and `session`."""
        selects = []
        for row in self.truth() if self.rows is None else self.rows:
            master = row.get("master", False)
            session = row.get("session") or ("MASTER_SESSION_ID" if master else
                                             f"8b0f8c5c-0000-4000-8000-{zlib.crc32(row['server_id'].encode()):012d}")
            lag = row.get("lag")
            selects.append(f"SELECT CAST({quoted(row['server_id'])} AS CHAR(100)) AS SERVER_ID, "
                           f"CAST({quoted(session)} AS CHAR(100)) AS SESSION_ID, 1 AS IS_CURRENT, "
                           f"CAST({row.get('cpu', 5.0)} AS DOUBLE) AS CPU, "
                           f"CAST({'NULL' if lag is None else lag} AS DOUBLE) AS REPLICA_LAG_IN_MILLISECONDS, "
                           f"{stamp(row)} AS LAST_UPDATE_TIMESTAMP")
        return "(" + (" UNION ALL ".join(selects) or NO_ROWS) + ")"

    def value(self, name):
        """What stands for a variable."""
        if name.endswith("aurora_server_id"):
            return quoted(self.own["name"])
        return f"'{VERSION}'" if name.endswith("aurora_version") else "@@global.read_only"

    def rewrite(self, sql):
        """The statement as MariaDB is to see it."""
        if SHOW.fullmatch(sql):
            return f"SELECT 'aurora_version' AS Variable_name, '{VERSION}' AS Value"
        out, at, depth, lists, begun = [], 0, 0, [], None
        for m in WORDS.finditer(sql):
            kind = m.lastgroup if m.lastgroup != "as" else "table"
            out.append(sql[at:m.start()])
            at = m.end()
            text = m[0]
            if kind == "table":
                text = self.table() + (m["as"] or " AS replica_host_status")
            elif kind == "variable":
                text = self.value(m[0].lower().replace(" ", ""))
                after = sql[m.end():].lstrip()[:5].upper()
                alone = lists and lists[-1] == depth and begun == m.start() and (
                    not after or after[0] in ",);" or after.startswith("FROM"))
                if alone:
                    text += f" AS `{m[0]}`"
            elif kind == "open":
                depth += 1
            elif kind == "close":
                while lists and lists[-1] == depth:
                    lists.pop()
                depth -= 1
            elif kind == "select":
                lists.append(depth)
            elif kind == "from" and lists and lists[-1] == depth:
                lists.pop()
            if kind in ("select", "comma"):
                rest = sql[m.end():]
                begun = m.end() + len(rest) - len(rest.lstrip())
            out.append(text)
        return "".join(out) + sql[at:]


NO_ROWS = ("SELECT '' AS SERVER_ID, '' AS SESSION_ID, 1 AS IS_CURRENT, 0e0 AS CPU, 0e0 AS REPLICA_LAG_IN_MILLISECONDS, "
           "NOW(6) AS LAST_UPDATE_TIMESTAMP FROM DUAL WHERE FALSE")


def quoted(text):
    """A literal, whatever the SQL mode: as hexadecimal digits where need be."""
    if re.fullmatch(r"[A-Za-z0-9_.-]*", text):
        return f"'{text}'"
    return f"CONVERT(x'{text.encode().hex()}' USING utf8mb4)"


def stamp(row):
    """The time of a row; no `age` is now, None is NULL."""
    age = row.get("age", 0)
    return "CAST(NULL AS DATETIME(6))" if age is None else f"(NOW(6) - INTERVAL {int(age * 1e6)} MICROSECOND)"


class Stream:
    """What one client sends, packet by packet."""

    def __init__(self, rewriter):
        self.rewriter, self.buffer = rewriter, b""
        self.through = 0  # bytes of the present packet that go on as they are
        self.blind = False  # all that follows is encrypted, or compressed

    def feed(self, data):
        """More bytes from the client; those that can go to the server now."""
        if self.blind:
            return data
        self.buffer += data
        out = []
        while self.buffer and not self.blind:
            if self.through:
                out.append(self.buffer[:self.through])
                self.buffer = self.buffer[len(out[-1]):]
                self.through -= len(out[-1])
            elif len(self.buffer) < 5 or not self.packet(out):
                break
        if self.blind:
            out.append(self.buffer)
            self.buffer = b""
        return b"".join(out)

    def packet(self, out):
        """The packet at the head of the buffer; False: more of it is needed."""
        size, number, kind = int.from_bytes(self.buffer[:3], "little"), self.buffer[3], self.buffer[4]
        if number == 1 and size >= 4 and len(self.buffer) < 8:
            return False
        if number == 1 and size >= 32 and not self.rewriter_knows(size):
            self.blind = True
            return True
        if number or size > LONGEST or kind not in (COM_QUERY, COM_STMT_PREPARE):
            self.through = 4 + size
            return True
        if len(self.buffer) < 4 + size:
            return False
        body, self.buffer = self.buffer[5:4 + size], self.buffer[4 + size:]
        attributes = NO_ATTRIBUTES if kind == COM_QUERY and body.startswith(NO_ATTRIBUTES) else b""
        body = body[len(attributes):]
        if QUICK.search(body):
            body = self.rewriter.rewrite(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        body = attributes + body
        out.append(struct.pack("<I", len(body) + 1)[:3] + bytes([0, kind]) + body)
        return True

    def rewriter_knows(self, size):
        """A login packet: False when what follows it cannot be read."""
        flags = struct.unpack_from("<I", self.buffer, 4)[0]
        return not (flags & CLIENT_COMPRESS or (flags & CLIENT_SSL and size == 32))
