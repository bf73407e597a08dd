import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ToolPaths } from '../setup/tools.js';
import type { DatabaseProgram } from './database';
import { assertFetched, serverArguments, userName } from './mysql';

const run = promisify(execFile);

/** MariaDB 10.11, as Debian installs it. */
export function mariadb({ mariadbd, mariadbInstallDb }: ToolPaths): DatabaseProgram {
  return programOf('mariadb', mariadbd, [mariadbInstallDb]);
}

/** MariaDB 11 of a later Debian, as the set-up has unpacked it. */
export function mariadbFromSuite({ mariadbNewest: base }: ToolPaths): DatabaseProgram {
  assertFetched(base, 'MariaDB 11');
  const script = path.join(base, 'usr', 'bin', 'mariadb-install-db');
  // A script of theirs: it looks for programs and tables below the base.
  return programOf(
    path.basename(base),
    path.join(base, 'sbin', 'mariadbd'),
    [script, `--basedir=${base}`],
    base,
  );
}

function programOf(
  name: string,
  file: string,
  [script = '', ...options]: string[],
  base?: string,
): DatabaseProgram {
  const ownFolders =
    base === undefined
      ? []
      : [
          `--basedir=${base}`,
          `--lc-messages-dir=${path.join(base, 'usr', 'share', 'mariadb')}`,
          `--plugin-dir=${path.join(base, 'usr', 'lib', 'mysql', 'plugin')}`,
        ];
  return {
    name,
    // No other user than root.
    initialise: async (dataFolder) => {
      await run(script, [
        '--no-defaults',
        ...options,
        `--datadir=${dataFolder}`,
        `--user=${userName()}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        '--innodb-log-file-size=8M',
      ]);
    },
    command: (paths) => ({
      file,
      args: [
        '--no-defaults',
        ...ownFolders,
        ...serverArguments(paths),
        // It counts logins; performance_schema, which does so too, takes memory that the lab does not have.
        '--userstat=ON',
        `--user=${userName()}`,
        '--innodb-log-file-size=8M',
        `--pid-file=${path.join(paths.dataFolder, 'mariadbd.pid')}`,
      ],
    }),
  };
}
