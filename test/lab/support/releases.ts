import type { Database, Flavour, Release } from '../../../lab';
import { databaseNamed, flavourOf, newestFirst, releaseOf } from '../../../lab';

/** The releases of database servers that a run of the tests is about. */
export interface TestedReleases {
  /** All tests run on these, at most one of each kind. */
  wholly: Release[];
  /** A short list of tests runs on these: test/lab/otherReleases.test.ts. */
  shortly: Release[];
  /** These would have been tested, but the set-up could not get them. */
  missing: Release[];
}

/**
 * The newest release of each kind wholly, the others by a short list; where the newest could not be fetched, the next one
 * takes its place.
 *
 * @param word what TEST_DATABASE says: nothing, a kind, or one release, which then runs alone
 * @throws Error when the word names no database
 */
export function testedReleases(
  word: string | undefined,
  isThere: (release: Release) => boolean,
): TestedReleases {
  const named = word === undefined ? undefined : databaseNamed(word);
  if (named !== undefined && !isKind(named)) return { wholly: [named], shortly: [], missing: [] };
  const chosen = (named === undefined ? (['mysql', 'mariadb'] as const) : [named]).map((kind) =>
    ofKind(kind, isThere),
  );
  return {
    wholly: chosen.map(({ wholly }) => wholly),
    shortly: chosen.flatMap(({ shortly }) => shortly),
    missing: chosen.flatMap(({ missing }) => missing),
  };
}

/** The release of that kind that all tests run on. A machine without any is told so by the lab. */
export function ofKind(
  kind: Flavour,
  isThere: (release: Release) => boolean,
): { wholly: Release; shortly: Release[]; missing: Release[] } {
  const all = newestFirst(kind);
  const [wholly = releaseOf(kind), ...shortly] = all.filter(isThere);
  return { wholly, shortly, missing: all.filter((release) => release !== wholly && !isThere(release)) };
}

function isKind(database: Database): database is Flavour {
  return database === flavourOf(database);
}
