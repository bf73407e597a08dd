import { randomInt } from 'node:crypto';
import type { SiteOptions, StartingPoint } from '../types';

/** A user of the database and its password. */
export interface Login {
  user: string;
  password: string;
}

/** Everything that a starting point decides. */
export interface Start {
  slots: Record<string, unknown>;
  /** Whom OpenEMR (sqlconf.php and the Kubernetes Secret) logs in as. */
  application: Login;
  /** Accounts of the application that exist in the database, without the admin. */
  accounts: Login[];
}

/** Where the database is, as the secrets say it. */
export interface Place {
  host: string;
  port: string;
  dbname: string;
}

/** Names and first passwords of a site's accounts. */
export interface Logins {
  A: Login;
  B: Login;
  admin: Login;
  /** The user of an OpenEMR that was installed before there were slots. */
  installer: Login;
}

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

function password(): string {
  return `Cn${Array.from({ length: 28 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;
}

/** Accounts for a site, with fresh passwords where none are given. User names stay below MySQL's 32 characters. */
export function makeLogins(site: string, given: SiteOptions['passwords']): Logins {
  const login = (prefix: string, secret = password()): Login => ({
    user: `${prefix}_${site}`,
    password: secret,
  });
  return {
    A: login('oa', given?.A),
    B: login('ob', given?.B),
    admin: login('adm', given?.admin),
    installer: login('openemr'),
  };
}

/** The first passwords of all accounts. */
export function passwordsOf({ A, B, admin, installer }: Logins): string[] {
  return [A, B, admin, installer].map(({ password: secret }) => secret);
}

/** A slot as it is when nobody has filled it. */
const PLACEHOLDER = { username: '', password: '', host: '', port: '', dbname: '' };

/** The documents and accounts of a starting point. The documents hold keys that a rotation does not know. */
export function startOf(point: StartingPoint, logins: Logins, place: Place): Start {
  const full = ({ user, password: secret }: Login): Record<string, unknown> => ({
    username: user,
    password: secret,
    ...place,
  });
  const A = { ...full(logins.A), lab_note: 'a key of slot A that a rotation does not know' };
  const B = full(logins.B);
  const document = (active: 'A' | 'B', slotA: unknown, slotB: unknown): Record<string, unknown> => ({
    active_slot: active,
    A: slotA,
    B: slotB,
    lab_owner: { team: 'platform', ticket: 4711 },
  });
  const both = [logins.A, logins.B];
  switch (point) {
    case 'a-active':
      return { slots: document('A', A, B), application: logins.A, accounts: both };
    case 'b-active':
      return { slots: document('B', A, B), application: logins.B, accounts: both };
    case 'reconcile':
      return { slots: document('A', A, B), application: logins.B, accounts: both };
    case 'empty-standby':
      return { slots: document('A', A, {}), application: logins.A, accounts: [logins.A] };
    case 'bootstrap':
      return {
        slots: document('A', { ...PLACEHOLDER, lab_note: A.lab_note }, PLACEHOLDER),
        application: logins.installer,
        accounts: [logins.installer],
      };
    case 'empty-secret':
      return { slots: document('A', {}, {}), application: logins.admin, accounts: [] };
  }
}
