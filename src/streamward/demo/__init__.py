"""Shows on one machine what the product does: real clients, a gateway, and brokers behind it."""

from streamward.demo.outcome import Expectation, Outcome
from streamward.demo.service import brokers_of, play
from streamward.demo.stage import Stage, Tone

__all__ = ["Expectation", "Outcome", "Stage", "Tone", "brokers_of", "play"]
