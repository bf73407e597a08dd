import type { CommandHelp } from '../report/reference';
import { renderReference } from '../report/reference';
import { helpText } from './parser';

/** The text of docs/reference.md as it must be now. */
export async function referenceText(): Promise<string> {
  return renderReference(await helpsBelow([]));
}

/** The help of a command, and that of every command that it lists. */
async function helpsBelow(words: string[], summary = ''): Promise<CommandHelp[]> {
  const text = await helpText(words);
  const more: CommandHelp[] = [];
  for (const below of commandsIn(text))
    if (below.words.length > words.length) more.push(...(await helpsBelow(below.words, below.summary)));
  // A command that only leads to others has nothing of its own to say.
  return more.length > 0 && words.length > 0 ? more : [{ words, summary, text }, ...more];
}

/** What a help text lists under its heading Commands. */
function commandsIn(help: string): Omit<CommandHelp, 'text'>[] {
  const list = help.split('\n\n').find((block) => block.startsWith('Commands:\n')) ?? '';
  return [...list.matchAll(/^ +credential-rotation ((?:[a-z-]+ )*[a-z-]+)(?: \[\w+\])? {2,}(.*)$/gm)].map(
    ([, words = '', summary = '']) => ({
      words: words.split(' '),
      summary: summary.replace(/ +\[default\]$/, '').trim(),
    }),
  );
}
