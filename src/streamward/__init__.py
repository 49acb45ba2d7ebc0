"""Streamward: declared, enforced and provable access to streams."""

__all__ = ["__version__"]

__version__ = "0.1.0"
