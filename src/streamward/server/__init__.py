"""The control door: an HTTP API on a Unix socket."""
