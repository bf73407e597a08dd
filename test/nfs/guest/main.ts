import { release } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measures } from '../measures';
import { hang, makeWindows, race, stale, windowOf } from './scenes';
import type { Actors } from './scenes';
import { startClient, startServer } from './world';

const say = (text: string): void => console.log(`SAYS ${(performance.now() / 1000).toFixed(1)} s: ${text}`);

/** After this long the client's cache of an unchanged folder has grown to its greatest age, and just been renewed. */
const AGED_MS = [92_000, 104_000, 116_000, 128_000];

async function measure(actors: Actors): Promise<Measures> {
  let begun = 0;
  // One after the other at their starts: the machine is an emulated one, and each of them looks five times a second.
  const window = async (rest: Parameters<typeof windowOf>[2]): Promise<number> => {
    const number = begun;
    begun += 1;
    await sleep(begun * 2_500);
    return windowOf(actors, number, rest);
  };
  makeWindows(6 + AGED_MS.length);
  const fresh = 500;
  const [nextOpen, heldByItself, heldByAnother, productHeld, statFree, statHeld, ...heldLongUnchanged] =
    await Promise.all([
      window({ by: 'product', ageMs: fresh }),
      window({ by: 'name', held: 'looker', ageMs: fresh }),
      window({ by: 'name', held: 'holder', ageMs: fresh }),
      window({ by: 'product', held: 'holder', ageMs: fresh }),
      window({ by: 'stat', ageMs: fresh }),
      window({ by: 'stat', held: 'holder', ageMs: AGED_MS[0] ?? fresh }),
      ...AGED_MS.map((ageMs) => window({ by: 'name', held: 'holder', ageMs })),
    ]);
  const raced = await race(actors);
  const hung = await hang(actors);
  return {
    kernel: release(),
    ...{ nextOpen, productHeld, heldByItself, heldByAnother, heldLongUnchanged, statFree, statHeld },
    ...raced,
    hang: hung,
    stale: await stale(actors),
  };
}

async function main(): Promise<void> {
  startServer();
  say('the server is up');
  const [writer, looker, holder] = await Promise.all([startClient(1), startClient(2), startClient(3)]);
  const actors = { writer, looker, holder, say };
  // A busy host may stop the whole machine for long: only the scene about the limit has a short one.
  for (const client of [writer, looker, holder]) await client.ask({ do: 'limit', seconds: 120 });
  say('three clients have mounted it');
  console.log(`RESULT ${JSON.stringify(await measure(actors))}`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.log(`FAILED ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  },
);
