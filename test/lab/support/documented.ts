import { repositoryText, shownCommands } from '../../unit/docs/readme';
import { parseShell } from '../../unit/docs/shell';
import type { ShellCommand } from '../../unit/docs/shell';

/** The commands of a document that begin so, each once, in its order, as a shell takes them. */
export function documentedCommands(file: string, start: string): ShellCommand[] {
  const lines = new Set(shownCommands(repositoryText(file)));
  return [...lines].filter((line) => line.startsWith(start)).flatMap(parseShell);
}

/**
 * The command of a document that is this one, or else the only one that begins so.
 * @throws Error when there is none, or more than one
 */
export function documented(file: string, start: string): ShellCommand {
  const found = documentedCommands(file, start);
  const [whole] = found.filter(({ words }) => words.join(' ') === start);
  const [command, ...more] = whole ? [whole] : found;
  if (!command || more.length > 0) throw new Error(`${file} has not one line that begins with ${start}`);
  return command;
}
