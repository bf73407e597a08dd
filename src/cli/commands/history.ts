import { exitCodes, Failure } from '../../base/failure';
import type { LoadCount, PastRotation } from '../../history/pastRotation';
import { historyLines } from '../../report/historyText';
import { scrubber } from '../../secrecy/scrubber';
import type { Flags } from '../invocation';
import { locationOf, rendererOf } from '../request';

/** Rotations shown as text when nothing is said; a program and the page get all. */
const shownAsText = 20;

/** Shows the rotations of the stack. Returns the exit code. */
export async function historyCommand(flags: Flags): Promise<number> {
  const location = locationOf(flags);
  const { readHistory } = await import('../../engine/history.js');
  const text = !flags.json && flags.html === undefined;
  const limit = limitOf(flags.limit) ?? (text ? shownAsText : undefined);
  const loads = await loadsOf(flags.load);
  const rotations = scrubbed(await readHistory(location, limit, loads));
  const renderer = rendererOf(flags);
  if (flags.html !== undefined) {
    const { renderPage } = await import('../../report/html/page.js');
    const { writePage } = await import('../../report/html/write.js');
    await writePage(flags.html, renderPage({ rotations, stack: location.stack, now: new Date() }));
  }
  if (flags.json) renderer.object('history', { stack: location.stack, rotations });
  else if (flags.html !== undefined) renderer.line(`✓ ${flags.html}: ${rotations.length} rotation(s).`);
  else historyLines(rotations, location.stack, limit).forEach((line) => renderer.line(line));
  return exitCodes.done;
}

/** Read before the engine is asked, which takes longer. */
async function loadsOf(file: string | undefined): Promise<Map<string, LoadCount> | undefined> {
  if (file === undefined) return undefined;
  const { readLoadFile } = await import('../../history/loadFile.js');
  return readLoadFile(file);
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new Failure('command-line-invalid', '--limit takes a whole number from 1 to 99999.');
  return Number(text);
}

/** Before anything is escaped for a page: an escaped secret would not be recognised. */
function scrubbed(rotations: PastRotation[]): PastRotation[] {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return scrubber.scrub(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clean(each)]));
  };
  return clean(rotations) as PastRotation[];
}
