"""Sigma rules: pySigma reads them, and a small evaluator runs them over events."""

from streamward.detection.sigma.rule import SIGMA_KIND, SigmaDetection, read_sigma

__all__ = ["SIGMA_KIND", "SigmaDetection", "read_sigma"]
