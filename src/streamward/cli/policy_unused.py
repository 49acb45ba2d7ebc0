"""`streamward policy unused`: rules and grants that nobody needed."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from streamward.app import asked_bundle, bundle_name, paths_of
from streamward.audit.index import RulesUsed, opened_index, rules_used
from streamward.audit.journal import journal_readers
from streamward.audit.places import index_path, log_origin
from streamward.cli.options import AsJson, AuditDir, NoCache, StateDir
from streamward.cli.policy_tables import console, plain
from streamward.clock import now_milliseconds
from streamward.errors import NotFound
from streamward.model.moment import format_moment
from streamward.policy.questions import Unused, unused

DAY_MILLISECONDS: Final = 24 * 60 * 60 * 1000


def unused_command(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")
    ] = Path("."),
    days: Annotated[
        int, typer.Option("--days", min=1, max=3650, help="How far back the log is looked at.")
    ] = 90,
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """List rules and grants that no entry of the log used in so many days.

    A grant that nobody used can go. A rule that forbids and denied nothing may be just what it
    should be: it is listed so that somebody looks.

    Examples:
        streamward policy unused my-bundle --days 30

        streamward policy unused . --json
    """
    bundle = asked_bundle(directory, cache=not no_cache)
    where = paths_of(bundle_name(bundle), state_dir, audit_dir).audit
    if not where.is_dir():
        raise NotFound(
            f"there is no log at `{where}`: a gateway begins it when it starts; name another one "
            "with `--audit-dir` or `--state-dir`"
        )
    since = now_milliseconds() - days * DAY_MILLISECONDS
    with opened_index(journal_readers(where), index_path(where), log_origin(where)) as index:
        used = rules_used(index, since)
    found = unused(bundle, used.last_used)
    to = console()
    to.soft_wrap = True
    if as_json:
        report = {
            "since": format_moment(used.since),
            "log_begins": None if used.log_begins is None else format_moment(used.log_begins),
            "whole": used.is_whole,
            "entries": used.entries,
            "unused": [one.document() for one in found],
        }
        to.print_json(data=report)
        return
    if not used.is_whole:
        to.print(Text(_begins(used), style="yellow"))
    for one in found:
        to.print(_line(one))
    to.print(f"{len(found)} unused in {days} days ({used.entries} entries)")


def _begins(used: RulesUsed) -> str:
    if used.log_begins is None:
        return "the log is empty: nothing can be said"
    return f"the log begins at {format_moment(used.log_begins)} only"


def _line(one: Unused) -> Text:
    line = plain(f"{one.source}: ", "bold") + plain(one.rule)
    return line + plain(f"  only {', '.join(one.parts)}", "dim") if one.partly else line
