"""Tests of the oracle, with logs that it writes itself."""
