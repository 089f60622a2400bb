/** Options of every command that runs something long. */
export const notifyOptions = [
  ["--notify", "tell you when it ends or waits: as notify: in config.yaml says, else on this desktop"],
  ["--no-notify", "tell nobody, whatever config.yaml says"],
] as const;
