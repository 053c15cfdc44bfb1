"""An authority that vouches for servers of one test, and is believed by whoever is given its file."""

import ssl
from pathlib import Path

import trustme


class Authority:
    """Its own certificate lies in a folder, for who is to believe it."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = str(folder / f"authority-{id(self)}.pem")
        self._authority.cert_pem.write_to_path(self.file)

    def server(self, name: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server of that name shows."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(name).configure_cert(context)
        return context
