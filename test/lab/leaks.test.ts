import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { secretUnder } from './support/secrets';
import { expectCode, expectHealthy, expectNoSecret, leftOnDisk, snapshot } from './support/world';

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
    const before = await snapshot(site);
    const mark = `TEST_LEAK_SCAN=${site.name}-${Date.now()}`;
    const [name = '', value] = mark.split('=');
    const stop = watchProcesses(mark, 40);
    const result = await run(site, ['--log-json'], { [name]: value });
    const processes = stop();
    expectCode(result, 0);
    const after = await expectHealthy(site, 'B');
    const names = Object.keys(processes).join('\n');
    for (const part of ['cli/main.js', 'bin/pulumi', 'providers/process.js', 'pulumi-resource-kubernetes'])
      expect(names, 'the watch saw every kind of process').to.include(part);
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
    expectNoSecret(secrets, { stdout, stderr, ...processes, ...leftOnDisk(site) });
  });
});
