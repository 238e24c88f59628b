"""Stages, their parameters and execution, and the command line. Computes nothing itself."""
