"""kill -9 of every part at random moments under load: each change is stored once, none is lost, none is doubled."""
import collections
import os
import random
import subprocess
import sys
import time
import unittest

from stack import Stack, wait_until

# The outside witness: makes the changes itself and counts them. One file, written once, is one change.
PRODUCER = """
import os, signal, sys, time
folder, count, stop = sys.argv[1], 0, []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
while not stop:
    with open(f"{folder}/change-{count:06d}", "w") as file:
        file.write(f"change {count}")
    count += 1
    time.sleep(0.004)
print(count)
"""


class Kills(unittest.TestCase):
    def test_every_change_is_stored_exactly_once(self):
        kills = 500 if os.environ.get("WARDER_LONG") == "1" else 50
        seed = int(os.environ.get("WARDER_SEED", time.time()))
        print(f"seed {seed}, {kills} kills")
        rng = random.Random(seed)
        with Stack() as stack:
            stack.up()
            producer = subprocess.Popen([sys.executable, "-c", PRODUCER, stack.watched], stdout=subprocess.PIPE, text=True)
            done = collections.Counter()
            try:
                for _ in range(kills):
                    time.sleep(rng.uniform(0.02, 0.8))
                    done[self.kill_one(stack, rng)] += 1
            finally:
                producer.terminate()
                produced = int(producer.communicate(timeout=30)[0])
            print(f"{produced} changes, kills: {dict(done)}")
            self.check(stack, produced)

    def kill_one(self, stack, rng):
        target = rng.choice(["worker", "worker", "supervisor", "manager"])
        if target == "worker":
            workers = stack.workers()
            if not workers:
                return "no worker yet"
            try:
                os.kill(rng.choice(workers), 9)
            except ProcessLookupError:
                return "worker already gone"
        elif target == "supervisor":
            stack.agent.kill()
            stack.start_agent()
        else:
            stack.manager.kill()
            stack.start_manager()
        return target

    def check(self, stack, produced):
        def stored():
            paths = collections.Counter(e["fields"].get("file.path") for e in stack.api.events('type:"integrity.file.*"'))
            return collections.Counter({p: n for p, n in paths.items() if p and "/change-" in p})
        expected = {str(stack.watched / f"change-{i:06d}") for i in range(produced)}
        wait_until(f"{produced} changes stored", lambda: expected <= set(stored()), 180)
        counts = stored()
        self.assertEqual(set(counts), expected)
        self.assertEqual({p: n for p, n in counts.items() if n != 1}, {}, "changes stored more than once")


if __name__ == "__main__":
    unittest.main()
