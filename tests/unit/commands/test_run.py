"""`liveqr run` ends on a stop signal, however many come at once."""

import subprocess
import sys

# A stop signal at each line of Python that runs while another one is handled.
INTERRUPTED = """
import signal, sys
from router.commands.run import stop_signals

def interrupt(frame, event, argument):
    signal.raise_signal(signal.SIGTERM)
    return interrupt

stops = stop_signals()
sys.settrace(interrupt)
signal.raise_signal(signal.SIGINT)
sys.settrace(None)
heard = {stops.get_nowait() for _ in range(stops.qsize())}
print(sorted(signal.Signals(each).name for each in heard))
"""


def test_a_stop_signal_may_come_while_another_is_handled() -> None:
    run = [sys.executable, "-c", INTERRUPTED]

    ended = subprocess.run(run, capture_output=True, text=True, timeout=20, check=False)

    assert (ended.stdout, ended.stderr) == ("['SIGINT', 'SIGTERM']\n", "")
