"""Whether processes that live through faults hold more and more. Pure: samples in, words out."""
# So much more than at the beginning is growth. A client of three etcd members and a node opens and
# closes a handful of connections with every fault; an allocator keeps what it once needed.
DESCRIPTORS = 12
PSS_KIB = {"elector": 6144, "guardian": 512}
ENOUGH = 6  # samples of one process, below which nothing can be said


def third(values):
    return max(1, len(values) // 3)


def growth(values):
    """The least of the last third less the most of the first third: noise does not count."""
    return min(values[-third(values):]) - max(values[:third(values)])


def judge(samples):
    """{"processes", "judged", "worst", "wrong"} over all samples of one group."""
    by_process = {}
    for sample in samples:
        by_process.setdefault((sample.who, sample.pid), []).append(sample)
    result = {"processes": len(by_process), "judged": 0, "wrong": [], "descriptors": 0,
              "elector_kib": 0, "guardian_kib": 0}
    for (who, pid), found in by_process.items():
        if len(found) < ENOUGH:
            continue
        result["judged"] += 1
        kind = who.split()[-1]
        descriptors = growth([s.descriptors for s in found])
        memory = growth([s.pss_kib for s in found])
        result["descriptors"] = max(result["descriptors"], descriptors)
        result[kind + "_kib"] = max(result[kind + "_kib"], memory)
        if descriptors > DESCRIPTORS:
            result["wrong"].append(f"{who} ({pid}) holds {descriptors} descriptors more")
        if memory > PSS_KIB[kind]:
            result["wrong"].append(f"{who} ({pid}) holds {memory} KiB more")
    return result
