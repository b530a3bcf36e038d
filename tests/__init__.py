"""Tests, with one thread of linear algebra as jobs have it: two files of them run side by side."""

from analog_sbi.threads import one_thread_a_job

one_thread_a_job()
