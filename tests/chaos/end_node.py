#!/usr/bin/env python3
"""The fence command of the suite: ends the process of one simulated node, as a power switch would.

    end_node.py URL       URL of the order on the control port of the nodes
"""
import sys
import urllib.request

ORDER = urllib.request.Request(sys.argv[1], method="POST")
with urllib.request.urlopen(ORDER, timeout=5) as answer:
    print(answer.status)
