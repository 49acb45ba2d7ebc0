"""Conveniences for developers: a throw-away Kafka and certificates that nobody should trust."""
