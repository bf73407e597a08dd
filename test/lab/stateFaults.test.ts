import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { runPaused, runWithFault } from '../faults/sweep';
import { makeBucket, makeKey, s3Backend } from './support/backends';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { labelsOf, tookEffect, writeRequests } from './support/secrets';
import { expectCode, expectHealthy, expectNoSecret, snapshot } from './support/world';

type Changes = Record<string, string | undefined>;

/** The file that holds a site's state. */
function stateFile(site: Site): string {
  const folder = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
  return path.join(folder, '.pulumi', 'stacks', 'openemr-credential-rotation', `${site.name}.json`);
}

/** Names of all stacks in the site's backend. */
function stacksOf(site: Site): string[] {
  return readdirSync(path.dirname(stateFile(site))).filter((name) => name.endsWith('.json'));
}

// The state does not know the kind of database.
describe('a state that cannot be used', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
    expectCode(await run(site), 0);
  });
  after(() => site.remove());

  /** The run ends so, and nothing in the world and no other stack was written. */
  async function expectRefused(
    changes: Changes,
    code: number,
    message: RegExp,
    args: string[] = [],
  ): Promise<void> {
    const before = { world: await snapshot(site), labels: await labelsOf(site), stacks: stacksOf(site) };
    const since = lab.aws.requests().length;
    const result = await run(site, args, changes);
    expectCode(result, code);
    const said = result.stdout + result.stderr;
    expect(said)
      .to.match(message)
      .and.not.to.match(/^\s+at /m);
    expectNoSecret(site.canaries(), { said });
    await lab.aws.settled();
    expect(writeRequests(lab, site, since).filter(tookEffect)).to.deep.equal([]);
    const after = { world: await snapshot(site), labels: await labelsOf(site), stacks: stacksOf(site) };
    expect(after).to.deep.equal(before);
  }

  const s3 = (): string => `s3://no-bucket?${s3Backend(lab)}`;

  it('another passphrase: exit 2 for a rotation and for a dry run', async () => {
    const changes = { PULUMI_CONFIG_PASSPHRASE: 'another' };
    await expectRefused(changes, 2, /passphrase or key does not open the state of stack \S+ in file:/i);
    await expectRefused(changes, 2, /passphrase or key does not open/i, ['--dry-run']);
  });

  it('no passphrase, since the secrets provider was changed: exit 2', () =>
    expectRefused(
      {
        PULUMI_CONFIG_PASSPHRASE: undefined,
        CREDENTIAL_ROTATION_SECRETS_PROVIDER: 'awskms://k?region=us-east-1',
      },
      2,
      /is encrypted with a passphrase and none is given; set PULUMI_CONFIG_PASSPHRASE/,
    ));

  it('a backend that is down: exit 4', () =>
    expectRefused(
      { PULUMI_BACKEND_URL: s3().replace(/endpoint=[^&]+/, 'endpoint=127.0.0.1:9') },
      4,
      /does not answer/,
    ));

  it('a bucket that is not there: exit 2', () =>
    expectRefused({ PULUMI_BACKEND_URL: s3() }, 2, /no such bucket; check PULUMI_BACKEND_URL/));

  it('a bucket that is closed to us: exit 3', async () => {
    const respond = { status: 403, type: 'AccessDenied', message: 'Access Denied' };
    const release = lab.aws.fault({ action: 'S3 GET', when: 'before', respond });
    await expectRefused({ PULUMI_BACKEND_URL: s3() }, 3, /Access to the state .* is refused; allow/).finally(
      release,
    );
  });

  const damages: [string, (text: string) => string][] = [
    ['cut off', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['no state at all', () => '[]'],
  ];
  for (const [name, damage] of damages) {
    it(`a state file that is ${name}: exit 2, and how to go on`, async () => {
      const good = readFileSync(stateFile(site), 'utf8');
      writeFileSync(stateFile(site), damage(good));
      await expectRefused(
        {},
        2,
        /is damaged; restore \S+\.json from an earlier version of it, or move it away/,
      ).finally(() => writeFileSync(stateFile(site), good));
    });
  }

  it('an engine that is too old: exit 2', async () => {
    const root = path.join(site.folder, 'old-engine');
    mkdirSync(path.join(root, 'bin'), { recursive: true });
    writeFileSync(path.join(root, 'bin', 'pulumi'), '#!/bin/sh\necho v3.100.0\n');
    chmodSync(path.join(root, 'bin', 'pulumi'), 0o755);
    await expectRefused(
      { CREDENTIAL_ROTATION_ENGINE_ROOT: root },
      2,
      /is version 3\.100\.0; install 3\.250\.0 or newer/,
    );
  });

  for (const name of ['aws', 'random', 'kubernetes']) {
    it(`the plugin ${name} is missing, and no way to fetch it: exit 2 before any write`, async () => {
      const home = path.join(site.folder, `without-${name}`);
      mkdirSync(path.join(home, 'plugins'), { recursive: true });
      for (const plugin of readdirSync(path.join(lab.pulumiHome, 'plugins')))
        if (!plugin.startsWith(`resource-${name}-`))
          symlinkSync(path.join(lab.pulumiHome, 'plugins', plugin), path.join(home, 'plugins', plugin));
      const changes = { PULUMI_HOME: home, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true' };
      await expectRefused(
        changes,
        2,
        new RegExp(`plugin ${name} \\S+ is missing in .*pulumi plugin install`),
      );
    });
  }
});

