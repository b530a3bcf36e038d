"""The tasks, a model in each file."""
