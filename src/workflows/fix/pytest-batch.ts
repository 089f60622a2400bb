import { LIMIT_VARIABLE } from "../../suite/pytest-limit.ts";

/** Where the driver is put in a sandbox, and where it leaves its answers. */
export const BATCH_DRIVER = "/tmp/claw-search/batch.py";
export const BATCH_ANSWERS = "/tmp/claw-search/answers.json";
const BATCH_MODULES = "/tmp/claw-search/modules.json";
/** What a report says of a test that was stopped. */
const STOPPED = "claw_limit.NeverEnds";

/**
 * Runs pytest once for each of many small changes, in forks of a process that has it loaded already: starting Python
 * and importing pytest takes several times longer than most tests. The request comes as JSON on standard input:
 * `{ seconds, limits, most, items: [{ path, text, place }] }`, with the longest that one item may take, and the limits of one
 * test. A path of null changes nothing; any other item ends with its first failing test. A place at which `most` texts ran
 * too long is left alone from there on. What the first run imports from outside the repository is imported before the next fork.
 */
export const pytestBatch = `
import importlib
import importlib.metadata
import json
import os
import signal
import sys
import time
import xml.etree.ElementTree

import pytest

ROOT = os.getcwd() + os.sep

request = json.load(sys.stdin)
seconds = request["seconds"]
os.environ["${LIMIT_VARIABLE}"] = request["limits"]
arguments = sys.argv[3:]
report = next(word.split("=", 1)[1] for word in arguments if word.startswith("--junit-xml="))
sys.path[0] = os.getcwd()
# pytest rewrites the assertions of its plugins when it imports them itself.
plugins = {each.value.split(":")[0].split(".")[0] for each in importlib.metadata.entry_points(group="pytest11")}


def foreign(name, module):
    file = getattr(module, "__file__", None) or ""
    return file.endswith(".py") and not file.startswith(ROOT) and name.split(".")[0] not in plugins | {"__main__", "conftest"}


def preload():
    try:
        with open("${BATCH_MODULES}") as file:
            names = json.load(file)
    except (OSError, ValueError):
        return
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException:
            pass


def read(name):
    try:
        with open(name, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError:
        return None


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def child(more):
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)
    code = 3
    try:
        code = int(pytest.main(arguments + more))
        if not os.path.exists("${BATCH_MODULES}"):
            with open("${BATCH_MODULES}", "w") as file:
                json.dump([name for name, module in list(sys.modules.items()) if foreign(name, module)], file)
    finally:
        os._exit(code)


def wait(pid):
    """The status and use of a child, and whether it had to be killed."""
    until = time.monotonic() + seconds
    pause = 0.001
    while time.monotonic() < until:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, usage, False
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return status, usage, True


def stopped_ms():
    """How long the tests took that were stopped; those that never end say nothing about how long the others may take."""
    try:
        cases = xml.etree.ElementTree.parse(report).iter("testcase")
        stopped = (case for case in cases if b"${STOPPED}" in xml.etree.ElementTree.tostring(case))
        return 1000 * sum(float(case.get("time", 0)) for case in stopped)
    except (OSError, ValueError, xml.etree.ElementTree.ParseError):
        return 0


def run(path, text):
    original = None if path is None else read(path)
    if path is not None:
        write(path, text)
    if os.path.exists(report):
        os.remove(report)
    try:
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            child([] if path is None else ["-x"])
        status, usage, killed = wait(pid)
        ms = (time.monotonic() - started) * 1000
    finally:
        if original is not None:
            write(path, original)
    left = read(report)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "killed": killed or (path is not None and "${STOPPED}" in (left or "")),
        "ms": ms - (stopped_ms() if path is None else 0),
        "cpuMs": (usage.ru_utime + usage.ru_stime) * 1000,
        "report": left,
    }


answers = []
slow = {}
preload()
try:
    for item in request["items"]:
        place = item["place"]
        answers.append(run(item["path"], item["text"]) if slow.get(place, 0) < request["most"] else None)
        if answers[-1] and answers[-1]["killed"]:
            slow[place] = slow.get(place, 0) + 1
        if len(answers) == 1:
            preload()
finally:
    with open("${BATCH_ANSWERS}", "w") as out:
        json.dump(answers, out)
`;