describe('a state under a KMS key', function () {
  this.timeout(240_000);

  it('key denied, key service down: told apart, nothing changed; with a passphrase configured it stays under its key', async () => {
    const lab = await labWith(databases[0] ?? 'mysql');
    const site = await lab.createSite();
    const kms = `awskms://${await makeKey(lab)}?region=us-east-1`;
    const changes = { CREDENTIAL_ROTATION_SECRETS_PROVIDER: kms, PULUMI_CONFIG_PASSPHRASE: undefined };
    expectCode(await run(site, [], changes), 0);
    const before = await snapshot(site);
    const closed = { status: 400, type: 'AccessDeniedException', message: 'not authorized' };
    const down = { status: 500, type: 'InternalException', message: 'down' };
    for (const [respond, code, message] of [
      [closed, 3, /key of the state .* cannot be used; allow kms:Decrypt/i],
      [down, 4, /key service of the state .* does not answer/i],
    ] as const) {
      const release = lab.aws.fault({ action: 'Decrypt', when: 'before', respond });
      const result = await run(site, [], changes);
      release();
      expectCode(result, code);
      expect(result.stderr).to.match(message);
      expect(await snapshot(site)).to.deep.equal(before);
    }
    expectCode(await run(site, ['--dry-run']), 0);
    const { checkpoint } = JSON.parse(readFileSync(stateFile(site), 'utf8')) as {
      checkpoint: { latest: { secrets_providers: { type: string } } };
    };
    expect(checkpoint.latest.secrets_providers.type).to.equal('cloud');
    await site.remove();
  });
});

