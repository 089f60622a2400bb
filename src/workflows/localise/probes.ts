/** Where probes and what they find are kept in a sandbox. */
export const PROBE_DIR = "/tmp/claw-probe";

/**
 * Loaded into every Node process of a test run: V8 counts what runs, and on the way out the repository's own scripts are
 * written down with the text that V8 ran. Runners that end their workers with SIGTERM would lose them otherwise.
 */
export const nodeProbe = `
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { threadId } from "node:worker_threads";

const session = new Session();
session.connect();
const ask = (method, params) => {
  let answer;
  session.post(method, params, (_, result) => (answer = result));
  return answer;
};
ask("Profiler.enable");
ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
process.once("SIGTERM", () => process.exit());
process.on("exit", () => {
  const root = new URL(import.meta.url).searchParams.get("root") + "/";
  const isOwn = ({ url }) => url.replace("file://", "").startsWith(root) && !url.includes("/node_modules/");
  const scripts = ask("Profiler.takePreciseCoverage")?.result.filter(isOwn) ?? [];
  if (scripts.length === 0) return;
  ask("Debugger.enable");
  for (const script of scripts) script.source = ask("Debugger.getScriptSource", { scriptId: script.scriptId })?.scriptSource ?? "";
  writeFileSync("${PROBE_DIR}/" + process.pid + "-" + threadId + ".json", JSON.stringify(scripts));
});
`;

/** A pytest plugin: which lines of the repository each test runs. */
export const pytestProbe = `
import json
import os
import sys

import pytest

ROOT = os.getcwd() + os.sep
OUT = "${PROBE_DIR}/pytest.json"
tests = []
running = {}
mine = {}


def is_own(name):
    known = mine.get(name)
    if known is None:
        known = mine[name] = name.startswith(ROOT) and not any(part in name for part in ("site-packages", "/.venv/", "/venv/"))
    return known


def on_line(frame, event, arg):
    if event == "line":
        running.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
    return on_line


def on_call(frame, event, arg):
    return on_line if is_own(frame.f_code.co_filename) else None


def watch():
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        sys.settrace(on_call)
        return

    def saw(code, line):
        if is_own(code.co_filename):
            running.setdefault(code.co_filename, set()).add(line)
        return monitoring.DISABLE

    if monitoring.get_tool(4) is None:
        monitoring.use_tool_id(4, "claw")
        monitoring.register_callback(4, monitoring.events.LINE, saw)
        monitoring.set_events(4, monitoring.events.LINE)
    monitoring.restart_events()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    running.clear()
    watch()
    outcome = yield
    sys.settrace(None)
    files = {name: sorted(lines) for name, lines in running.items()}
    failed = outcome.excinfo is not None and not outcome.excinfo[0].__name__ == "Skipped"
    tests.append({"id": item.nodeid, "failed": failed, "files": files})


def pytest_sessionfinish(session):
    with open(OUT, "w") as out:
        json.dump({"tests": tests}, out)
`;
