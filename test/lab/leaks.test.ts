import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { roleOf, roles } from './support/roles';
import { secretUnder } from './support/secrets';
import {
  dropDefaultUsers,
  expectCode,
  expectHealthy,
  expectNoHash,
  expectNoSecret,
  leftOnDisk,
  snapshot,
} from './support/world';

/** Every process with this mark in its environment, seen once per `everyMs`: what `ps` shows, and its environment. */
function watchProcesses(mark: string, everyMs: number): () => Record<string, string> {
  const seen: Record<string, string> = {};
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'latin1').replaceAll('\0', '\n');
    } catch {
      return '';
    }
  };
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const environment = read(`/proc/${pid}/environ`);
      if (!environment.includes(mark)) continue;
      const command = read(`/proc/${pid}/cmdline`);
      if (command !== '')
        seen[`process ${pid}: ${command.replaceAll('\n', ' ')}`] = `${command}\n${environment}`;
    }
  };
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    return seen;
  };
}

/** What a webhook says of a patched Secret: its password in plain, in hex, and in the header of a login. */
function quoting(sent: string): string {
  const [user = '', password = ''] = ['mysql-user', 'mysql-password'].map((key) =>
    Buffer.from(new RegExp(`${key}"?: *"?([^"\\s]*)`).exec(sent)?.[1] ?? '', 'base64').toString('utf8'),
  );
  const header = Buffer.from(`${user}:${password}`).toString('base64');
  return `the webhook of the lab denied ${password}, ${Buffer.from(password).toString('hex')} and Basic ${header}.`;
}

// What a process shows does not depend on the kind of database.
describe('passwords', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(() => site.remove());

  it('stand in no output, event, file, argument or environment of a rotation or of any process it starts', async () => {
    // A manifest may have a password of OpenEMR's by value.
    const variable = { name: 'OE_PASS', value: site.canaries().at(-1) ?? '' };
    await new Cluster(lab, site).changeTemplate((pod) => ({
      ...pod,
      containers: pod.containers.map((each) => ({ ...each, env: [...(each.env ?? []), variable] })),
    }));
    const before = await snapshot(site);
    const files = [readFileSync(site.sqlconfFile)];
    const saved = path.join(site.folder, 'saved-plan.json');
    expectCode(await run(site, ['--dry-run', '--plan', saved]), 0);
    const mark = `TEST_LEAK_SCAN=${site.name}-${Date.now()}`;
    const [name = '', value] = mark.split('=');
    const stop = watchProcesses(mark, 40);
    const result = await run(site, ['--log-json'], { [name]: value });
    const processes = stop();
    expectCode(result, 0);
    const after = await expectHealthy(site, 'B');
    const seen = Object.values(processes).map((text) => roleOf(text.split('\n')));
    for (const role of roles) expect(seen, 'the watch saw every kind of process').to.include(role);
    const labelled = await Promise.all(
      ['CREDENTIAL_ROTATION_FLIPPED', 'CREDENTIAL_ROTATION_RENEWED'].map((label) =>
        secretUnder(site, site.slotSecretId, label),
      ),
    );
    const stored = labelled.flatMap((text) => {
      const { A, B } = JSON.parse(text ?? '{}') as Record<'A' | 'B', { password: string }>;
      return [A.password, B.password];
    });
    const worlds = [before, after].flatMap(({ A, B, admin }) => [A.password, B.password, admin.password]);
    const secrets = [...new Set([...site.canaries(), ...stored, ...worlds])];
    const { stdout, stderr } = result;
    files.push(readFileSync(site.sqlconfFile));
    const again = path.join(site.folder, 'saved-again.json');
    expectCode(await run(site, ['--dry-run', '--plan', again]), 0);
    const history = (await run(site, ['history', '--json'])).stdout;
    const plans = { saved: readFileSync(saved, 'utf8'), again: readFileSync(again, 'utf8') };
    const told = { stdout, stderr, history, ...plans, ...leftOnDisk(site) };
    expectNoSecret(secrets, { ...processes, ...told });
    expect(Object.values(told).join('\n'), 'the plan was saved, in state and history, too').to.match(
      /sqlconfStamp[^]*sqlconfStamp/,
    );
    expectNoHash([...secrets, ...files], told);
  });

  for (const args of [[], ['--log-json']]) {
    it(`an answer of Kubernetes that quotes a password which this run has made is masked (${args.join('') || 'text'})`, async () => {
      const bootstrap = await lab.createSite({ start: 'bootstrap' });
      try {
        const release = lab.kubernetes.fault({
          verb: 'patch',
          resource: 'secrets',
          namespace: bootstrap.namespace,
          times: 1,
          when: 'before',
          respond: { status: 422, reason: 'Invalid', message: quoting },
        });
        const failed = await run(bootstrap, args);
        release();
        expectCode(failed, 13);
        const shown = failed.stdout + failed.stderr;
        expect(shown).to.match(/denied \[secret\], \[secret\] and Basic .{2,40}\[secret\]/);
        const stored = await secretUnder(bootstrap, bootstrap.slotSecretId, 'CREDENTIAL_ROTATION_FLIPPED');
        const { A, B } = JSON.parse(stored ?? '{}') as Record<'A' | 'B', { password: string }>;
        expectNoSecret([...bootstrap.canaries(), A.password, B.password], { shown });
      } finally {
        await bootstrap.remove();
        await dropDefaultUsers(lab);
      }
    });
  }
});
