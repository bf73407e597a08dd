import type { Database, Lab } from '../../../lab';
import { databaseNamed, flavourOf, startLab } from '../../../lab';

/** The release that TEST_DATABASE names, if it names one. */
const named =
  process.env['TEST_DATABASE'] === undefined ? undefined : databaseNamed(process.env['TEST_DATABASE']);

/** Both kinds of database, or that of the one that TEST_DATABASE names. */
export const databases = (['mysql', 'mariadb'] as const).filter(
  (kind) => named === undefined || flavourOf(named) === kind,
);

const labs = new Map<string, Promise<Lab>>();

/** The lab with that database, in the release that TEST_DATABASE names; started once for all test files. */
export function labWith(wanted: Database): Promise<Lab> {
  const database = named !== undefined && flavourOf(named) === wanted ? named : wanted;
  const lab = labs.get(database) ?? startLab({ database });
  labs.set(database, lab);
  return lab;
}

/** Ends every lab that a test started. */
export async function stopLabs(): Promise<void> {
  await Promise.all([...labs.values()].map(async (lab) => (await lab).stop()));
  labs.clear();
}
