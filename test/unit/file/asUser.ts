import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const modulePath = path.join(__dirname, '../../../src/world/file/sqlconfFile.js');

/**
 * Runs an expression on the file module in a process of an ordinary user (65534) with these groups, since root may do
 * everything. Only root can call this. In the expression, `root` is the folder.
 */
export async function asUser(root: string, expression: string, groups: number[] = [65534]): Promise<unknown> {
  // Everything is loaded while the process is still root: the package may lie where the user cannot look.
  const script = `
    const { readSqlconf, readOtherFiles, writeSqlconf, checkWritable } = require(${JSON.stringify(modulePath)});
    const root = ${JSON.stringify(root)};
    process.setgroups(${JSON.stringify(groups)}); process.setgid(${groups[0]}); process.setuid(65534);
    (async () => ${expression})().then(
      (value) => console.log(JSON.stringify({ value })),
      (error) => console.log(JSON.stringify({ kind: error.kind, outcome: error.outcome, message: error.message })));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return JSON.parse(stdout);
}
