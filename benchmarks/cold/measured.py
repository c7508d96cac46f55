"""What the Python programs of the cold-start family have in common; see measured.hpp."""

import os
import sys

NAME = "/bench/parameter"


def measure(fetch):
    if not fetch().startswith("a value"):
        sys.exit("not the expected value")
    os.write(1, b"first\n")
    refreshes = int(sys.argv[1])
    if refreshes:
        from time import perf_counter_ns

        times = []
        for _ in range(refreshes):
            begin = perf_counter_ns()
            fetch()
            times.append(perf_counter_ns() - begin)
        times.sort()
        os.write(1, b"%d\n" % times[len(times) // 2])
