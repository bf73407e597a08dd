import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Lab, Site } from '../../lab';
import { codeSpans, repositoryText } from '../unit/docs/readme';
import type { ShellCommand } from '../unit/docs/shell';
import { environmentOf, run } from './support/command';
import type { Run } from './support/command';
import { documented } from './support/documented';
import { databases, labWith } from './support/labs';
import { pathWithPulumi, runDocumented, workingCopy } from './support/workingCopy';
import { alterPassword, expectCode, expectHealthy, expectNoSecret, snapshot } from './support/world';

/** What a preview would make or change: the names, without the rotation that stands at their end. */
function changed({ stdout }: Run): string[] {
  const rows = [...stdout.matchAll(/^ ([+~]) {2}\S+ (\S+) (?:create|update)/gm)];
  return rows.map(([, sign = '', name = '']) => `${sign} ${name.replace(/-\d{8}-\d{6}-\w+$/, '')}`).sort();
}

/** What a rotation to that slot makes and changes. */
function rotationTo(slot: 'A' | 'B'): string[] {
  const old = slot === 'A' ? 'b' : 'a';
  const made = [
    'admin-credentials',
    `password-${old}`,
    'slots-flipped',
    'slots-renewed',
    'rollout',
    'health',
  ];
  const changes = ['plan', 'sqlconf', 'kubernetes-secret', 'restart', `user-${old}`];
  return [
    ...[...made, 'flip', 'idle', 'renewal', 'admin-password'].map((name) => `+ ${name}`),
    ...changes.map((name) => `~ ${name}`),
  ];
}

// The Pulumi CLI starts the program and the dynamic providers by itself here, through a language host.
describe('the commands of docs/production.md for the Pulumi CLI itself', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  let cwd: string;
  let env: Record<string, string | undefined>;
  const said: Run[] = [];

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite({ replicas: 1 });
    cwd = workingCopy(path.join(site.folder, 'clone'), true);
    env = {
      ...environmentOf(site),
      PATH: await pathWithPulumi(path.join(site.folder, 'bin')),
      CREDENTIAL_ROTATION_STACK: 'prod',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      NO_COLOR: '1',
    };
    expectCode(await run(site, [], env), 0);
  });
  after(() => site.remove());

  const runIt = async (command: ShellCommand): Promise<Run> => {
    const ended = await runDocumented(command, { cwd, env });
    said.push(ended);
    return ended;
  };

  it('the preview of a rotation shows each of its steps, and writes nothing', async () => {
    const before = await expectHealthy(site, 'B');
    const ended = await runIt(
      documented('docs/production.md', 'CREDENTIAL_ROTATION_REQUEST=rotate pulumi preview'),
    );
    expectCode(ended, 0);
    expect(changed(ended)).to.deep.equal(rotationTo('A').sort());
    expect(await snapshot(site)).to.deep.equal(before);
  });

  it('without a request, the preview shows where the database users differ', async () => {
    const { words } = documented('docs/production.md', 'CREDENTIAL_ROTATION_REQUEST=rotate pulumi preview');
    const preview = (): Promise<Run> => runIt({ environment: {}, words });
    const { A } = await snapshot(site);
    const records = ['+ admin-credentials', '~ plan'];
    expect(changed(await preview())).to.deep.equal(records);
    await alterPassword(lab, A.username, 'somebody-changed-it');
    expect(changed(await preview())).to.deep.equal([...records, '~ user-a']);
    await alterPassword(lab, A.username, A.password);
  });

  it('the history names the rotation', async () => {
    const ended = await runIt(documented('docs/production.md', 'pulumi stack history'));
    expectCode(ended, 0);
    expect(ended.stdout).to.match(/^Message: rotate A → B /m);
  });

  it('an update is refused, and writes nothing', async () => {
    const before = await snapshot(site);
    const { environment, words } = documented('docs/production.md', 'pulumi up');
    // Without a terminal nobody can be asked for a yes.
    const ended = await runIt({ environment, words: [...words, '--stack', 'prod', '--yes'] });
    expect(ended.code).not.to.equal(0);
    expect(ended.stdout).to.include('it has no lock and no rollback. Run credential-rotation instead');
    expect(await snapshot(site)).to.deep.equal(before);
  });

  it('the stack file has one line more, the salt of the passphrase', () => {
    const salt = /^encryptionsalt: \S+$/m;
    const now = readFileSync(path.join(cwd, 'Pulumi.prod.yaml'), 'utf8');
    expect(now).to.match(salt);
    expect(parse(now.replace(salt, ''))).to.deep.equal(parse(repositoryText('Pulumi.prod.yaml')));
    expect(codeSpans(repositoryText('docs', 'production.md'))).to.include('encryptionsalt');
  });

  it('after all that the command rotates, from the same folder, and knows its own rotations alone', async () => {
    // The stack file that the CLI has written into is in the folder of the run.
    const changes = { ...env, HOME: cwd };
    expectCode(await run(site, [], changes), 0);
    await expectHealthy(site, 'A');
    const { stdout } = await run(site, ['history', '--json'], changes);
    const { rotations } = JSON.parse(stdout) as { rotations: { from: string; to: string }[] };
    expect(rotations.map(({ from, to }) => [from, to])).to.deep.equal([
      ['B', 'A'],
      ['A', 'B'],
    ]);
  });

  it('no password is in what they say', async () => {
    const { A, B, admin } = await snapshot(site);
    const texts = { said: JSON.stringify(said) };
    expectNoSecret([...site.canaries(), A.password, B.password, admin.password], texts);
  });
});
