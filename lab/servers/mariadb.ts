import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ToolPaths } from '../setup/tools.js';
import type { DatabasePaths } from './database';
import { serverArguments, userName } from './mysql';

const run = promisify(execFile);

/** Makes an empty data folder with a passwordless root and no other user. Throws when the command says so. */
export async function initialiseMariadb(tools: ToolPaths, dataFolder: string): Promise<void> {
  await run(tools.mariadbInstallDb, [
    '--no-defaults',
    `--datadir=${dataFolder}`,
    `--user=${userName()}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--innodb-log-file-size=8M',
  ]);
}

/** How to start MariaDB with TLS and a general log. */
export function mariadbCommand(paths: DatabasePaths): { file: string; args: string[] } {
  return {
    file: paths.tools.mariadbd,
    args: [
      '--no-defaults',
      ...serverArguments(paths),
      // It counts logins; performance_schema, which does so too, takes memory that the lab does not have.
      '--userstat=ON',
      `--user=${userName()}`,
      '--innodb-log-file-size=8M',
      `--pid-file=${path.join(paths.dataFolder, 'mariadbd.pid')}`,
    ],
  };
}
