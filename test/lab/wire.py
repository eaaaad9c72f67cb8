"""What can go wrong between the lab and one of its servers."""


class SqlError(Exception):
    """The server answered with an error; `code` is its SQLSTATE, or its number."""

    def __init__(self, code, message):
        super().__init__(f"{code} {message}")
        self.code = code


class LinkError(Exception):
    """No answer: the server is down, hung, or closed the session."""
