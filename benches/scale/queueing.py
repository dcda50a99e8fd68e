#!/usr/bin/env python3
"""The queueing simulation of docs/scale.md: nodes that place orders in batches on one database.

    python3 benches/scale/queueing.py          prints the tables of docs/scale.md
    python3 benches/scale/queueing.py --check  checks the statements of docs/scale.md

Standard library only; the random seed is fixed, so each run prints the same. Times are in milliseconds.

What is simulated. Buyers: each orders, waits for the answer, pauses for a moment, orders again. A node: one batch worker, which
takes all waiting orders (at most `batch`) and places them in one transaction. A transaction: statements before the rows of the
SKUs are locked, statements while they are locked, a commit with a sync; each statement is a round trip and work on a core of
the database. Rows: transactions that need the same row wait for each other in the order of arrival. The Java shop's way:
one buyer is one chain of single statements, each with its own commit; commits that wait at the same moment share a sync.

What is not simulated: deadlocks and retries, the buffer pool, checkpoints, replication, the processors of the nodes.
"""
import heapq
import random
import sys
from collections import deque
from dataclasses import dataclass, replace

SECONDS = 6.0


@dataclass(frozen=True)
class World:
    """Figures marked M were measured (see docs/scale.md), the others are assumed."""
    nodes: int = 1
    buyers: int = 64
    think: float = 0.0
    batch: int = 256
    cores: int = 2                # of the database, M
    rtt: float = 0.05             # of a statement: loopback
    sync: float = 0.2             # of the log: M, this disk
    before: int = 3               # statements before the SKUs are locked: M
    locked: int = 11              # statements from then to the commit: M
    cpu_batch: float = 2.0        # of the database per batch, independent of its size: M (fitted)
    cpu_order: float = 0.21       # of the database per order: M
    share: float = 0.6            # of the work done while the rows are locked: M
    rows: int = 1                 # hot rows (buckets); a node prefers its own
    hot: bool = True              # whether all batches need the same row
    held: bool = False            # whether rows stay locked during the sync: InnoDB with a binary log, TiDB


class Simulation:
    def __init__(self, seed=1):
        self.now, self.events, self.count = 0.0, [], 0
        self.dice = random.Random(seed)

    def at(self, delay, step, *args):
        self.count += 1
        heapq.heappush(self.events, (self.now + delay, self.count, step, args))

    def go(self, process):
        """Runs a generator that yields how long it waits, or the Resource it needs."""
        try:
            wanted = next(process)
        except StopIteration:
            return
        if isinstance(wanted, Resource):
            wanted.ask(process)
        else:
            self.at(wanted, self.go, process)

    def run(self, until):
        while self.events and self.events[0][0] <= until:
            self.now, _, step, args = heapq.heappop(self.events)
            step(*args)


class Resource:
    """A number of slots, assigned in the order of the requests."""

    def __init__(self, sim, places):
        self.sim, self.free, self.line = sim, places, deque()

    def ask(self, process):
        if self.free:
            self.free -= 1
            self.sim.at(0, self.sim.go, process)
        else:
            self.line.append(process)

    def give(self):
        if self.line:
            self.sim.at(0, self.sim.go, self.line.popleft())
        else:
            self.free += 1


class Log:
    """Commits that wait while the log is being synced share the next sync."""

    def __init__(self, sim, sync):
        self.sim, self.sync, self.waiting, self.busy = sim, sync, [], False

    def ask(self, process):
        self.waiting.append(process)
        if not self.busy:
            self.begin()

    def begin(self):
        served, self.waiting, self.busy = self.waiting, [], True
        self.sim.at(self.sync, self.end, served)

    def end(self, served):
        self.busy = False
        for process in served:
            self.sim.at(0, self.sim.go, process)
        if self.waiting:
            self.begin()


class Commit(Resource):
    """Lets a commit be used like a resource; it is not released."""

    def __init__(self, sim, sync):
        self.log = Log(sim, sync)

    def ask(self, process):
        self.log.ask(process)


def scattered(sim, mean):
    """Work varies uniformly between 0.5 and 1.5 times its mean."""
    return mean * sim.dice.uniform(0.5, 1.5)


def work(sim, cores, mean):
    yield cores
    yield scattered(sim, mean)
    cores.give()


def figures(times, wait):
    times.sort()
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
    return {"rate": len(times) / SECONDS, "p50": at(0.5), "p99": at(0.99), "orders_a_batch": wait}


def grouped(world, seed=1):
    """Changgou: one batch worker per node, one transaction for all waiting orders."""
    sim = Simulation(seed)
    cores, commit = Resource(sim, world.cores), Commit(sim, world.sync)
    rows = [Resource(sim, 1) for _ in range(world.rows if world.hot else world.nodes)]
    queues, idle = [deque() for _ in range(world.nodes)], [True] * world.nodes
    times, sizes = [], []

    def order(buyer):
        nth = buyer % world.nodes
        queues[nth].append((sim.now, buyer))
        if idle[nth]:
            idle[nth] = False
            sim.go(worker(nth))

    def worker(nth):
        while queues[nth]:
            taken = [queues[nth].popleft() for _ in range(min(world.batch, len(queues[nth])))]
            cpu = world.cpu_batch + world.cpu_order * len(taken)
            yield world.rtt * world.before
            yield from work(sim, cores, cpu * (1 - world.share))
            row = rows[nth % len(rows)]
            yield row
            yield world.rtt * world.locked
            yield from work(sim, cores, cpu * world.share)
            if not world.held:
                row.give()
            yield commit
            if world.held:
                row.give()
            sizes.append(len(taken))
            for asked, buyer in taken:
                times.append(sim.now - asked)
                sim.at(world.think + 1e-6, order, buyer)
        idle[nth] = True

    for buyer in range(world.buyers):
        sim.at(sim.dice.uniform(0, 5), order, buyer)
    sim.run(SECONDS * 1000)
    return figures(times, sum(sizes) / max(1, len(sizes)))


