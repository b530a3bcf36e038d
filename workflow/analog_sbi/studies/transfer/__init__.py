"""A target of one backend inferred on another: what does their mismatch do?"""
