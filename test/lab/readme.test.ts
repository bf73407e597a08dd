import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { tools } from '../../lab/package';
import { stepTitles } from '../../src/rotation/steps';
import { versionLabels } from '../../src/rotation/labels';
import { codeLines, codeSpans, repositoryFile, repositoryText } from '../unit/docs/readme';
import { parseShell } from '../unit/docs/shell';
import { run } from './support/command';
import type { Run } from './support/command';
import { databases, labWith } from './support/labs';
import type { WorldSnapshot } from './support/world';
import { dropDefaultUsers, expectCode, expectHealthy, snapshot } from './support/world';

const production = repositoryText('docs', 'production.md');

/** The arguments of each command of docs/commands.md, in its order; the README shows some of them. */
const commands = codeLines('sh', repositoryText('docs', 'commands.md'))
  .flatMap(parseShell)
  .filter(({ words }) => words[0] === 'credential-rotation')
  .map(({ words }) => words.slice(1));
const writesNothing = (args: string[]): boolean =>
  ['--dry-run', '--help', '--version', 'history'].some((word) => args.includes(word));
const rotates = (args: string[]): boolean => args.length === 0;

describe('the commands of docs/commands.md, on a lab', function () {
  this.timeout(120_000);
  let lab: Lab;
  let site: Site;
  let requestsBefore: number;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    // The standby's user is still to be made, so that the rotation needs every grant.
    site = await lab.createSite({ start: 'empty-standby' });
    await grantOnlyWhatProductionSays(lab, site);
    requestsBefore = lab.aws.requests().length;
  });
  after(async () => {
    await site.remove();
    await dropDefaultUsers(lab);
  });

  it('are there: reads first, then one rotation', () => {
    const first = commands.findIndex((args) => !writesNothing(args));
    expect(commands.slice(0, first)).to.have.length.greaterThan(2);
    expect(commands.filter(rotates)).to.have.length(1);
    expect(commands[first], 'the first that writes').to.deep.equal([]);
  });

  for (const args of commands) {
    it(['credential-rotation', ...args].join(' '), async () => {
      const before = await snapshot(site);
      const result = await run(site, args);
      expectCode(result, 0);
      if (args.includes('--log-json')) expectJsonLines(result);
      else if (args.includes('--dry-run')) expectAllSteps(result);
      if (writesNothing(args)) expect(await snapshot(site)).to.deep.equal(before);
      else await expectChange(site, args, before);
    });
  }

  it('leave their labels in Secrets Manager, by no other action than docs/production.md names', async () => {
    const actions = lab.aws
      .requests()
      .slice(requestsBefore)
      .filter(({ secretId }) => (secretId ?? '').includes(site.name));
    const named = codeSpans(production).map((text) => text.replace('secretsmanager:', ''));
    expect(actions).not.to.deep.equal([]);
    expect(named).to.include.members(actions.map(({ action }) => action));
    const stages = await stagesOf(site);
    expect(stages).to.have.deep.members([
      ['AWSPREVIOUS', versionLabels.flipped],
      ['AWSCURRENT', versionLabels.renewed],
    ]);
  });

  it('are in the history that the Pulumi CLI shows', async () => {
    const shown = codeLines('sh', production).find((line) => line.startsWith('pulumi stack history')) ?? '';
    const args = shown.split(' ').slice(1, -1);
    const { stdout } = await pulumi(
      [...args, site.environment['CREDENTIAL_ROTATION_STACK'] ?? ''],
      site.environment,
    );
    expect(stdout).to.match(/rotate A → B/);
  });
});

