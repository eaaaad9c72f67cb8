"""A very small MySQL client: text queries over a node's Unix socket, without a password.

The lab's controller talks to its servers through this instead of the mariadb program, because a process start per
question would be slower than the promotion that is being measured.  Only what the lab needs.
"""

import socket
import struct

from wire import LinkError, SqlError

# LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, MULTI_STATEMENTS, MULTI_RESULTS,
# PLUGIN_AUTH
CAPABILITIES = 1 | 8 | 512 | 8192 | 32768 | 1 << 16 | 1 << 17 | 1 << 19
MORE_RESULTS = 8
UTF8MB4 = 45


class Session:
    """One session as the superuser on the server that listens on `path`."""

    def __init__(self, path, database="", user="root", seconds=2.0):
        self.buffer, self.sequence = b"", 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)
        try:
            self.socket.connect(path)
            greeting = self._packet()
            if greeting[:1] == b"\xff":
                raise _error(greeting)
            self._send(struct.pack("<IIB23x", CAPABILITIES, 1 << 24, UTF8MB4) + user.encode() + b"\0" + b"\0"
                       + database.encode() + b"\0" + b"mysql_native_password\0")
            answer = self._packet()
            if answer[:1] == b"\xfe":  # another method: nothing to say to that one either
                self._send(b"")
                answer = self._packet()
            if answer[:1] != b"\0":
                raise _error(answer)
        except OSError as error:
            self.close()
            raise LinkError(f"{path}: {error}") from None
        except (SqlError, LinkError):
            self.close()
            raise

    def close(self):
        """Close the socket; the server ends the session by itself."""
        self.socket.close()

    def query(self, sql, seconds=2.0):
        """Run `sql` (one or more statements) and return the last result's rows as tuples of str or None."""
        return self._run(sql, seconds)[1]

    def row(self, sql, seconds=2.0):
        """The first row as a dictionary, empty if there is none."""
        names, rows = self._run(sql, seconds)
        return dict(zip(names, rows[0])) if rows else {}

    def _run(self, sql, seconds):
        try:
            self.socket.settimeout(seconds)
            self.sequence = 0
            self._send(b"\x03" + sql.encode())
            more, names, rows = True, [], []
            while more:
                more, names, rows = self._result()
            return names, rows
        except OSError as error:
            raise LinkError(str(error)) from None

    def _result(self):
        """One result: (are there more?, column names, rows)."""
        head = self._packet()
        if head[:1] == b"\xff":
            raise _error(head)
        if head[:1] == b"\0":
            at = _length(head, _length(head, 1)[1])[1]
            return bool(struct.unpack_from("<H", head, at)[0] & MORE_RESULTS), [], []
        names = [_cells(self._packet(), 5)[4] for _ in range(_length(head, 0)[0])]
        self._packet()
        rows = []
        while True:
            body = self._packet()
            if body[:1] == b"\xff":
                raise _error(body)
            if body[:1] == b"\xfe" and len(body) < 9:
                return bool(struct.unpack_from("<H", body, 3)[0] & MORE_RESULTS), names, rows
            rows.append(tuple(_cells(body, len(names))))

    def _send(self, body):
        self.socket.sendall(struct.pack("<I", len(body))[:3] + bytes([self.sequence]) + body)
        self.sequence += 1

    def _packet(self):
        head = self._take(4)
        self.sequence = (head[3] + 1) % 256
        return self._take(struct.unpack("<I", head[:3] + b"\0")[0])

    def _take(self, size):
        while len(self.buffer) < size:
            piece = self.socket.recv(65536)
            if not piece:
                raise LinkError("the server closed the session")
            self.buffer += piece
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken


def _length(body, at):
    """A length-encoded integer at `at`: (value or None for NULL, the place behind it)."""
    first = body[at]
    if first < 0xfb:
        return first, at + 1
    if first == 0xfb:
        return None, at + 1
    size = {0xfc: 2, 0xfd: 3, 0xfe: 8}[first]
    return int.from_bytes(body[at + 1:at + 1 + size], "little"), at + 1 + size


def _cells(body, count):
    """The first `count` length-encoded strings."""
    at, cells = 0, []
    for _ in range(count):
        size, at = _length(body, at)
        if size is None:
            cells.append(None)
        else:
            cells.append(body[at:at + size].decode(errors="replace"))
            at += size
    return cells


def _error(body):
    """Decode one ERR packet."""
    text = body[3:].decode(errors="replace")
    return SqlError(struct.unpack_from("<H", body, 1)[0] if len(body) > 2 else 0,
                    text[6:] if text.startswith("#") else text)
