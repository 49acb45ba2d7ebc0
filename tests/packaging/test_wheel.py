"""A user's machine: no Rust, no source tree, only the wheel and the packages it asks for."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL_SECONDS_MAX = 300
DEMO_SECONDS_MAX = 240


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel of this source tree; built unless `make test` has just done it."""
    subprocess.run(["make", "wheel"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (built,) = (ROOT / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="session")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user") / "venv"
    venv.create(folder, with_pip=True)
    return folder


def run(environment: Path, *command: str, seconds: int) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment, with nothing else on the path, outside the source tree."""
    home = environment.parent
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRT"))
    }
    variables |= {"PATH": str(environment / "bin"), "STREAMWARD_CACHE": str(home / "cache")}
    return subprocess.run(
        [str(environment / "bin" / command[0]), *command[1:]],
        cwd=home,
        env=variables,
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def test_one_wheel_serves_every_supported_python(wheel: Path) -> None:
    _, version, python, abi, platform = wheel.stem.split("-")

    assert (python, abi) == ("cp311", "abi3")
    assert platform.startswith(("manylinux", "linux"))
    assert version == "0.1.0"


def test_the_wheel_holds_the_package_and_nothing_of_the_source_tree(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names}

    assert folders == {"streamward", "streamward-0.1.0.dist-info"} | {
        folder for folder in folders if folder == "streamward.libs"
    }
    assert names.count("streamward/_core.abi3.so") == 1
    assert "streamward/py.typed" in names
    assert [name for name in names if name.endswith(("licenses/LICENSE", ".pyc"))] == [
        "streamward-0.1.0.dist-info/licenses/LICENSE"
    ]


@pytest.mark.slow
@pytest.mark.timeout(INSTALL_SECONDS_MAX + DEMO_SECONDS_MAX)
def test_the_demo_passes_on_a_machine_that_has_only_the_wheel(
    wheel: Path, empty_environment: Path
) -> None:
    pip = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    locked = str(ROOT / "requirements" / "runtime.txt")
    packages = run(
        empty_environment,
        *pip,
        *("--only-binary", ":all:", "--require-hashes", "-r", locked),
        seconds=INSTALL_SECONDS_MAX,
    )
    assert packages.returncode == 0, packages.stderr
    installed = run(
        empty_environment, *pip, "--no-index", "--no-deps", str(wheel), seconds=INSTALL_SECONDS_MAX
    )
    assert installed.returncode == 0, installed.stderr

    demo = run(empty_environment, "streamward", "demo", "--check", seconds=DEMO_SECONDS_MAX)

    assert demo.returncode == 0, demo.stdout[-2000:] + demo.stderr[-2000:]


def test_the_environment_of_that_machine_has_no_rust(empty_environment: Path) -> None:
    which = "import shutil, sys; sys.exit(any(map(shutil.which, ('cargo', 'rustc', 'java'))))"

    assert run(empty_environment, "python", "-c", which, seconds=30).returncode == 0
    assert sys.prefix != str(empty_environment)
