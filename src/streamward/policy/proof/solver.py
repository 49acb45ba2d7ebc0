"""cvc5 behind one function: a script in SMT-LIB goes in, what it found comes out.

It is loaded with the first question: whoever never proves anything doesn't pay for it.
"""

from typing import Final

from streamward.errors import Unavailable

RESOURCES_MAX: Final = 20_000_000
"""cvc5's own count of work for one script: where it gives up on one machine, it does on any."""
MILLISECONDS_MAX: Final = 120_000
"""Nobody waits longer for one script, however slow the machine is."""
_SEED: Final = 1


def solve(script: str) -> str:
    """`unsat`; `sat` and the model on the lines after it; or `unknown` and why.

    Raises Unavailable where cvc5 isn't installed; whatever else it raises says what is wrong with
    the script.
    """
    try:
        import cvc5
    except ImportError as error:
        raise Unavailable("proofs need the package `cvc5`, which is not installed") from error
    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    for option, value in (
        ("rlimit-per", RESOURCES_MAX),
        ("tlimit-per", MILLISECONDS_MAX),
        ("seed", _SEED),
        ("sat-random-seed", _SEED),
    ):
        solver.setOption(option, str(value))
    symbols = cvc5.SymbolManager(terms)
    parser = cvc5.InputParser(solver, symbols)

    def run(text: str) -> str:
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "proof")
        said = []
        while not (command := parser.nextCommand()).isNull():
            said.append(str(command.invoke(solver, symbols)))
        return "".join(said)

    complaints = run(script)
    if complaints.strip():
        raise ValueError(f"cvc5 does not take the script: {complaints.strip()}")
    word, *why = run("(check-sat)").split()
    if word == "sat":
        return "sat\n" + run("(get-model)")
    if word == "unknown":
        return "unknown\n" + _reason(run("(get-info :reason-unknown)"))
    return " ".join((word, *why))


def _reason(answer: str) -> str:
    word = answer.strip().removeprefix("(:reason-unknown").removesuffix(")").strip()
    known = {
        "resourceout": f"the solver gave up after {RESOURCES_MAX} steps",
        "timeout": f"the solver gave up after {MILLISECONDS_MAX // 1000} s",
        "incomplete": "the solver can't decide it",
    }
    return known.get(word, f"the solver gave up: {word}")
