"""The report: one page on which a reader of the paper goes through the figures of a run."""
