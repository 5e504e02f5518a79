"""Benchmarks: every figure beside a ceiling measured in the same run, because absolutes wander and ratios hold."""
