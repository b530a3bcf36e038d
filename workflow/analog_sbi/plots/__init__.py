"""Drawing that figures share; matplotlib is imported by what draws, not by what reads of it."""
