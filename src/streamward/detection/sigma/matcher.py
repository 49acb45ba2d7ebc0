"""Compiles the condition of a Sigma rule to a test on an event's plain objects.

What can't be evaluated exactly raises `Unsupported`: a rule that silently never matches is worse
than none.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
)
from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from streamward.detection.sigma.patterns import Unsupported, safe_pattern
from streamward.detection.sigma.rule import Matcher

Document = Mapping[str, Any]

CONDITION_DEPTH_MAX: Final = 50
VALUES_MAX: Final = 1_000
"""Values of one field that a test looks at: a path may lead through lists of lists."""


def compile_condition(condition: Any, depth: int = 0) -> Matcher:
    """A test for a condition tree as pySigma gives it. Raises Unsupported."""
    if depth > CONDITION_DEPTH_MAX:
        raise Unsupported(f"the condition is nested deeper than {CONDITION_DEPTH_MAX}")
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        return _field_test(condition.field, condition.value)
    if isinstance(condition, ConditionNOT):
        negated = compile_condition(condition.args[0], depth + 1)
        return lambda document: not negated(document)
    if isinstance(condition, ConditionAND | ConditionOR):
        tests = tuple(compile_condition(argument, depth + 1) for argument in condition.args)
        if not tests:
            raise Unsupported("a part of the condition is empty")
        if isinstance(condition, ConditionAND):
            return lambda document: all(test(document) for test in tests)
        return lambda document: any(test(document) for test in tests)
    raise Unsupported("a value without a field (a keyword search) is not supported")


def values_at(document: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a dotted path; a list on the way stands for each of its elements."""
    if isinstance(document, list):
        for element in document:
            yield from values_at(element, path)
    elif not path:
        yield document
    elif isinstance(document, Mapping) and path[0] in document:
        yield from values_at(document[path[0]], path[1:])


def _values(document: Document, path: tuple[str, ...]) -> Iterator[Any]:
    for number, value in enumerate(values_at(document, path)):
        if number >= VALUES_MAX:
            raise OverflowError(f"`{'.'.join(path)}` has more than {VALUES_MAX} values")
        yield value


def _field_test(field: str, value: Any) -> Matcher:
    path = tuple(field.split("."))
    if isinstance(value, SigmaExists):
        wanted = bool(value)
        return lambda document: _exists(document, path) is wanted
    if isinstance(value, SigmaNull):
        return lambda document: all(found is None for found in _values(document, path))
    test = _value_test(value)
    return lambda document: any(test(found) for found in _values(document, path))


def _exists(document: Any, path: tuple[str, ...]) -> bool:
    """Whether the field is there, even where it is an empty list or null."""
    if isinstance(document, list):
        return not path or any(_exists(element, path) for element in document)
    if not path:
        return True
    return (
        isinstance(document, Mapping)
        and path[0] in document
        and _exists(document[path[0]], path[1:])
    )


def _value_test(value: Any) -> Callable[[Any], bool]:
    if isinstance(value, SigmaString):
        return _string_test(value)
    if isinstance(value, SigmaBool):
        wanted = bool(value.boolean)
        return lambda found: found is wanted
    if isinstance(value, SigmaNumber):
        number = value.number
        return lambda found: _number(found) == number
    if isinstance(value, SigmaCompareExpression):
        return _compare_test(value)
    if isinstance(value, SigmaCIDRExpression):
        network = value.network
        return lambda found: _within(found, network)
    if isinstance(value, SigmaRegularExpression):
        return _pattern_test(value)
    raise Unsupported(f"values of type `{type(value).__name__}` are not supported")


def _text(found: Any) -> str | None:
    """Text of a value as a rule writes it; objects have none."""
    if isinstance(found, str):
        return found
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, int | float) else None


def _string_test(value: SigmaString) -> Callable[[Any], bool]:
    pattern = ""
    for part in value.s:
        if isinstance(part, str):
            pattern += re.escape(part)
        elif part is SpecialChars.WILDCARD_MULTI:
            pattern += ".*"
        elif part is SpecialChars.WILDCARD_SINGLE:
            pattern += "."
        else:
            raise Unsupported("placeholders are not supported")
    # Sigma compares without regard to case unless told otherwise.
    flags = re.DOTALL if isinstance(value, SigmaCasedString) else re.DOTALL | re.IGNORECASE
    compiled = re.compile(pattern, flags)

    def test(found: Any) -> bool:
        text = _text(found)
        return text is not None and compiled.fullmatch(text) is not None

    return test


def _pattern_test(value: SigmaRegularExpression) -> Callable[[Any], bool]:
    flags = 0
    for flag in value.flags:
        flags |= SigmaRegularExpression.sigma_to_python_flags[flag]
    compiled = safe_pattern(str(value.regexp), flags)

    def test(found: Any) -> bool:
        text = _text(found)
        return text is not None and compiled.search(text) is not None

    return test


def _number(found: Any) -> int | float | None:
    """A number, also where the log writes it as text because it may pass 2^53."""
    if isinstance(found, bool):
        return None
    if isinstance(found, int | float):
        return found
    if isinstance(found, str) and re.fullmatch(r"-?[0-9]{1,20}", found):
        return int(found)
    return None


def _compare_test(value: SigmaCompareExpression) -> Callable[[Any], bool]:
    limit, operator = value.number.number, value.op

    def test(found: Any) -> bool:
        number = _number(found)
        if number is None:
            return False
        if operator is CompareOperators.LT:
            return number < limit
        if operator is CompareOperators.LTE:
            return number <= limit
        if operator is CompareOperators.GT:
            return number > limit
        return number >= limit

    if operator is CompareOperators.NEQ:
        raise Unsupported("the modifier `neq` is not supported; use `not` in the condition")
    return test


def _within(found: Any, network: IPv4Network | IPv6Network) -> bool:
    try:
        address = ip_address(found)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in network
