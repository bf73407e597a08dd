import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ToolPaths } from '../setup/tools.js';
import type { DatabasePaths, DatabaseProgram } from './database';

const run = promisify(execFile);

/** The server refuses to run as root unless it is told to by name. */
export function userName(): string {
  return process.getuid?.() === 0 ? 'root' : (process.env['USER'] ?? 'nobody');
}

/** MySQL 8.0. */
export function mysql({ mysqlBase: base }: ToolPaths): DatabaseProgram {
  const common = [`--basedir=${base}`, '--innodb-log-file-size=8M'];
  // Its OpenSSL 1.0 takes 20 ms of a core for a Diffie-Hellman exchange; each page of the lab logs in anew.
  const special = ['--ssl-cipher=AES128-GCM-SHA256', '--innodb-dedicated-server=OFF'];
  return programOf(path.basename(base), path.join(base, 'bin', 'mysqld'), common, special);
}

/** MySQL 9 of Debian, as the set-up has unpacked it. */
export function mysqlFromSuite({ mysqlNewest: base }: ToolPaths): DatabaseProgram {
  assertFetched(base, 'MySQL 9');
  const common = [
    `--basedir=${path.join(base, 'usr')}`,
    `--lc-messages-dir=${path.join(base, 'usr', 'share', 'mysql')}`,
    `--plugin-dir=${path.join(base, 'usr', 'lib', 'mysql', 'plugin')}`,
    '--secure-file-priv=NULL',
    '--innodb-redo-log-capacity=8M',
  ];
  return programOf(path.basename(base), path.join(base, 'sbin', 'mysqld'), common, []);
}

/** @throws Error when the set-up has left it out */
export function assertFetched(folder: string, what: string): void {
  if (existsSync(folder)) return;
  throw new Error(`${what} is not there: run \`node lab/setup/main.js --all-databases\`.`);
}

function programOf(name: string, file: string, common: string[], special: string[]): DatabaseProgram {
  const always = ['--no-defaults', `--user=${userName()}`, ...common];
  return {
    name,
    initialise: async (dataFolder) => {
      await run(file, [...always, `--datadir=${dataFolder}`, '--initialize-insecure']);
    },
    command: (paths) => ({
      file,
      args: [
        ...always,
        ...serverArguments(paths),
        ...special,
        '--mysqlx=OFF',
        '--disable-log-bin',
        // Version 8.0.12 prints a password in plain in some log lines unless it may rewrite them (its default).
        '--log-raw=OFF',
        `--pid-file=${path.join(paths.dataFolder, 'mysqld.pid')}`,
      ],
    }),
  };
}

/** The options that MySQL and MariaDB have in common. */
export function serverArguments(paths: DatabasePaths): string[] {
  return [
    `--datadir=${paths.dataFolder}`,
    `--socket=${paths.socket}`,
    `--port=${paths.port}`,
    `--bind-address=${paths.address}`,
    // Without it a local address would become localhost, which other accounts match.
    '--skip-name-resolve',
    `--ssl-ca=${paths.certificates.caFile}`,
    `--ssl-cert=${paths.certificates.serverCertificate}`,
    `--ssl-key=${paths.certificates.serverKey}`,
    '--general-log=ON',
    `--general-log-file=${paths.generalLogFile}`,
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=64M',
    '--innodb-flush-method=nosync',
    '--max-connections=300',
  ];
}
