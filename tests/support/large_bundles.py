"""A bundle of any size, made without reading YAML: for figures, and for work that is counted.

PYTHONPATH=src:. python -m tests.support.large_bundles     # the timed figures, on an idle machine
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle, Document, Noun, SourceFile
from streamward.model.grant import Grant
from streamward.model.manifest import Environment, Manifest
from streamward.model.network import Network
from streamward.model.principal import Principal, PrincipalType, Role, Tenant
from streamward.model.resource import Resource
from streamward.model.stream import DataClass, Level, Namespace, Requirements, Stream
from streamward.policy import diff
from streamward.policy.cedar_file import read_cedar
from streamward.policy.questions import compiled

TEAMS = 20
_OFFICE = """
@id("office")
forbid (principal is Streamward::User, action == Streamward::Action::"Read",
  resource in Streamward::DataClass::"secret")
unless { context.networks.contains("office") && context.hour >= 6 && context.hour < 20 };
"""


def large_bundle(principals: int, streams: int, rules: int) -> Bundle:
    """Teams with roles, namespaces, streams of two classes, and a grant for each of the rules."""
    nouns: list[Noun] = [
        Manifest(name="large", environment=Environment.PRODUCTION, owner="nobody"),
        Network(name="office", addresses=("10.0.0.0/8",)),
        DataClass(name="secret", level=Level.RESTRICTED, requires=Requirements(tls=True)),
        DataClass(name="plain", level=Level.INTERNAL),
    ]
    for team in range(TEAMS):
        nouns += [
            Tenant(name=f"team{team}"),
            Role(name=f"role{team}"),
            Namespace(prefix=f"team{team}.", tenant=f"team{team}"),
        ]
    for number in range(principals):
        kind = PrincipalType.USER if number % 2 else PrincipalType.SERVICE
        team = number % TEAMS
        name = f"principal{number}"
        nouns.append(Principal(name=name, type=kind, tenant=f"team{team}", roles=(f"role{team}",)))
    for number in range(streams):
        name = f"team{number % TEAMS}.stream{number}"
        nouns.append(Stream(name=name, classes=("secret" if number % 3 == 0 else "plain",)))
    nouns += [_grant(number, principals, streams) for number in range(rules)]
    documents = tuple(_document(noun) for noun in nouns)
    policies, _ = read_cedar("office.cedar", _OFFICE)
    return Bundle(Path(), documents, (SourceFile("cedar", "office.cedar", _OFFICE, policies),))


def _grant(number: int, principals: int, streams: int) -> Grant:
    team = number % TEAMS
    to = f"role:role{team}" if number % 4 == 0 else f"principal:principal{number % principals}"
    stream = number % streams
    on = (f"stream:team{stream % TEAMS}.stream{stream}", f"stream:team{team}.part{number}*")
    fields = {"id": f"grant{number}", "to": (to,), "allow": ("read",), "on": (on[number % 2],)}
    return Grant.model_validate(fields)


def write_bundle(bundle: Bundle, directory: Path) -> None:
    """As a folder: a file for each kind of document, and the Cedar files."""
    directory.mkdir(parents=True)
    texts: dict[str, list[str]] = {}
    for document in bundle.documents:
        fields = document.value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if isinstance(document.value, Grant):
            fields["allow"] = [action.word for action in document.value.allow or ()]
        if isinstance(document.value, Manifest):
            # Where nothing asks for keys and a log.
            fields["environment"] = "development"
        lines = [f"kind: {document.kind}", *(f"{k}: {json.dumps(v)}" for k, v in fields.items())]
        texts.setdefault(document.kind, []).append("\n".join(lines) + "\n")
    for kind, each in texts.items():
        (directory / f"{kind}.yaml").write_text("---\n".join(each))
    for file in bundle.files:
        (directory / file.path).write_text(file.text)


def _document(noun: Noun) -> Document:
    name = getattr(noun, "name", None) or getattr(noun, "id", None) or getattr(noun, "prefix", "")
    kind = "Bundle" if isinstance(noun, Manifest) else type(noun).__name__
    return Document(kind, str(name), noun, "all.yaml", {})


def main() -> None:
    """Time questions on 1,000 principals, 5,000 streams and 2,000 rules."""

    def timed(what: str, since: float) -> float:
        now = time.perf_counter()
        print(f"{what:40} {(now - since) * 1000:8.0f} ms")  # noqa: T201
        return time.perf_counter()

    bundle = large_bundle(1_000, 5_000, 2_000)
    at = time.perf_counter()
    asked = compiled(bundle)
    at = timed("compile", at)
    universe = asked.universe()
    at = timed(f"universe of {len(universe)} (prepares rules)", at)
    stream = next(it for it in universe if it.shown == "team0.stream0")
    assert stream.resource == Resource(ResourceType.STREAM, "team0.stream0")
    asked.ask(None, tuple(Action), [stream])
    at = timed("who-can, every action", at)
    asked.ask(["principal1"], tuple(Action), universe)
    at = timed("what-can, every resource", at)
    diff(bundle, large_bundle(1_000, 5_000, 2_001))
    at = timed("diff, both compiled anew", at)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "bundle"
        write_bundle(bundle, directory)
        question = ("policy", "who-can", str(directory), "--do", "consume", "--on", "team0.stream0")
        for what in ("first", "again"):
            at = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "streamward", *question],
                env={**os.environ, "STREAMWARD_CACHE": folder},
                stdout=subprocess.DEVNULL,
                check=True,
            )
            timed(f"the whole command, {what}", at)


if __name__ == "__main__":
    main()
