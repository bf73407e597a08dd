import type { Contents, Database, Flavour, Lab, Release } from '../../../lab';
import { flavourOf, isFetched, startLab } from '../../../lab';
import { tools } from '../../../lab/package';
import { ofKind, testedReleases } from './releases';
import { noteDatabase } from './ran';

const isThere = (release: Release): boolean => isFetched(release, tools());

/** What this run is about, as TEST_DATABASE and the set-up have it. */
export const tested = testedReleases(process.env['TEST_DATABASE'], isThere);

/** Both kinds of database, or that of the one that TEST_DATABASE names. */
export const databases: Flavour[] = tested.wholly.map(flavourOf);

interface Started {
  lab: Lab;
  /** What it held before any test. */
  before: Contents;
}

const labs = new Map<Release, Promise<Started>>();

/** The release that a test means by a kind. */
function testedRelease(wanted: Database): Release {
  if (wanted !== 'mysql' && wanted !== 'mariadb') return wanted;
  return tested.wholly.find((release) => flavourOf(release) === wanted) ?? ofKind(wanted, isThere).wholly;
}

/** The lab with that database, a kind in the release that is tested wholly; one for all test files of a process. */
export async function labWith(wanted: Database): Promise<Lab> {
  const release = testedRelease(wanted);
  const started = labs.get(release) ?? startNoted(release);
  labs.set(release, started);
  return (await started).lab;
}

async function startNoted(release: Release): Promise<Started> {
  const lab = await startLab({ database: release });
  await noteDatabase(release, lab);
  return { lab, before: await lab.contents() };
}

/**
 * The end of a test file in a process that other files come after: each lab is made as it was. One that cannot be, or all of them
 * after a test that failed, end instead, and the next file begins with new ones.
 */
export async function handOnLabs(failed: boolean): Promise<void> {
  if (failed) return stopLabs();
  await Promise.all(
    [...labs].map(async ([release, starting]) => {
      const started = await starting.catch(() => undefined);
      if (started !== undefined && (await isCleared(started))) return;
      labs.delete(release);
      await started?.lab.stop();
    }),
  );
}

async function isCleared({ lab, before }: Started): Promise<boolean> {
  try {
    const different = await lab.clear(before);
    if (different.length > 0) console.log(`  a lab is not used again: ${different.join(', ')}`);
    return different.length === 0;
  } catch (error) {
    console.log(`  a lab is not used again: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** Ends every lab that a test started. */
export async function stopLabs(): Promise<void> {
  const ending = [...labs.values()];
  labs.clear();
  await Promise.all(ending.map((started) => started.then(({ lab }) => lab.stop())));
}
