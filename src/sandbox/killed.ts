/** Every reason for which claw ends a command, with the exit code the command then has. */
export const killedExitCodes = {
  /** Its time is over. */
  timeout: 124,
  /** For as long as its policy allows it neither wrote anything nor used a processor. */
  idle: 125,
  /** It wrote more than is read. */
  output: 125,
  /** It wrote more to the disk than its share. */
  disk: 125,
  /** The disk is nearly full, whoever filled it. */
  "disk-floor": 125,
  memory: 125,
  /** Too many processes or threads. */
  processes: 125,
  /** Its caller wanted no more of it, or its sandbox was closed. */
  abort: 137,
} as const;

/** Why claw ended a command. */
export type Killed = keyof typeof killedExitCodes;
