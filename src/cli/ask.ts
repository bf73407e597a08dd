import { createInterface } from 'node:readline/promises';
import { Failure } from '../base/failure';

/**
 * Asks a person for a yes, on the terminal.
 * @returns false for anything but yes
 * @throws Failure `configuration` when there is no terminal to ask on
 */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Failure(
      'confirmation-needed',
      'There is no terminal to ask on; read the output above and give --yes. Nothing was changed.',
    );
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D close the line, and no answer comes: without this the process would just end, with exit code 0.
    const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
    const answered = asking.question(`${question} [y/N] `).catch(() => '');
    const answer = await Promise.race([answered, closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}