describe('Pulumi.yaml and Pulumi.prod.yaml, read by the engine', function () {
  this.timeout(60_000);
  let folder: string;
  let environment: Record<string, string>;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'project-'));
    const state = path.join(folder, 'state');
    mkdirSync(state);
    environment = {
      PULUMI_HOME: path.join(folder, 'home'),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: 'of-the-test',
    };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [stack, what] of [
    ['prod', 'the example'],
    ['elsewhere', 'a stack whose settings are all in the environment'],
  ] as const) {
    it(`accepts ${what}`, async () => {
      await pulumi(['stack', 'init', stack], environment);
      const { stdout } = await pulumi(['config', '--json', '--stack', stack], environment);
      const config = JSON.parse(stdout) as Record<string, { value: string }>;
      expect(config['openemr-credential-rotation:healthAnswers']?.value).to.equal('3');
      expect(config['openemr-credential-rotation:namespace']?.value).to.equal(
        stack === 'prod' ? 'openemr' : '',
      );
      // A preview checks the values against their types, before it looks for the language.
      const preview = await pulumi(['preview', '--non-interactive', '--stack', stack], environment).catch(
        (error: unknown) => error as { stderr: string },
      );
      expect(preview.stderr).not.to.include('stack config');
    });
  }
});

/** The admin gets exactly the grants that docs/production.md lists as the least. */
async function grantOnlyWhatProductionSays(lab: Lab, site: Site): Promise<void> {
  await lab.database.root("REVOKE ALL PRIVILEGES, GRANT OPTION FROM ?@'%'", [site.users.admin]);
  const statements = codeLines('sql', production)
    .flatMap((line) => line.split(/(?<=;) /))
    .map((line) =>
      line.replace("'admin'@", `'${site.users.admin}'@`).replace(' openemr.*', ` \`${site.schema}\`.*`),
    );
  expect(statements).to.have.length.greaterThan(1);
  for (const statement of statements) {
    expect(statement).to.match(/^GRANT .*;$/);
    await lab.database.root(statement);
  }
}

function expectJsonLines({ stdout }: Run): void {
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.at(-1)).to.include({ type: 'result', outcome: 'done', exitCode: 0 });
}

function expectAllSteps({ stdout }: Run): void {
  for (const [number, title] of Object.entries(stepTitles))
    expect(stdout).to.include(`${number}/11 ${title}`);
}

async function expectChange(site: Site, args: string[], before: WorldSnapshot): Promise<void> {
  if (rotates(args)) {
    await expectHealthy(site, before.active === 'A' ? 'B' : 'A');
    return;
  }
  const after = await expectHealthy(site, before.active === 'A' ? 'A' : 'B');
  const mode = args.find((word) => word.startsWith('--fix-permissions='))?.split('=')[1];
  expect(after).to.deep.equal(mode === undefined ? before : { ...before, mode: Number.parseInt(mode, 8) });
}

/** The labels of each version of the slot secret that has any, sorted. */
async function stagesOf({ environment, slotSecretId }: Site): Promise<string[][]> {
  const {
    AWS_REGION: region = '',
    AWS_ENDPOINT_URL: endpoint = '',
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  } = environment;
  const client = new SecretsManagerClient({
    region,
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
  });
  const { VersionIdsToStages: stages = {} } = await client.send(
    new DescribeSecretCommand({ SecretId: slotSecretId }),
  );
  client.destroy();
  return Object.values(stages)
    .filter((labels) => labels.length > 0)
    .map((labels) => [...labels].sort());
}

/** Runs the lab's engine in a copy of the project: it may write into stack files. */
async function pulumi(
  args: string[],
  environment: Record<string, string>,
): Promise<{ stdout: string; stderr: string }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'project-copy-'));
  try {
    for (const name of ['Pulumi.yaml', 'Pulumi.prod.yaml'])
      copyFileSync(repositoryFile(name), path.join(folder, name));
    mkdirSync(path.join(folder, 'dist', 'src', 'run'), { recursive: true });
    writeFileSync(path.join(folder, 'dist', 'src', 'run', 'pulumiMain.js'), '');
    const env = { PATH: process.env['PATH'], HOME: folder, PULUMI_SKIP_UPDATE_CHECK: 'true', ...environment };
    return await promisify(execFile)(path.join(tools().pulumi, 'bin', 'pulumi'), args, { cwd: folder, env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
