import type { Lab } from '../../../lab';
import { startLab } from '../../../lab';

/** Both databases, or the one that TEST_DATABASE names. */
export const databases = (['mysql', 'mariadb'] as const).filter(
  (name) => (process.env['TEST_DATABASE'] ?? name) === name,
);

const labs = new Map<string, Promise<Lab>>();

/** The lab with that database; started once for all test files. */
export function labWith(database: 'mysql' | 'mariadb'): Promise<Lab> {
  const lab = labs.get(database) ?? startLab({ database });
  labs.set(database, lab);
  return lab;
}

/** Ends every lab that a test started. */
export async function stopLabs(): Promise<void> {
  await Promise.all([...labs.values()].map(async (lab) => (await lab).stop()));
  labs.clear();
}
