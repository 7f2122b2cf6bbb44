"""Whole models: numbers in, numbers out; no table, no policy, no words."""
