import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Envelope } from '../../src/evidence/dsse';
import type { Statement } from '../../src/evidence/form';
import type { PastRotation } from '../../src/history/pastRotation';
import type { StatusReport } from '../../src/inspect/status/report';
import { runWithFault } from '../faults/sweep';
import { documentedFields, fieldsOf, unknownFields } from '../unit/docs/documented';
import { makeKey } from './support/backends';
import type { Run } from './support/command';
import { run, runWith } from './support/command';
import { databases, labWith } from './support/labs';
import { dropDefaultUsers, expectCode, expectNoSecret, snapshot } from './support/world';

/** All that a look at the history needs: neither AWS nor Kubernetes nor the database. */
const needed = [
  'PATH',
  'HOME',
  'PULUMI_HOME',
  'PULUMI_BACKEND_URL',
  'PULUMI_CONFIG_PASSPHRASE',
  'CREDENTIAL_ROTATION_STACK',
  'CREDENTIAL_ROTATION_HOME',
  'CREDENTIAL_ROTATION_ENGINE_ROOT',
];

describe('history', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  const runs: Run[] = [];
  const secrets = new Set<string>();

  const history = (args: string[] = [], changes: Record<string, string> = {}): Promise<Run> =>
    look(['history', ...args], changes);
  const look = async (args: string[], changes: Record<string, string> = {}): Promise<Run> => {
    const all: Record<string, string | undefined> = {
      ...process.env,
      ...site.environment,
      HOME: site.folder,
      ...changes,
    };
    const result = await runWith(Object.fromEntries(needed.map((name) => [name, all[name]])), args);
    runs.push(result);
    return result;
  };
  const rotationsOf = async (args: string[] = []): Promise<PastRotation[]> => {
    const result = await history(['--json', ...args]);
    expectCode(result, 0);
    const answer = JSON.parse(result.stdout) as { schema: number; type: string; rotations: PastRotation[] };
    expect([answer.schema, answer.type]).to.deep.equal([1, 'history']);
    const documented = documentedFields('Fields', 'json-history.md');
    expect(unknownFields(fieldsOf(answer), documented)).to.deep.equal([]);
    return answer.rotations;
  };
  const keepSecrets = async (): Promise<void> => {
    const { A, B, admin } = await snapshot(site);
    for (const { password } of [A, B, admin]) secrets.add(password);
  };

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(async () => {
    await site.remove();
    await dropDefaultUsers(lab);
  });

  it('is empty before the first rotation, and makes no stack', async () => {
    const result = await history();
    expectCode(result, 0);
    expect(result.stdout).to.equal(`No rotation in stack ${site.name} yet.\n`);
    expect(await rotationsOf()).to.deep.equal([]);
  });

  it('shows a rotation, one that was rolled back, and one whose run was killed', async () => {
    await keepSecrets();
    expectCode(await run(site), 0);
    await site.podFault('health-500', { rollouts: 1 });
    expectCode(await run(site), 13);
    await keepSecrets();
    const killed = await runWithFault(site, { point: 'engine: health begins', mode: 'kill-before' });
    expect(killed.signal).to.equal('SIGKILL');
    // Where a kill comes just then, the engine leaves its metadata cut off, and reads the state no more.
    const { PULUMI_BACKEND_URL: state = '' } = site.environment;
    const stacks = path.join(state.replace('file://', ''), '.pulumi/stacks/openemr-credential-rotation');
    const cutOff = (): void => writeFileSync(path.join(stacks, `${site.name}.json.attrs`), '{"user');
    cutOff();
    const status = await run(site, ['status', '--json']);
    const { unreadable, unfinished } = JSON.parse(status.stdout) as StatusReport;
    expect([status.code, unreadable, unfinished?.kind]).to.deep.equal([10, [], 'rotate']);
    cutOff();
    const result = await history();
    expectCode(result, 0);
    const [head = '', ...rows] = result.stdout.trimEnd().split('\n');
    expect(head.split(/ {2,}/)).to.deep.equal([
      'rotation',
      'kind',
      'from → to',
      'started (UTC)',
      'took',
      'result',
      'by',
    ]);
    expect(
      rows.map((row) => row.split(/ {2,}/)).map(([, , way, , , how, by]) => [way, how, by]),
    ).to.deep.equal([
      ['B → A', 'unfinished', who()],
      ['B → A', 'rolled back (step 8 failed)', who()],
      ['A → B', 'rotated', who()],
    ]);
  });

  it('knows each step’s time and the reason of the rollback, also from the killed run’s state', async () => {
    const [killed, back, first] = await rotationsOf();
    const done = (steps: PastRotation['steps'] | undefined): number[] =>
      (steps ?? [])
        .filter(({ status, ms }) => status === 'done' && ms !== undefined)
        .map(({ number }) => number);
    expect(done(first?.steps)).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(done(back?.steps)).to.deep.equal([2, 3, 4, 5, 6, 7]);
    expect(done(back?.rollback?.steps)).to.include.members([5, 6, 7, 8]);
    expect(done(killed?.steps)).to.deep.equal([2, 3, 4, 5, 6, 7]);
    expect(back?.failure?.step).to.equal(8);
    // On a busy machine its last answer may be none at all, in place of HTTP 500.
    expect(back?.failure?.message).to.include('health page');
    expect(first?.renewed.map(({ account }) => account)).to.deep.equal(['A', 'admin']);
    expect(await rotationsOf(['--limit', '1'])).to.deep.equal([killed]);
  });

  it('writes one page, with the requests that somebody counted', async () => {
    const [, , first] = await rotationsOf();
    const failures = [{ at: first?.startedAt, kind: 'timeout' }];
    writeFileSync(
      path.join(site.folder, 'load.json'),
      JSON.stringify({ [first?.id ?? '-']: { requests: 77, failed: 1, failures } }),
    );
    const result = await history(['--html', 'rotations.html', '--load', 'load.json']);
    expectCode(result, 0);
    expect(result.stdout).to.equal('✓ rotations.html: 3 rotation(s).\n');
    const page = readFileSync(path.join(site.folder, 'rotations.html'), 'utf8');
    for (const words of [
      first?.id ?? '-',
      'rolled back (step 8 failed)',
      '77 requests to OpenEMR',
      'unfinished',
    ])
      expect(page, words).to.include(words);
    expectNoSecret([...secrets, ...site.canaries(), 'lab-passphrase'], { page });
  });

  describe('evidence of it', () => {
    const at = (name: string): string => path.join(site.folder, name);
    const statementIn = (name: string): Statement => {
      const { payload } = JSON.parse(readFileSync(at(name), 'utf8')) as Envelope;
      return JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as Statement;
    };
    const openssl = (...args: string[]): void =>
      void execFileSync('openssl', args, { cwd: site.folder, stdio: 'ignore' });

    it('needs the state and a key alone; a run under way, a rollback and a rotation are shown as such', async () => {
      openssl('genpkey', '-algorithm', 'ed25519', '-out', 'evidence.pem');
      chmodSync(at('evidence.pem'), 0o600);
      openssl('pkey', '-in', 'evidence.pem', '-pubout', '-out', 'public.pem');
      const local = ['--key', 'evidence.pem', '--max-age', '1d'];
      // B has not been renewed yet: its age is not known.
      expectCode(await look(['evidence', ...local, '--out', 'first.json']), 10);
      const { entries, findings } = statementIn('first.json').predicate;
      expect(entries.map(({ outcome, final }) => [outcome, final])).to.deep.equal([
        ['rotated', true],
        ['rolled-back', true],
        ['unfinished', false],
      ]);
      expect(findings.map(({ code }) => code)).to.deep.equal(['not-final']);
      const [rotated, back, killed] = entries;
      const { adminLogin, rollout, health, idle } = rotated?.proofs ?? {};
      expect(adminLogin).to.include({ foundUnder: 'AWSCURRENT', tried: 1, refused: 0 });
      expect(rollout?.updated).to.equal(rollout?.wanted).and.be.greaterThan(0);
      expect(health?.good)
        .to.be.at.least(health?.wanted ?? NaN)
        .and.be.greaterThan(0);
      expect(idle?.logins?.before).to.equal(idle?.logins?.after).and.be.greaterThan(0);
      expect(back?.proofs).to.have.keys('adminLogin', 'rollout');
      expect(back?.rollback?.proofs?.health?.good).to.be.greaterThan(0);
      expect(killed?.proofs).to.have.keys('adminLogin', 'rollout');
    });

    it('goes on when that run is finished, and is signed by a key of AWS KMS as well', async () => {
      expectCode(await run(site), 0);
      await keepSecrets();
      const local = ['--key', 'evidence.pem', '--max-age', '1d'];
      expectCode(await look(['evidence', ...local, '--out', 'second.json']), 0);
      const verify = (name: string, ...more: string[]): Promise<Run> =>
        runWith({ PATH: process.env['PATH'], HOME: site.folder }, ['evidence', 'verify', name, ...more]);
      const verified = await verify('second.json', '--key', 'public.pem', '--after', 'first.json');
      expectCode(verified, 0);
      expect(verified.stdout)
        .to.match(/second\.html is as it was/)
        .and.match(/second\.csv is as it was/);
      expectCode(await verify('first.json', '--key', 'public.pem', '--after', 'second.json'), 10);
      const keyId = await makeKey(lab, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
      const signed = await run(site, [
        'evidence',
        '--kms-key',
        keyId,
        '--out',
        'kms.json',
        '--since',
        '2020-01-01',
      ]);
      expectCode(signed, 0);
      const client = new KMSClient(awsOf(lab));
      const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
      client.destroy();
      writeFileSync(at('kms.der'), PublicKey ?? '');
      openssl('pkey', '-pubin', '-inform', 'DER', '-in', 'kms.der', '-out', 'kms.pem');
      expectCode(await verify('kms.json', '--key', 'kms.pem'), 0);
      expectCode(await verify('kms.json', '--key', 'public.pem'), 10);
      expect(statementIn('kms.json').predicate.entries).to.deep.equal(
        statementIn('second.json').predicate.entries,
      );
      const closed = await run(site, ['evidence', '--kms-key', await makeKey(lab), '--out', 'kms.json']);
      expectCode(closed, 2);
      expect(closed.stderr).to.match(/--kms-key: .* is a key of another kind/);
    });

    it('holds no secret, and no hash of the file', () => {
      const names = ['first', 'second', 'kms'].flatMap((stem) => [`${stem}.html`, `${stem}.csv`]);
      const texts = Object.fromEntries(names.map((name) => [name, readFileSync(at(name), 'utf8')]));
      const payloads = {
        first: JSON.stringify(statementIn('first.json')),
        kms: JSON.stringify(statementIn('kms.json')),
      };
      expectNoSecret([...secrets, ...site.canaries(), 'lab-passphrase'], { ...texts, ...payloads });
      expect(payloads.kms).not.to.include('sqlconf');
    });
  });

  it('refuses with one sentence and exit 2 what it cannot read or write', async () => {
    const refusals: [Run, RegExp][] = [
      [
        await history(['--html', 'nowhere/page.html']),
        /nowhere\/page\.html cannot be written: the folder .* is not there/,
      ],
      [await history(['--limit', '0']), /--limit takes a whole number/],
      [await history([], { PULUMI_CONFIG_PASSPHRASE: 'another one' }), /passphrase or key does not open/],
    ];
    for (const [result, words] of refusals) {
      expectCode(result, 2);
      expect(result.stderr).to.match(words);
      expect(result.stderr.trimEnd().split('\n')).to.have.length(1);
    }
  });

  it('shows no password', () => {
    const texts = runs.flatMap(({ stdout, stderr }, index) => [
      [`stdout ${index}`, stdout],
      [`stderr ${index}`, stderr],
    ]);
    expectNoSecret(
      [...secrets, ...site.canaries(), 'lab-passphrase'],
      Object.fromEntries(texts) as Record<string, string>,
    );
  });
});

/** The user of this machine, as the history names it. */
function who(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** Where the lab's AWS is, for a client of the test. */
function awsOf(lab: Lab): {
  region: string;
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} {
  return {
    ...{ region: 'us-east-1', endpoint: lab.aws.endpoint },
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };
}
