/** A stopwatch of this process's own seconds on a processor: how busy the machine is otherwise does not matter. */
export function processorTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
