"""The viewer gives files of the site, to whoever asks this server by its name, and nothing else."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.config import UserError
from harness.report.site import build_site
from harness.report.view import Viewer, shown_site
from tests.harness.report.test_site import record, run


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    folder = tmp_path_factory.mktemp("view")
    run(folder / "runs" / "a", "a", [record("1", True)])
    site = build_site([folder / "runs"], folder / "site").folder
    (folder / "secret").write_text("secret")
    (site / "link").symlink_to(folder / "secret")
    with serving(Viewer(site)) as viewer:
        yield viewer


@contextmanager
def serving(viewer: Viewer) -> Iterator[Viewer]:
    thread = threading.Thread(target=viewer.serve_forever)
    thread.start()
    try:
        yield viewer
    finally:
        viewer.shutdown()
        thread.join()
        viewer.server_close()


def ask(viewer: Viewer, path: str, host: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", viewer.server_port, timeout=5)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{viewer.server_port}")
    connection.endheaders()
    response = connection.getresponse()
    answer = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return answer


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/assets/core.js", "text/javascript")])
def test_the_site_is_served(viewer: Viewer, path: str, kind: str) -> None:
    status, headers, body = ask(viewer, path)
    assert status == 200
    assert headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert len(body) == int(headers["Content-Length"])
    assert ask(viewer, path, method="HEAD")[2] == b""
    assert ask(viewer, path, f"localhost:{viewer.server_port}")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:80", "127.0.0.1:1"])
def test_another_hosts_name_is_refused(viewer: Viewer, host: str) -> None:
    status, _, body = ask(viewer, "/", host)
    assert status == 421
    assert b"symharness-site" not in body


@pytest.mark.parametrize(
    "path",
    ["/../secret", "/%2e%2e/secret", "//etc/passwd", "/link", "/data", "/assets/", "/none", "/a%00b", "/" + "a" * 5000],
)
def test_nothing_outside_and_no_listing(viewer: Viewer, path: str) -> None:
    status, _, body = ask(viewer, path)
    assert status == 404
    assert b"secret" not in body


def test_only_reading(viewer: Viewer) -> None:
    assert ask(viewer, "/", method="POST")[0] == 501


def test_it_listens_on_loopback_only(viewer: Viewer) -> None:
    assert viewer.server_address[0] == "127.0.0.1"


def test_runs_are_shown_without_a_site_of_theirs(tmp_path: Path) -> None:
    run(tmp_path / "a", "a", [record("1", True)])
    with shown_site([tmp_path], None, 0) as viewer:
        built = viewer.site
        assert (built / "index.html").is_file()
        with pytest.raises(UserError, match="give another --port"), shown_site([tmp_path], None, viewer.server_port):
            pass
    assert not built.exists()


def test_a_site_is_shown_as_it_is(viewer: Viewer) -> None:
    with shown_site([viewer.site], None, 0) as other:
        assert other.site == viewer.site
