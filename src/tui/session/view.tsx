import { Box, type Key, Text, useApp, useCursor, useInput, usePaste, useStdout } from "ink";
import { useEffect } from "react";

export interface ViewProps {
  /** Painted, each as wide as the terminal at most. */
  readonly lines: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number } | null;
  readonly onKey: (input: string, key: Key) => void;
  readonly onPaste: (text: string) => void;
  /** Told once how something is written above the view, to stay. */
  readonly onWriter: (write: (text: string) => void) => void;
  /** Told once how the terminal is lent to others, until what they do with it is over. */
  readonly onLender: (lend: (use: () => void) => Promise<void>) => void;
}

/** The lower part of a session's screen; what is above it is written once and belongs to the terminal. */
export function View({ lines, cursor, onKey, onPaste, onWriter, onLender }: ViewProps) {
  const { suspendTerminal } = useApp();
  const { write } = useStdout();
  const { setCursorPosition } = useCursor();
  useInput(onKey);
  usePaste(onPaste);
  useEffect(() => onWriter(write), [onWriter, write]);
  useEffect(() => onLender((use) => suspendTerminal(use)), [onLender, suspendTerminal]);
  setCursorPosition(cursor ?? undefined);
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        <Text key={index} wrap="truncate">
          {line === "" ? " " : line}
        </Text>
      ))}
    </Box>
  );
}
