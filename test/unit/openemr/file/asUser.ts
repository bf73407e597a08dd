import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const modulePath = path.join(__dirname, '../../../../src/openemr/file/sqlconfFile.js');

/**
 * Runs an expression on the file module in a process of an ordinary user (65534, if no other is given) with these groups, since root may do
 * everything. Only root can call this. In the expression, `root` is the folder.
 */
export async function asUser(
  root: string,
  expression: string,
  groups: number[] = [65534],
  user = 65534,
): Promise<unknown> {
  // Everything is loaded while the process is still root: the package may lie where the user cannot look.
  const become = `process.setgroups(${JSON.stringify(groups)}); process.setgid(${groups[0]}); process.setuid(${user});`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', scriptOf(root, expression, become)]);
  return JSON.parse(stdout);
}

function scriptOf(root: string, expression: string, become: string): string {
  return `
    const { readSqlconf, readOtherFiles, writeSqlconf, checkWritable, cleanUp } = require(${JSON.stringify(modulePath)});
    const root = ${JSON.stringify(root)};
    ${become}
    (async () => ${expression})().then(
      (value) => console.log(JSON.stringify({ value })),
      (error) => console.log(JSON.stringify({ kind: error.kind, outcome: error.outcome, message: error.message })));`;
}

/** As {@link asUser}, as root with these capabilities only, as a container with `drop: [ALL]` and these added. */
export async function asRootWith(root: string, expression: string, capabilities: string[]): Promise<unknown> {
  const kept = ['-all', ...capabilities.map((each) => `+${each}`)].join(',');
  const own = ['--bounding-set', kept, '--inh-caps', kept, '--', process.execPath, '-e'];
  const { stdout } = await promisify(execFile)('setpriv', [...own, scriptOf(root, expression, '')]);
  return JSON.parse(stdout);
}
