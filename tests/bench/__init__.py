"""Benchmarks: `make bench`, or one of them with `python -m tests.bench.bench_import`. Never part of CI."""