def single(world, lines, seed=1, cpu=0.12):
    """The Java shop's way: each statement is its own transaction; `cpu` is that of one statement, M."""
    sim = Simulation(seed)
    cores, commit = Resource(sim, world.cores), Commit(sim, world.sync)
    rows = [Resource(sim, 1) for _ in range(1 if world.hot else 500)]
    times = []

    def statement(row=None):
        yield world.rtt
        if row:
            yield row
        yield from work(sim, cores, cpu)
        if row and not world.held:
            row.give()
        yield commit
        if row and world.held:
            row.give()

    def buyer():
        while True:
            began = sim.now
            for _ in range(1 + lines):
                yield from statement()
            yield 4 * world.rtt       # two internal calls
            for _ in range(lines):
                yield from statement(rows[sim.dice.randrange(len(rows))])
            yield from statement()
            times.append(sim.now - began)
            yield world.think + 1e-6

    for _ in range(world.buyers):
        sim.at(sim.dice.uniform(0, 5), sim.go, buyer())
    sim.run(SECONDS * 1000)
    return figures(times, 1)


def row(words, found):
    return (f"| {words} | {found['rate']:,.0f} | {found['p50']:.0f} | {found['p99']:.0f} "
            f"| {found['orders_a_batch']:.0f} |")


def table(title, rows):
    print(f"\n{title}\n\n| what | orders/s | p50 ms | p99 ms | orders a batch |\n|---|---|---|---|---|")
    for words, found in rows:
        print(row(words, found))


HERE = World()
SERVER = World(cores=16, rtt=0.3, sync=1.0, buyers=512, held=True)
TIDB = World(cores=48, rtt=1.0, sync=10.0, buyers=2048, held=True)


def tables():
    table("This machine, hot row: the model against the measurement", [
        ("grouped, 64 buyers", grouped(HERE)),
        ("batches of one", grouped(replace(HERE, batch=1))),
        ("the Java shop's way, 1 line", single(HERE, 1)),
    ])
    table("Sync of the log, hot row, 64 buyers", [
        (f"{name}, sync {sync} ms, {words}", run(replace(HERE, sync=sync, held=held)))
        for held, words in ((False, "no binary log"), (True, "binary log"))
        for sync in (0.2, 1.0, 2.2, 5.0)
        for name, run in (("grouped", grouped), ("Java shop's way", lambda w: single(w, 1)))
    ])
    table("Round trip to the database, one node, 16 cores, sync 1 ms, 512 buyers", [
        (f"rtt {rtt} ms", grouped(replace(SERVER, rtt=rtt))) for rtt in (0.05, 0.3, 1.0, 3.0)
    ])
    table("Nodes on one server of 16 cores, 0.3 ms away, sync 1 ms, 512 buyers", [
        (f"{nodes} nodes, {words}", grouped(replace(SERVER, nodes=nodes, **more)))
        for nodes in (1, 2, 4, 8)
        for words, more in (("one hot row", {}), ("rows of their own", {"hot": False}))
    ])
    table("A hot SKU in buckets, 8 nodes, the same server", [
        (f"{buckets} buckets", grouped(replace(SERVER, nodes=8, rows=buckets))) for buckets in (1, 2, 4, 8)
    ])
    table("TiDB: round trip 1 ms, commit 10 ms, 48 cores, 2,048 buyers", [
        (f"{nodes} nodes, {words}", grouped(replace(TIDB, nodes=nodes, **more)))
        for nodes in (1, 4, 16)
        for words, more in (("one hot row", {}), ("a bucket a node", {"rows": 16}))
    ])


def check():
    rate = lambda world: grouped(world)["rate"]
    assert rate(HERE) > 4 * rate(replace(HERE, batch=1)), "sharing pays"
    slow, here = replace(HERE, sync=5.0, held=True), replace(HERE, held=True)
    assert rate(slow) > 0.6 * rate(here), "a slow disk hurts batches little"
    assert single(slow, 1)["rate"] < 0.2 * single(here, 1)["rate"], "it is what bounds a hot row otherwise"
    eight = replace(SERVER, nodes=8)
    assert rate(replace(eight, rows=8)) > 2 * rate(eight), "buckets pay where rows are the limit"
    assert rate(replace(HERE, nodes=2)) > 0.8 * rate(HERE), "a second node costs little"
    assert grouped(HERE) == grouped(HERE), "each run is the same"
    print("holds")


if __name__ == "__main__":
    check() if "--check" in sys.argv else tables()
