import type { DatabaseLogin } from './slot';

/**
 * `sqlconf.php` of another site below the same sites folder, as far as it could be read. A host is unknown where it has
 * another name than the own file's and cannot be looked up from here: OpenEMR's pods may know it all the same.
 */
export type OtherSite =
  | { path: string; kind: 'login'; login: DatabaseLogin; hostIsUnknown?: true }
  /** The reader cannot follow this file: its whole text, one character for each byte. */
  | { path: string; kind: 'text'; text: string }
  /** `problem` completes "… could not be read: ". */
  | { path: string; kind: 'unread'; problem: string };

/** An account as a file names it. */
export type NamedAccount = Pick<DatabaseLogin, 'username' | 'host' | 'port'>;

/** Another site's file that names an account, or of which that cannot be ruled out. */
export interface OtherUse {
  path: string;
  /** The password that the file names; undefined where the file could not be understood. */
  password: string | undefined;
  /** For a list in a message: the user, or why it cannot be ruled out. */
  why: string;
}

/** The files of other sites that name this account; a file of which that cannot be ruled out counts as one. */
export function otherUsesOf(sites: readonly OtherSite[], account: NamedAccount): OtherUse[] {
  return sites.flatMap((site): OtherUse[] => {
    const { path } = site;
    switch (site.kind) {
      case 'login': {
        const { username, password } = site.login;
        if (username !== account.username) return [];
        if (sameServer(site.login, account)) return [{ path, password, why: `as ${username}` }];
        const { host, port } = site.login;
        const why = `as ${username} at ${host}, a name that cannot be looked up from here`;
        return site.hostIsUnknown === true && port === account.port ? [{ path, password, why }] : [];
      }
      case 'text':
        return mentions(site.text, account.username)
          ? [{ path, password: undefined, why: `which holds ${account.username} and cannot be followed` }]
          : [];
      case 'unread':
        return [{ path, password: undefined, why: `which could not be read: ${site.problem}` }];
    }
  });
}

/**
 * A rotation changes one file. Another site on one of its accounts would keep the old login and be locked out, so
 * there is no rotation while one is.
 * @returns at most one problem, which lists every such file
 */
export function otherSiteProblems(sites: readonly OtherSite[], accounts: readonly NamedAccount[]): string[] {
  const uses = new Map(
    accounts.flatMap((account) => otherUsesOf(sites, account)).map(({ path, why }) => [path, why]),
  );
  if (uses.size === 0) return [];
  const list = [...uses].map(([path, why]) => `${path.replace(/\p{Cc}/gu, '?')} (${why})`).join(', ');
  return [
    'Other sites log in with an account of this rotation, or may do so, and would be locked out: ' +
      `${list}; give each site a database user of its own, or move the folder away if it is no site.`,
  ];
}

/** Hosts in any case; the reader endpoint of an Aurora cluster has the accounts of its writer. */
function sameServer(one: NamedAccount, two: NamedAccount): boolean {
  return hostOf(one) === hostOf(two) && one.port === two.port;
}

function hostOf({ host }: NamedAccount): string {
  return host.toLowerCase().replace(/\.$/, '').replace('.cluster-ro-', '.cluster-');
}

/** In a PHP text a backslash may stand before a quote or a backslash of the name. */
function mentions(text: string, username: string): boolean {
  const bytes = Buffer.from(username, 'utf8').toString('latin1');
  return text.includes(bytes) || text.replaceAll('\\', '').includes(bytes.replaceAll('\\', ''));
}
