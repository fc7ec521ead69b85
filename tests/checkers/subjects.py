#!/usr/bin/env python3
"""Prints the decoded subject of each mail of a folder, a line each.

    subjects.py DIR
"""

import email
import email.policy
import sys
from pathlib import Path

for file in sorted(Path(sys.argv[1]).glob("*.eml")):
    print(email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["Subject"])
