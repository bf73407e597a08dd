import { readFileSync } from 'node:fs';
import type { Connection } from 'mysql2/promise';
import { connect } from 'node:net';
import { createConnection } from 'mysql2/promise';
import type { Lab } from '../../../lab';
import type { SlotEntry } from './world';

/** A connection to the lab's database over checked TLS, as a slot's or the admin's entry says. */
export function connectAs(
  lab: Lab,
  { username, password }: SlotEntry,
  localAddress?: string,
): Promise<Connection> {
  const { host, port, caFile } = lab.database;
  const from = localAddress === undefined ? {} : { stream: () => connect({ host, port, localAddress }) };
  const ssl = { ca: readFileSync(caFile), ...(localAddress === undefined ? {} : { verifyIdentity: false }) };
  return createConnection({ host, port, user: username, password, ssl, ...from });
}

/** What the database was asked so far, line by line. */
export function generalLog(lab: Lab): string[] {
  return readFileSync(lab.database.generalLogFile, 'latin1').split('\n');
}
