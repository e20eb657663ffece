"""Lets this suite use the modules of tests/integration: world, nodes, store, programs, logs."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "integration"))
