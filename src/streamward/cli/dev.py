"""`streamward dev`: a throw-away Kafka and development certificates."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from streamward.app import valid_bundle
from streamward.dev.certificates import make_certificates
from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions, NodePorts

app = typer.Typer(no_args_is_help=True, help="Conveniences for development; never for production.")
kafka = typer.Typer(no_args_is_help=True, help="A throw-away Apache Kafka on this machine.")
app.add_typer(kafka, name="kafka")

_progress = Console(stderr=True)

Name = Annotated[str, typer.Option(help="Which one, where there are several.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document.")]


@app.command()
def certificates(
    bundle: Annotated[Path, typer.Argument(help="The folder of the bundle.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Make a development authority, certificates and passwords for all that a bundle declares."""
    for path in make_certificates(valid_bundle(bundle, materials=False), force=force):
        Console().print(str(path), soft_wrap=True, highlight=False, markup=False)


@kafka.command()
def start(
    name: Name = "dev",
    version: Annotated[str, typer.Option(help="The version of Apache Kafka.")] = "4.3.1",
    brokers: Annotated[int, typer.Option(help="How many brokers.")] = 1,
    heap: Annotated[str, typer.Option(help="Java heap of each broker, such as `512m`.")] = "512m",
    authorizer: Annotated[
        bool, typer.Option(help="Run Kafka's own authorizer: all but super users need an ACL.")
    ] = False,
    auto_create_topics: Annotated[
        bool, typer.Option(help="Create a topic when a client first asks for it.")
    ] = True,
    user: Annotated[
        list[str] | None, typer.Option(help="A SCRAM user beside `admin`; may be repeated.")
    ] = None,
    plaintext_port: Annotated[int, typer.Option(help="0: any free port.")] = 0,
    sasl_ssl_port: Annotated[int, typer.Option(help="0: any free port.")] = 0,
    ssl_port: Annotated[int, typer.Option(help="0: any free port.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Start Kafka (KRaft) and wait until it answers; does nothing where it runs."""
    wanted = KafkaOptions(
        version=version,
        brokers=brokers,
        heap=heap,
        authorizer=authorizer,
        auto_create_topics=auto_create_topics,
        users=("admin", *(user or [])),
    )
    ports = NodePorts(plaintext_port, sasl_ssl_port, ssl_port, 0)
    with _progress.status("starting Kafka") as line:
        server = KafkaServer(name, wanted, ports, line.update)
        server.start()
    _show(server.status(), as_json=as_json)


@kafka.command()
def status(name: Name = "dev", as_json: AsJson = False) -> None:
    """Tell whether Kafka runs, its endpoints, and the files that clients need."""
    found = KafkaServer(name).status()
    _show(found, as_json=as_json)
    if not found["running"]:
        raise typer.Exit(1)


@kafka.command()
def stop(
    name: Name = "dev",
    delete: Annotated[bool, typer.Option("--delete", help="Delete its data too.")] = False,
) -> None:
    """Stop Kafka; with `--delete`, forget its data, certificates and passwords."""
    KafkaServer(name).stop(delete=delete)
    _progress.print(f"Kafka `{name}` is stopped{' and deleted' if delete else ''}")


def _show(status: dict[str, Any], *, as_json: bool) -> None:
    console = Console()
    if as_json:
        console.print(json.dumps(status, indent=2), soft_wrap=True, highlight=False, markup=False)
        return
    if "endpoints" not in status:
        console.print(f"there is no Kafka named `{status['name']}`")
        return
    state = "running" if status["running"] else "stopped"
    rows = [("Kafka", f"{status['name']} {status['version']} ({state})")]
    rows += list(status["endpoints"].items())
    rows += [("authority", status["ca"])]
    for client, files in status["clients"].items():
        rows += [(f"certificate of {client}", files["certificate"])]
    for user, files in status["users"].items():
        rows += [(f"password of {user}", files["password_file"])]
        rows += [(f"settings of {user}", f"{files['ssl_properties']} {files['sasl_properties']}")]
    for node in status["nodes"]:
        rows += [(f"node {node['id']}", f"process {node['pid']}, log {node['log']}")]
    for label, value in rows:
        console.print(f"{label:24}{value}", soft_wrap=True, highlight=False)
