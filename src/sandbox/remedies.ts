/** What to do about something that a sandbox could not enforce on a machine, by the name in `degraded`. */
const remedies: Readonly<Record<string, string>> = {
  cgroup:
    "memory and processes are limited by a watchdog ten times a second; for hard limits give claw a cgroup of its own (a systemd user session: loginctl enable-linger)",
  "disable-userns":
    "nested user namespaces are refused by the system-call filter alone; bubblewrap 0.8 or newer refuses them twice",
  devices: "device nodes are the host's own; run claw as an ordinary user",
  "uid-drop":
    "commands keep root's id; run claw as an ordinary user, or let everybody read what is shown to commands (packages, git objects)",
  "end-with-claw":
    "a command that is just being set up can outlive a kill -9 of claw; util-linux 2.36 or newer ends it in any case",
  "no-pidns": "processes are not hidden from each other on this system; use the container backend for unattended runs",
  "shared-loopback": "the host's loopback is visible on this system; use the container backend for unattended runs",
  watchdog:
    "memory, processes, disk and idleness are limited for each process only, or not at all; use the container backend for unattended runs",
  bubblewrap:
    "bubblewrap does not hold here, and a container is used instead; claw doctor says why with backend: bubblewrap",
  disk: "what one command writes is not counted here; bubblewrap counts it",
  idle: "what commands do in this container cannot be seen from outside it, so one that does nothing is ended by its time alone; bubblewrap ends it sooner",
  "no-sandbox": "nothing is enforced: somebody wanted it so",
  seccomp: "there is no system-call filter; run claw on x64 or arm64",
  gvisor: "install gVisor (runsc) for a kernel boundary of its own",
};

/** What to do about it; a general answer for a name that this version does not know. */
export const remedyFor = (name: string): string => remedies[name] ?? "see SECURITY.md for what that means";
