"""Whether processes that live through faults hold more and more. Pure: samples in, words out."""
# So much more than at the beginning is growth. A client of three etcd members and a node opens and
# closes a handful of connections with every fault.
DESCRIPTORS = 12
# An elector keeps its last 2,048 to 4,096 steps for the recorder's dump: until it has them, it
# grows by some MiB. An allocator keeps what it once needed.
FILLED_AFTER = 600.0
FILLING_KIB = {"elector": 8192, "guardian": 256}
FILLED_KIB = {"elector": 2048, "guardian": 256}
ENOUGH = 6  # samples of one process, below which nothing can be said


def third(values):
    return max(1, len(values) // 3)


def growth(values):
    """The least of the last third less the most of the first third: noise does not count."""
    return min(values[-third(values):]) - max(values[:third(values)])


def judge_one(who, found):
    """(growth of descriptors, of KiB, whether that is after it had filled, words about what is
    too much) of the samples of one process."""
    kind = who.split()[-1]
    descriptors = growth([s.descriptors for s in found])
    late = [s for s in found if s.at >= found[0].at + FILLED_AFTER]
    filled = len(late) >= ENOUGH
    memory = growth([s.own_kib for s in (late if filled else found)])
    wrong = []
    if descriptors > DESCRIPTORS:
        wrong.append(f"{who} ({found[0].pid}) holds {descriptors} descriptors more")
    if memory > (FILLED_KIB if filled else FILLING_KIB)[kind]:
        wrong.append(f"{who} ({found[0].pid}) holds {memory} KiB more")
    return descriptors, memory, filled, wrong


def judge(samples):
    """How many processes were judged, the largest growths, what is wrong, over all samples of one
    group. A growth of memory counts as `elector_kib` once the process has filled."""
    by_process = {}
    for sample in samples:
        by_process.setdefault((sample.who, sample.pid), []).append(sample)
    result = {"judged": 0, "filled": 0, "wrong": [], "descriptors": 0, "elector_kib": 0,
              "guardian_kib": 0, "longest_s": 0}
    for (who, _), found in by_process.items():
        if len(found) < ENOUGH:
            continue
        descriptors, memory, filled, wrong = judge_one(who, found)
        result["judged"] += 1
        result["filled"] += filled
        result["wrong"] += wrong
        result["descriptors"] = max(result["descriptors"], descriptors)
        result["longest_s"] = max(result["longest_s"], round(found[-1].at - found[0].at))
        if filled:
            key = who.split()[-1] + "_kib"
            result[key] = max(result[key], memory)
    return result
