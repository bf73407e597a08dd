import { setTimeout as sleep } from 'node:timers/promises';
import type { Measures } from '../measures';
import type { Answer } from './protocol';
import type { Client } from './world';
import { makeSite, replaceShare } from './world';

const OLD = 'old-password';
const NEW = 'new-password';

/** Longer than any cache of the client lives: 60 s are its default. */
const LONGEST_MS = 100_000;
/** After the first change a client looks on for this long: no old value may come again. */
const REST_MS = 3_000;

/** What all scenes have: one who writes, one who looks, and one who only holds files open. */
export interface Actors {
  writer: Client;
  looker: Client;
  holder: Client;
  /** Says what goes on. */
  say: (text: string) => void;
}

interface Window {
  by: 'name' | 'product' | 'stat';
  held?: 'looker' | 'holder';
  /** How long the looking client has looked before the write. */
  ageMs: number;
}

/** Makes the folders of so many windows, all at once: each new one would let the clients ask for the others again. */
export function makeWindows(count: number): void {
  for (let number = 0; number < count; number += 1) makeSite(siteOf(number), OLD);
}

const siteOf = (number: number): string => `window${number}`;

/**
 * The seconds after the product's write on another client has ended, for which a client does not find the new file: it finds the
 * old one, or it is told that its handle is stale.
 */
export async function windowOf(actors: Actors, number: number, { by, held, ageMs }: Window): Promise<number> {
  const { writer, looker } = actors;
  const site = siteOf(number);
  await looker.ask({ do: 'read', site });
  if (held !== undefined) await actors[held].ask({ do: 'hold', site });
  const forMs = ageMs + LONGEST_MS;
  const watching = looker.ask({ do: 'watch', site, by, forMs, restMs: REST_MS });
  await sleep(ageMs);
  const { at = NaN } = await writer.ask({ do: 'write', site, password: NEW });
  const answer = await watching;
  if (held !== undefined) await actors[held].ask({ do: 'release', site });
  const seconds = secondsOf(`${site}, ${by}`, answer, at, by === 'product');
  const who = held === undefined ? 'nobody' : `the ${held}`;
  const errors = errorsOf(answer).length > 0 ? `, with ${errorsOf(answer).join(', ')}` : '';
  const ages = `unchanged for ${ageMs / 1000} s`;
  actors.say(`by ${by}, held by ${who}, ${ages}: not the new file for ${seconds} s${errors}`);
  return seconds;
}

function secondsOf(name: string, { seen = [], looked }: Answer, at: number, strict: boolean): number {
  const values = seen.flatMap(({ value }) => value ?? []);
  const fatal = errorsOf({ seen }).some((error) => strict || !error.startsWith('ESTALE'));
  // Old, then new, and never the old one again.
  if (
    fatal ||
    new Set(values).size !== 2 ||
    values.lastIndexOf(values[0] ?? '') + 1 !== values.indexOf(values.at(-1) ?? '')
  )
    throw new Error(`${name}: ${looked} looks found ${JSON.stringify(seen)}; the write was at ${at}`);
  const others = seen.filter(({ value }) => value !== values.at(-1));
  return Math.max(0, ((others.at(-1)?.lastFrom ?? at) - at) / 1000);
}

/** The errors that a client met, one of each stretch of them. */
function errorsOf({ seen = [] }: Pick<Answer, 'seen'>): string[] {
  return seen.flatMap(({ error }) => error ?? []);
}

/** The file is replaced again and again while one client reads it by the product, and another opens it plainly. */
export async function race({
  writer,
  looker,
  holder,
  say,
}: Actors): Promise<Pick<Measures, 'race' | 'kept' | 'owner'>> {
  const site = 'race';
  makeSite(site, OLD);
  const watch = { do: 'watch', site, forMs: 40_000, restMs: 40_000 } as const;
  const watching = [looker.ask({ ...watch, by: 'product' }), holder.ask({ ...watch, by: 'name' })] as const;
  const written: Answer[] = [];
  const end = Date.now() + watch.forMs;
  while (Date.now() < end)
    written.push(await writer.ask({ do: 'write', site, password: `password-${written.length}` }));
  const [product, plain] = await Promise.all(watching);
  say(`${written.length} writes, ${product.looked} reads of the product beside them`);
  return {
    race: {
      ...{ writes: written.length, reads: product.looked ?? 0, errors: errorsOf(product) },
      ...{ plainReads: plain.looked ?? 0, plainErrors: errorsOf(plain) },
    },
    kept: written.every(({ kept }) => kept === true),
    owner: written.at(-1)?.owner ?? '',
  };
}

/** The network of the client is away while the product reads and while it writes; then it is back. */
export async function hang({ writer, looker, say }: Actors): Promise<Measures['hang']> {
  const site = 'hang';
  const limit = 3;
  makeSite(site, OLD);
  await looker.ask({ do: 'read', site });
  await looker.ask({ do: 'limit', seconds: limit });
  const writing = looker.reply({ do: 'write', site, password: NEW, stops: true });
  await looker.ask({ do: 'stopped' });
  looker.cable('down');
  await looker.ask({ do: 'go-on' });
  const write = await writing;
  const read = await looker.reply({ do: 'read', site });
  looker.cable('up');
  const begin = performance.now();
  let back = await looker.reply({ do: 'read', site });
  while (back.answer === undefined && performance.now() - begin < LONGEST_MS)
    back = await looker.reply({ do: 'read', site });
  await looker.ask({ do: 'limit', seconds: 120 });
  const seconds = (performance.now() - begin) / 1000;
  // What hung may have come back only now, and must not write any more.
  await sleep(5_000);
  const { password } = await writer.ask({ do: 'read', site });
  say(`the network was away: ${read.failure}; back after ${seconds} s`);
  return {
    ...{ limit, read: (read.ms ?? 0) / 1000, message: read.failure ?? '', written: write.failure ?? '' },
    ...{ back: seconds, unchanged: password === OLD && back.answer?.password === OLD },
  };
}

/** The server gives the folder another identity, as one does that was set up anew: what the product says. For the end. */
export async function stale({ looker, say }: Actors): Promise<string> {
  const site = 'stale';
  makeSite(site, OLD);
  await looker.ask({ do: 'read', site });
  replaceShare();
  const { failure = '' } = await looker.reply({ do: 'read', site });
  say(`the server knows the handles no more: ${failure}`);
  return failure;
}
