"""`streamward policy`: ask the policy, offline, with the evaluator of the gateway."""

from typing import Final

import typer

from streamward.cli.nouns import group_of

_PLACES: Final = {
    "who-can": "policy_ask:who_can_command",
    "what-can": "policy_ask:what_can_command",
    "roles": "policy_ask:roles_command",
    "matrix": "policy_ask:matrix_command",
    "unused": "policy_unused:unused_command",
    "diff": "policy_diff:diff_command",
    "test": "policy_test:run_command",
    "history": "policy_versions:history",
    "show": "policy_versions:show",
    "rollback": "policy_versions:rollback",
    "prove": "policy_prove:prove_command",
    "explain": "policy_explain:explain_command",
    "import": "policy_import:app",
}

app = typer.Typer(cls=group_of(_PLACES), no_args_is_help=True, help="Ask who may do what, and why.")


@app.callback()
def _group() -> None:
    """Ask who may do what, and why."""
