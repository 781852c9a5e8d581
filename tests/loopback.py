"""A web server on loopback that serves a folder, answers ranges, and can be told to misbehave."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Route = Callable[[http.server.BaseHTTPRequestHandler], bool]


@dataclass
class Web:
    """`cuts` holds after how many bytes of a body the connection of the next requests is cut; `ranges` whether it
    honours Range; `seen` the requests' paths with their Range header. `route` may answer a request itself.
    """

    folder: Path
    url: str = ""
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    route: Route = lambda handler: False


@contextmanager
def serving(folder: Path) -> Iterator[Web]:
    web = Web(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.seen.append((self.path, self.headers.get("Range")))
            if not web.route(self):
                self._file()

        do_HEAD = do_GET  # noqa: N815

        def _file(self) -> None:
            path = web.folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content, start = path.read_bytes(), 0
            if web.ranges and (wanted := self.headers.get("Range")):
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start : start + web.cuts.pop(0)] if web.cuts else content[start:])

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    web.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
