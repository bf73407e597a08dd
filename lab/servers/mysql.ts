import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ToolPaths } from '../setup/tools.js';
import type { DatabasePaths } from './database';

const run = promisify(execFile);

function common(tools: ToolPaths): string[] {
  const base = tools.mysqlBase;
  return ['--no-defaults', `--basedir=${base}`, `--user=${userName()}`, '--innodb-log-file-size=8M'];
}

/** The server refuses to run as root unless it is told to by name. */
export function userName(): string {
  return process.getuid?.() === 0 ? 'root' : (process.env['USER'] ?? 'nobody');
}

/** Makes an empty data folder with a passwordless root. Throws when the server says so. */
export async function initialiseMysql(tools: ToolPaths, dataFolder: string): Promise<void> {
  const args = [...common(tools), `--datadir=${dataFolder}`, '--initialize-insecure'];
  await run(path.join(tools.mysqlBase, 'bin', 'mysqld'), args);
}

/** How to start MySQL 8.0 with TLS, a general log, and without what a throw-away server does not need. */
export function mysqlCommand(paths: DatabasePaths): { file: string; args: string[] } {
  return {
    file: path.join(paths.tools.mysqlBase, 'bin', 'mysqld'),
    args: [
      ...common(paths.tools),
      ...serverArguments(paths),
      '--mysqlx=OFF',
      // Its OpenSSL 1.0 takes 20 ms of a core for a Diffie-Hellman exchange; each page of the lab logs in anew.
      '--ssl-cipher=AES128-GCM-SHA256',
      '--disable-log-bin',
      '--innodb-dedicated-server=OFF',
      // Version 8.0.12 prints a password in plain in some log lines unless it may rewrite them (its default).
      '--log-raw=OFF',
      `--pid-file=${path.join(paths.dataFolder, 'mysqld.pid')}`,
    ],
  };
}

/** The options that MySQL and MariaDB have in common. */
export function serverArguments(paths: DatabasePaths): string[] {
  return [
    `--datadir=${paths.dataFolder}`,
    `--socket=${paths.socket}`,
    `--port=${paths.port}`,
    '--bind-address=127.0.0.1',
    // Without it 127.0.0.1 would become localhost, which other accounts match.
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
