"""Proofs over all requests: whether a policy keeps to what its bundle's invariants say."""

from streamward.policy.proof.counter_example import CounterExample
from streamward.policy.proof.service import Proof, Verdict, prove

__all__ = ["CounterExample", "Proof", "Verdict", "prove"]
