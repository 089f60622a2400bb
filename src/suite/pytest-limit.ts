const FOLDER = "/tmp/claw-limit";

/** Names the limits: seconds of processor time that a test may use, and after the first that was stopped, the second number. */
export const LIMIT_VARIABLE = "CLAW_TEST_SECONDS";

/**
 * A pytest plugin that stops tests that do not end: they fail, and the others are still run. Processor time, because it
 * does not depend on what else the machine does; a test that waits instead may take four times as long.
 */
const plugin = `import os
import signal

import pytest

limits = [float(word) for word in os.environ.get("${LIMIT_VARIABLE}", "3 1").split()]


class NeverEnds(BaseException):
    """Not an Exception: a test that catches those would go on."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    limit = limits[0]

    def stop(number, frame):
        if len(limits) > 1:
            limits.pop(0)
        raise NeverEnds(f"stopped after {limit:g} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, limit), (signal.SIGALRM, signal.ITIMER_REAL, 4 * limit))
    before = [signal.signal(number, stop) for number, _, _ in timers]
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    yield
    for (number, timer, _), handler in zip(timers, before):
        signal.setitimer(timer, 0)
        signal.signal(number, handler)
`;

/** Shell lines that put the plugin where pytest finds it, and the flags that load it. */
export const pytestLimit = {
  lines: [
    `mkdir -p ${FOLDER} && cat >${FOLDER}/claw_limit.py <<'END_OF_PLUGIN'\n${plugin}END_OF_PLUGIN`,
    `export PYTHONPATH="${FOLDER}\${PYTHONPATH:+:$PYTHONPATH}"`,
  ],
  flags: ["-p", "claw_limit"],
} as const;
