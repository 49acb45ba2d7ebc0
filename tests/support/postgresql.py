"""A PostgreSQL of the tests' own, reached over a Unix socket in a folder that goes with it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLACES = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"))


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres` of the newest version here; None without any."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = [file.parent for place in _PLACES for file in place.glob("**/bin/initdb")]
    return max(folders, key=lambda folder: folder.parts, default=None)


@contextmanager
def postgresql() -> Iterator[str]:
    """A server; gives the URL of its database."""
    folder = binaries()
    assert folder is not None
    with tempfile.TemporaryDirectory(prefix="postgresql-") as directory:
        data = Path(directory) / "data"
        data.mkdir(mode=0o700)
        run = _as_user(directory)
        try:
            _call(
                run,
                folder / "initdb",
                "-D",
                data,
                "-U",
                "streamward",
                "-A",
                "trust",
                "-N",
                "-E",
                "UTF8",
            )
            options = f"-F -c listen_addresses= -c unix_socket_directories={directory}"
            control = (folder / "pg_ctl", "-D", data, "-w", "-t", "60")
            _call(run, *control, "-l", data / "log", "-o", options, "start")
            try:
                _call(run, folder / "createdb", "-h", directory, "-U", "streamward", "identity")
                yield f"postgresql+psycopg://streamward@/identity?host={directory}"
            finally:
                _call(run, *control, "-m", "immediate", "stop")
        finally:
            if run:
                shutil.chown(directory, user=os.geteuid())


def _as_user(directory: str) -> list[str]:
    """PostgreSQL refuses to run as root: then as the user of its package, or nobody."""
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in names)
    for path in (directory, os.path.join(directory, "data")):
        shutil.chown(path, user=user)
    return ["setpriv", "--reuid", user, "--clear-groups", "--no-new-privs"]


def _call(run: list[str], *words: object) -> None:
    finished = subprocess.run(
        [*run, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent"},
        stdin=subprocess.DEVNULL,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
