import type { Database, Flavour, Lab, Release } from '../../../lab';
import { flavourOf, isFetched, startLab } from '../../../lab';
import { tools } from '../../../lab/package';
import { ofKind, testedReleases } from './releases';
import { noteDatabase } from './ran';

const isThere = (release: Release): boolean => isFetched(release, tools());

/** What this run is about, as TEST_DATABASE and the set-up have it. */
export const tested = testedReleases(process.env['TEST_DATABASE'], isThere);

/** Both kinds of database, or that of the one that TEST_DATABASE names. */
export const databases: Flavour[] = tested.wholly.map(flavourOf);

const labs = new Map<Release, Promise<Lab>>();

/** The release that a test means by a kind. */
function testedRelease(wanted: Database): Release {
  if (wanted !== 'mysql' && wanted !== 'mariadb') return wanted;
  return tested.wholly.find((release) => flavourOf(release) === wanted) ?? ofKind(wanted, isThere).wholly;
}

/** The lab with that database, a kind in the release that is tested wholly; started once for all test files. */
export function labWith(wanted: Database): Promise<Lab> {
  const release = testedRelease(wanted);
  const lab = labs.get(release) ?? startNoted(release);
  labs.set(release, lab);
  return lab;
}

async function startNoted(release: Release): Promise<Lab> {
  const lab = await startLab({ database: release });
  await noteDatabase(release, lab);
  return lab;
}

/** Ends every lab that a test started. */
export async function stopLabs(): Promise<void> {
  await Promise.all([...labs.values()].map(async (lab) => (await lab).stop()));
  labs.clear();
}
