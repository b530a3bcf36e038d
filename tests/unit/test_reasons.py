"""Reasons of jobs in a plan."""

import logging

from analog_sbi.reasons import ShortReasons, shortened

PATHS = [f"results/x{number}/y.parquet" for number in range(47)]


def test_long_lists_of_paths_are_cut_and_counted():
    start = "Missing output files: a.png, b.svg; Input files updated by another job: "
    expected = f"{start}{', '.join(PATHS[:3])} and 44 more"
    assert shortened(start + ", ".join(PATHS)) == expected


def test_short_ones_and_other_records_stay():
    assert shortened(f"Updated input files: {', '.join(PATHS[:3])}") == (
        f"Updated input files: {', '.join(PATHS[:3])}"
    )
    record = logging.makeLogRecord({"reason": f"Updated input files: {', '.join(PATHS[:4])}"})
    assert ShortReasons().filter(record)
    assert record.reason.endswith("and 1 more")
    assert ShortReasons().filter(logging.makeLogRecord({"msg": "text"}))
