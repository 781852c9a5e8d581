"""`symharness view`: a site, served on loopback to whoever sits at this machine.

Requests must name this server as their host, so that no page elsewhere reaches it through a name that resolves to
127.0.0.1 (DNS rebinding); only files of the site are given.
"""

from __future__ import annotations

import mimetypes
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfileobj
from urllib.parse import unquote, urlsplit

from harness.config import UserError
from harness.report.site import build_site, is_site

_HOST = "127.0.0.1"
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css"}


@contextmanager
def shown_site(folders: Sequence[Path], data: str | None, port: int) -> Iterator[Viewer]:
    """A server of the site at `folders`, or of one made of the runs in them for the length of the block.

    Raises UserError when there is neither, or the port is taken.
    """
    with tempfile.TemporaryDirectory(prefix="symharness-site-") as scratch:
        ready = len(folders) == 1 and is_site(folders[0])
        site = folders[0] if ready else build_site(folders, Path(scratch) / "site", data).folder
        try:
            viewer = Viewer(site, port)
        except OSError as error:
            raise UserError(f"port {port}: {error.strerror}; give another --port, or none for a free one") from error
        with viewer:
            yield viewer


class Viewer(ThreadingHTTPServer):
    """A server of the files under `site`; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, site: Path, port: int = 0) -> None:
        self.site = site.resolve()
        super().__init__((_HOST, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Viewer
    protocol_version = "HTTP/1.1"
    server_version = "symharness"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        if self.headers.get("Host") not in {f"{name}:{self.server.server_port}" for name in (_HOST, "localhost")}:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        path = self._file()
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with path.open("rb") as stream:
            self.send_response(HTTPStatus.OK)
            kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            if with_body:
                copyfileobj(stream, self.wfile)

    def _file(self) -> Path | None:
        """The file that the address names; None when that is none of the site."""
        try:
            path = (self.server.site / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
            path = path / "index.html" if path == self.server.site else path
            return path if path.is_relative_to(self.server.site) and path.is_file() else None
        except (ValueError, OSError):
            return None

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
