"""The lock with hashes pins what the lock without does."""

import re

from tests.setups import ROOT


def pins(name):
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_every_file_has_a_hash():
    hashed = [line.split(" --hash=sha256:") for line in pins("linux-x86_64.lock")]
    assert [pin for pin, _ in hashed] == pins("requirements.lock")
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for _, digest in hashed)
    assert all("==" in pin for pin, _ in hashed)


def test_the_executor_for_slurm_is_pinned_and_in_no_other_lock():
    hashed = [line.split(" --hash=sha256:") for line in pins("slurm.lock")]
    assert all("==" in pin and re.fullmatch("[0-9a-f]{64}", digest) for pin, digest in hashed)
    names = {pin.partition("==")[0] for pin, _ in hashed}
    assert "snakemake-executor-plugin-slurm" in names
    assert not names & {pin.partition("==")[0] for pin in pins("requirements.lock")}
