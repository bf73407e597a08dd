import { setTimeout as sleep } from 'node:timers/promises';
import type { Measures } from '../measures';
import type { Answer } from './protocol';
import type { Client } from './world';
import { makeSite, share } from './world';

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

let sites = 0;

/** The seconds for which a client still finds the old file, after the product's write on another client has ended. */
export async function windowOf(actors: Actors, { by, held, ageMs }: Window): Promise<number> {
  const { writer, looker } = actors;
  const site = `window${(sites += 1)}`;
  makeSite(site, OLD);
  await looker.ask({ do: 'read', site });
  if (held !== undefined) await actors[held].ask({ do: 'hold', site });
  const forMs = ageMs + LONGEST_MS;
  const watching = looker.ask({ do: 'watch', site, by, forMs, restMs: REST_MS });
  await sleep(ageMs);
  const { at = NaN } = await writer.ask({ do: 'write', site, password: NEW });
  const { seen = [], errors = [], looked } = await watching;
  if (held !== undefined) await actors[held].ask({ do: 'release', site });
  // A plain client may be told so while the file is replaced; the product asks again.
  const unexpected = errors.filter((code) => by === 'product' || code !== 'ESTALE');
  if (unexpected.length > 0) throw new Error(`${site}, ${by}: ${[...new Set(unexpected)].join(', ')}`);
  const [before, after, ...more] = seen;
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${site}, ${by}: ${looked} looks found ${seen.length} values: ${JSON.stringify(seen)}`);
  const seconds = Math.max(0, (before.lastFrom - at) / 1000);
  const who = held === undefined ? 'nobody' : `the ${held}`;
  actors.say(`by ${by}, held by ${who}, unchanged for ${ageMs / 1000} s: the old file for ${seconds} s`);
  return seconds;
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
  const watch = { do: 'watch', site, forMs: 20_000, restMs: 20_000 } as const;
  const watching = [looker.ask({ ...watch, by: 'product' }), holder.ask({ ...watch, by: 'name' })] as const;
  const written: Answer[] = [];
  const end = Date.now() + watch.forMs;
  while (Date.now() < end)
    written.push(await writer.ask({ do: 'write', site, password: `password-${written.length}` }));
  const [product, plain] = await Promise.all(watching);
  say(`${written.length} writes, ${product.looked} reads of the product beside them`);
  return {
    race: {
      ...{ writes: written.length, reads: product.looked ?? 0, errors: product.errors ?? [] },
      ...{ plainReads: plain.looked ?? 0, plainErrors: plain.errors ?? [] },
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
  share(7);
  const { failure = '' } = await looker.reply({ do: 'read', site });
  say(`the server knows the handles no more: ${failure}`);
  return failure;
}