describe('a state that is lost in the middle of a rotation', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;

  beforeEach(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  afterEach(() => site.remove());

  /** The next run after the loss, and the slot that OpenEMR is on after it. */
  const points: [string, string, 'A' | 'B'][] = [
    ['the cut-over', 'file: rename', 'B'],
    ['the flip', 'slot secret: flip active_slot', 'A'],
    ["the renewal's ALTER", 'database: ALTER USER of slot A', 'A'],
  ];
  for (const [name, point, slot] of points) {
    it(`killed after ${name}, and the state file is damaged: refused; moved away, the world is enough to end healthy${longUnless(name === 'the flip')}`, async () => {
      const canary = site.canary();
      expect((await runWithFault(site, { point, mode: 'kill-after' })).signal).to.equal('SIGKILL');
      const held = await snapshot(site);
      const text = readFileSync(stateFile(site), 'utf8');
      writeFileSync(stateFile(site), text.slice(0, text.length - 100));
      const refused = await run(site);
      expectCode(refused, 2);
      expect(refused.stderr).to.match(/is damaged; restore/);
      expect(await snapshot(site)).to.deep.equal(held);
      renameSync(stateFile(site), path.join(site.folder, 'damaged-state.json'));
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, slot);
      // The account that was live, or was to be next, keeps its password: none is minted a second time.
      expect(after[slot].password === held[slot].password, `the password of slot ${slot}`).to.equal(true);
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });
  }

  it('rollback with a damaged state is refused, and with a lost one goes back to the other slot with the passwords of now @long', async () => {
    expectCode(await run(site), 0);
    const rotated = await expectHealthy(site, 'B');
    const text = readFileSync(stateFile(site), 'utf8');
    writeFileSync(stateFile(site), text.slice(0, text.length - 100));
    const canary = site.canary();
    const refused = await run(site, ['rollback', '--yes']);
    expectCode(refused, 2);
    expect(refused.stderr)
      .to.match(/is damaged; restore/)
      .and.to.include(`OpenEMR runs on ${rotated.B.username}`);
    expect(await snapshot(site)).to.deep.equal(rotated);
    renameSync(stateFile(site), path.join(site.folder, 'damaged-state.json'));
    expectCode(await run(site, ['rollback', '--yes']), 0);
    const after = await expectHealthy(site, 'A');
    for (const name of ['A', 'B', 'admin'] as const)
      expect(after[name].password === rotated[name].password, name).to.equal(true);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
    const { failed, failures } = await canary.stop();
    expect(failed, failures.join('\n')).to.equal(0);
  });

  it('the token for the state expires after the cut-over: held, OpenEMR runs on, and it says so; with a fresh one the next run finishes @long', async () => {
    const canary = site.canary();
    const before = await snapshot(site);
    await makeBucket(lab, 'lost-backend');
    const changes = { PULUMI_BACKEND_URL: `s3://lost-backend?${s3Backend(lab)}` };
    const respond = { status: 400, type: 'ExpiredToken', message: 'The provided token has expired.' };
    const releases: (() => void)[] = [];
    const meanwhile = async (): Promise<void> => {
      for (const action of ['S3 GET', 'S3 HEAD', 'S3 PUT', 'S3 DELETE'])
        releases.push(lab.aws.fault({ action, when: 'before', respond }));
    };
    const failed = await runPaused(site, 'file: rename', 'after', meanwhile, [
      ...['--backend-url', changes.PULUMI_BACKEND_URL],
    ]);
    releases.forEach((release) => release());
    expectCode(failed, 12);
    expect(failed.stderr)
      .to.match(/✗ Step 5 failed\. The AWS credentials for the state of .* expired; renew them/)
      .and.match(/did not begin either \(for the same reason\) OpenEMR runs on .*, which works\. Run again/)
      .and.not.match(/urn:pulumi|StatusCode|snapshot/);
    expect((await snapshot(site)).admin).to.deep.equal(before.admin);
    expectCode(await run(site, [], changes), 0);
    await expectHealthy(site, 'B');
    const logins = await canary.stop();
    expect(logins.failed, logins.failures.join('\n')).to.equal(0);
  });

  it("a dead run's lock in the backend does not stop the next run", async () => {
    const folder = stateFile(site).replace(/stacks\/.*$/, 'locks/organization/openemr-credential-rotation/');
    const lock = {
      pid: 1,
      username: 'gone',
      hostname: 'a-pod-that-is-gone',
      timestamp: '2026-01-01T00:00:00Z',
    };
    mkdirSync(path.join(folder, site.name), { recursive: true });
    const file = path.join(folder, site.name, 'b5f0a1de-0000-4000-8000-000000000000.json');
    writeFileSync(file, JSON.stringify(lock));
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
  });
});
