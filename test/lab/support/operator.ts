import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../../../lab';
import { tools } from '../../../lab/package';
import { runOnTerminal } from '../../unit/cli/terminal';
import { parseShell } from '../../unit/docs/shell';

/** What a document calls things, and what they are called in the lab. */
export type Names = [documented: string, real: string][];

/** Programs that documents use beside the product's own, and Pulumi's. */
const programs = (): Record<string, string> => {
  const { aws, kubectl, mariadb } = tools();
  return { aws, kubectl, mariadb };
};

/** Somebody who does by hand what a document says, with the real `aws`, `kubectl` and `mariadb`, command by command. */
export class Operator {
  private readonly environment: Record<string, string>;

  /** @param folder where the files lie that commands name */
  constructor(
    lab: Lab,
    site: Pick<Site, 'environment'>,
    private readonly folder: string,
  ) {
    const own = Object.entries(site.environment).filter(([name]) => name.startsWith('AWS_'));
    this.environment = {
      ...Object.fromEntries(own),
      PATH: process.env['PATH'] ?? '',
      // What a person has in files of the home folder must not matter, and nothing is left in it.
      HOME: folder,
      // The AWS CLI 1 knows the region by this name only.
      AWS_DEFAULT_REGION: site.environment['AWS_REGION'] ?? '',
      KUBECONFIG: lab.kubernetes.adminKubeconfig,
      // The port that a document need not name is another one in the lab.
      MYSQL_TCP_PORT: String(lab.database.port),
      TERM: 'dumb',
    };
    copyFileSync(lab.database.caFile, path.join(folder, 'global-bundle.pem'));
  }

  /**
   * Carries out one command and gives what it prints. Throws with what it says when it fails.
   * @param input what its standard input gives
   */
  run(words: readonly string[], input = ''): Promise<string> {
    const [file, args] = this.program(words);
    return new Promise((resolve, reject) => {
      const options = { cwd: this.folder, env: this.environment, timeout: 90_000, maxBuffer: 2 ** 26 };
      const child = execFile(file, args, options, (error, stdout, stderr) => {
        if (error) reject(new Error(`${words.join(' ')}: ${stderr || error.message}`));
        else resolve(stdout);
      });
      // A program that reads nothing may be gone before this is written.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }

  /** Carries out the commands of a document's line, what it names replaced by these names; gives what they print. */
  async runLine(line: string, names: Names, input = ''): Promise<string> {
    let printed = '';
    for (const { words } of parseShell(inLab(line, names))) printed += await this.run(words, input);
    return printed;
  }

  /** Carries out one command on a terminal, types what it asks for, and gives all that stands there. Throws when it fails. */
  async runOnTerminal(
    words: readonly string[],
    answers: readonly (readonly [prompt: string, typed: string])[],
  ): Promise<string> {
    const [file, args] = this.program(words);
    const world = { env: this.environment, cwd: this.folder };
    const { code, screen } = await runOnTerminal([file, ...args], world, answers);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${screen}`);
    return screen;
  }

  private program([name = '', ...args]: readonly string[]): [file: string, args: string[]] {
    const file = programs()[name];
    if (file === undefined) throw new Error(`${name}: no program of a document`);
    // The AWS CLI 1 has an address of its own for RDS in us-east-1, whatever the environment says.
    const endpoint = ['--endpoint-url', this.environment['AWS_ENDPOINT_URL'] ?? ''];
    return [file, name === 'aws' ? [...args, ...endpoint] : args];
  }
}

/** What the examples of docs/ are called at a site. */
export function exampleNames(site: Site): Names {
  return [
    ['openemr/slots', site.slotSecretId],
    ['openemr/admin', site.adminSecretId],
    ['-n openemr ', `-n ${site.namespace} `],
    ['deployment/openemr', `deployment/${site.deployment}`],
    ['openemr-db-credentials', site.kubernetesSecret],
    ['openemr.cluster-abc123.us-east-1.rds.amazonaws.com', '127.0.0.1'],
    ['--user=admin', `--user=${site.users.admin}`],
  ];
}

/** A text of a document in the words of the lab; longer names first, so that none is taken for a part of another. */
export function inLab(text: string, names: Names): string {
  const order = [...names].sort(([one], [other]) => other.length - one.length);
  const pattern = new RegExp(
    order.map(([name]) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'),
    'g',
  );
  const real = new Map(names);
  return text.replace(pattern, (name) => real.get(name) ?? name);
}
