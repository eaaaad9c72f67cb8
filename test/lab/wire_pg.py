"""A very small PostgreSQL client: text queries over a node's Unix socket.

The lab's controller talks to its servers through this instead of psql, because a process start per question would
be slower than the promotion that is being measured.  Only what the lab needs: no password, the simple protocol.
"""

import socket
import struct

from wire import LinkError, SqlError


class Session:
    """One session as the superuser on the server that listens on `path`."""

    def __init__(self, path, database="postgres", user="postgres", seconds=2.0):
        self.buffer = b""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)
        pairs = ["user", user, "database", database, "application_name", "lab"]
        body = struct.pack("!i", 196608) + b"".join(p.encode() + b"\0" for p in pairs) + b"\0"
        try:
            self.socket.connect(path)
            self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
            self._until_ready()
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
        """Run `sql` (one or more statements) and return all rows as tuples of str or None."""
        try:
            self.socket.settimeout(seconds)
            body = sql.encode() + b"\0"
            self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
            return self._until_ready()
        except OSError as error:
            raise LinkError(str(error)) from None

    def _until_ready(self):
        """Read messages up to ReadyForQuery; return the rows, raise the first error."""
        rows, error = [], None
        while True:
            kind, body = self._message()
            if kind == b"Z":
                if error:
                    raise error
                return rows
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                error = error or _error(body)
                if body.startswith((b"SFATAL", b"SPANIC")):
                    raise error
            elif kind == b"R" and body[:4] != b"\0\0\0\0":
                raise LinkError("the server asks for a password on its Unix socket")

    def _message(self):
        head = self._take(5)
        return head[:1], self._take(struct.unpack("!i", head[1:])[0] - 4)

    def _take(self, size):
        while len(self.buffer) < size:
            piece = self.socket.recv(65536)
            if not piece:
                raise LinkError("the server closed the session")
            self.buffer += piece
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken


def _row(body):
    """Decode one DataRow message."""
    count, at, cells = struct.unpack("!h", body[:2])[0], 2, []
    for _ in range(count):
        size = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        if size < 0:
            cells.append(None)
        else:
            cells.append(body[at:at + size].decode())
            at += size
    return tuple(cells)


def _error(body):
    """Decode one ErrorResponse message."""
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    return SqlError(fields.get(b"C", "?????"), fields.get(b"M", "no message"))
