"""Posteriors that are repaired with the measurements that are there already (docs/remedies.md)."""
