"""Runs the data plane: builds the snapshot, hands over materials, answers effects."""
