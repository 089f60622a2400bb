/** Where the driver is put in a sandbox, and where it leaves its answers. */
export const BATCH_DRIVER = "/tmp/claw-search/batch.py";
export const BATCH_ANSWERS = "/tmp/claw-search/answers.json";

/**
 * Runs pytest once for each of many texts of one file, in forks of a process that has it loaded already: starting Python
 * and importing pytest takes several times longer than most tests. The request comes as JSON on standard input:
 * `{ path, seconds, texts, places, most }`; a place at which `most` texts ran too long is left alone from there on.
 */
export const pytestBatch = `
import json
import os
import signal
import sys
import time

import pytest

request = json.load(sys.stdin)
path, seconds = request["path"], request["seconds"]
arguments = sys.argv[3:]
report = next(word.split("=", 1)[1] for word in arguments if word.startswith("--junit-xml="))
sys.path[0] = os.getcwd()


def read(name):
    try:
        with open(name, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError:
        return None


def write(text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def child():
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)
    code = 3
    try:
        code = int(pytest.main(arguments))
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


def run(text):
    write(text)
    if os.path.exists(report):
        os.remove(report)
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child()
    status, usage, killed = wait(pid)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "killed": killed,
        "ms": (time.monotonic() - started) * 1000,
        "cpuMs": (usage.ru_utime + usage.ru_stime) * 1000,
        "report": read(report),
    }


original = read(path)
answers = []
slow = {}
try:
    for text, place in zip(request["texts"], request["places"]):
        answers.append(run(text) if slow.get(place, 0) < request["most"] else None)
        if answers[-1] and answers[-1]["killed"]:
            slow[place] = slow.get(place, 0) + 1
finally:
    write(original)
    with open("${BATCH_ANSWERS}", "w") as out:
        json.dump(answers, out)
`;
