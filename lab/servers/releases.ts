/** Which kind of server: what they do not have in common goes by this. */
export type Flavour = 'mysql' | 'mariadb';

/** The releases that a lab can run: of each kind the one that stands for it first, the newest last. */
const known = {
  'mysql-8.0': 'mysql',
  'mysql-9': 'mysql',
  'mariadb-10.11': 'mariadb',
  'mariadb-11': 'mariadb',
} as const satisfies Record<string, Flavour>;

/** A release of a database server that a lab can run. */
export type Release = keyof typeof known;

/** All releases. */
export const releases = Object.keys(known) as Release[];

/** What a lab is asked for: a release, or the usual one of a kind. */
export type Database = Flavour | Release;

/** All that a lab can be asked for, as words of a command line. */
export const databaseNames: readonly Database[] = ['mysql', 'mariadb', ...releases];

/** The kind of a release. */
export function flavourOf(database: Database): Flavour {
  return database === 'mysql' || database === 'mariadb' ? database : known[database];
}

/** The release that is meant: of a kind, the first that is there. */
export function releaseOf(database: Database, isThere: (release: Release) => boolean = () => true): Release {
  if (database !== 'mysql' && database !== 'mariadb') return database;
  const ofKind = releases.filter((release) => known[release] === database);
  const found = ofKind.find(isThere) ?? ofKind[0];
  if (found === undefined) throw new Error(`no release of ${database}`);
  return found;
}

/** The releases of a kind, the newest first. */
export function newestFirst(flavour: Flavour): Release[] {
  return releases.filter((release) => known[release] === flavour).reverse();
}

/** The database that a word names. @throws Error with all that are known */
export function databaseNamed(word: string): Database {
  const found = databaseNames.find((name) => name === word);
  if (found === undefined) throw new Error(`${word}: must be one of ${databaseNames.join(', ')}`);
  return found;
}
