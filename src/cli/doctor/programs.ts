import { gitVersion } from "../../repo/git-version.ts";
import { type Check, ok, problem } from "./finding.ts";

/** The program that runs claw, and the one program that every run needs besides the sandbox. */
export const programs: Check = async (desk) => {
  const { config, version } = await desk.app();
  const remedy = "install git 2.30 or newer with the system's package manager";
  const git = await gitVersion(config.path);
  return [
    ok("claw", `${version}, on Node ${process.versions.node}`),
    git?.recent
      ? ok("git", git.version)
      : problem(
          "git",
          git ? `${git.version} is too old` : "it is not on PATH, or does not run",
          remedy,
          "infrastructure",
        ),
  ];
};
