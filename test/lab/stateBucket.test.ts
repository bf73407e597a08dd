import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { codeLines, repositoryText } from '../unit/docs/readme';
import { runWithFault } from '../faults/sweep';
import type { ObjectVersion } from './support/backends';
import { useBucket, VersionedBucket } from './support/backends';
import { environmentOf, run, runWith } from './support/command';
import { databases, labWith } from './support/labs';
import type { Names } from './support/operator';
import { Operator } from './support/operator';
import { expectCode, expectHealthy, expectNoSecret, snapshot } from './support/world';

/** What is looked at of `history --json`. */
interface History {
  rotations: { result: string; to: string; runs: unknown[] }[];
}

/**
 * State in a versioned bucket under a KMS key. Each run has a new private folder, as in a pod of a CronJob: what must
 * be kept is in the bucket. The tests go on from one another.
 */
describe('state in S3 under a KMS key', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;
  let bucket: VersionedBucket;
  let canary: ReturnType<Site['canary']>;
  const secrets = new Set<string>();

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
    bucket = await VersionedBucket.make(lab, 'rotation-state');
    await useBucket(lab, site, bucket.name);
    canary = site.canary();
  });
  after(async () => {
    const { failed, failures } = await canary.stop();
    await site.remove();
    expect(failed, failures.join('\n')).to.equal(0);
  });
  beforeEach(() =>
    rmSync(site.environment['CREDENTIAL_ROTATION_HOME'] ?? '', { recursive: true, force: true }),
  );
  afterEach(async () => {
    const { A, B, admin } = await snapshot(site);
    for (const { password } of [A, B, admin]) secrets.add(password);
  });

  const stateKey = (): string => `.pulumi/stacks/openemr-credential-rotation/${site.name}.json`;

  /** The rotations as a machine sees them that has nothing but the bucket and the right to use the key. */
  async function historyElsewhere(): Promise<History['rotations']> {
    const all = environmentOf(site);
    const names = Object.keys(all).filter((name) =>
      /^(PATH|HOME|AWS_|PULUMI_|CREDENTIAL_ROTATION_)/.test(name),
    );
    const environment = Object.fromEntries(names.map((name) => [name, all[name]]));
    const home = path.join(site.folder, 'another-machine');
    const result = await runWith({ ...environment, CREDENTIAL_ROTATION_HOME: home }, ['history', '--json']);
    rmSync(home, { recursive: true, force: true });
    expectCode(result, 0);
    return (JSON.parse(result.stdout) as History).rotations;
  }

  /** Carries out the command of docs/operations.md that begins so, on this site's bucket and state; gives what it prints. */
  async function byHand(beginning: string, more: Names = []): Promise<string> {
    const lines = codeLines('sh', repositoryText('docs', 'operations.md'));
    const line = lines.find((each) => each.startsWith(beginning)) ?? '';
    const own: Names = [
      ['openemr-credential-rotation-state', bucket.name],
      ['openemr-credential-rotation/prod.json', `openemr-credential-rotation/${site.name}.json`],
    ];
    return new Operator(lab, site, site.folder).runLine(line, [...own, ...more]);
  }

  /** What the AWS CLI shows of the versions of the state. */
  async function shownVersions(): Promise<{ VersionId: string; IsLatest: boolean }[]> {
    const { Versions } = JSON.parse(await byHand('aws s3api list-object-versions ')) as {
      Versions: { VersionId: string; IsLatest: boolean }[];
    };
    return Versions;
  }

  it('a whole rotation', async () => {
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
    expect(await bucket.keys('.pulumi/locks/')).to.deep.equal([]);
  });

  it('killed after the cut-over: its lock stays in the bucket, and the next run clears it and finishes', async () => {
    const killed = await runWithFault(site, { point: 'file: rename', mode: 'kill-after' });
    expect(killed.signal).to.equal('SIGKILL');
    expect(await bucket.keys('.pulumi/locks/')).to.have.length(1);
    rmSync(site.environment['CREDENTIAL_ROTATION_HOME'] ?? '', { recursive: true, force: true });
    const next = await run(site);
    expectCode(next, 0);
    expect(next.stdout + next.stderr).to.include('Finishing');
    await expectHealthy(site, 'A');
    expect(await bucket.keys('.pulumi/locks/')).to.deep.equal([]);
  });

  it('history, from a machine that has only the bucket and the key', async () => {
    const rotations = await historyElsewhere();
    expect(rotations.map(({ result, to, runs }) => [result, to, runs.length])).to.deep.equal([
      ['rotated', 'A', 2],
      ['rotated', 'B', 1],
    ]);
  });

  let earlier: ObjectVersion;

  it('a damaged state is refused; the last good version is put back, and the next rotation goes on from it', async () => {
    const [good] = await bucket.versions(stateKey());
    if (good === undefined) throw new Error(`no ${stateKey()}`);
    earlier = good;
    await bucket.write(stateKey(), (await bucket.read(good)).slice(0, -100));
    const refused = await run(site);
    expectCode(refused, 2);
    expect(refused.stderr).to.include(`restore ${stateKey()} from an earlier version of it`);
    const [newest] = await shownVersions();
    expect(newest?.IsLatest).to.equal(true);
    await byHand('aws s3api copy-object ', [['VERSION', good.versionId]]);
    expectCode(await run(site, ['--dry-run']), 0);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
    expect((await historyElsewhere()).map(({ to }) => to)).to.deep.equal(['B', 'A', 'B']);
  });

  it('a state that cannot be saved is moved away: the next run goes on from the world, and the history stays', async () => {
    const [good] = await bucket.versions(stateKey());
    if (good === undefined) throw new Error(`no ${stateKey()}`);
    await bucket.write(stateKey(), 'no state');
    expectCode(await run(site), 2);
    await byHand('aws s3 mv ');
    expect(await bucket.keys('broken/')).to.deep.equal(['broken/prod.json']);
    expect(await bucket.keys('.pulumi/stacks/')).to.not.include(stateKey());
    expectCode(await run(site, ['--dry-run']), 0);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'A');
    expect((await historyElsewhere()).map(({ to }) => to)).to.deep.equal(['A', 'B', 'A', 'B']);
  });

  it('a version from before the last rotation is put back: the world is right, and the next rotation ends healthy', async () => {
    await bucket.restore(earlier);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
  });

  it('no object of the bucket, in no version, holds a password in plain', async () => {
    const versions = await bucket.versions();
    const texts = await Promise.all(
      versions.map(
        async (version) => [`${version.key} ${version.versionId}`, await bucket.read(version)] as const,
      ),
    );
    const kinds = new Set(versions.map(({ key }) => key.split('/')[1]));
    expect([...kinds]).to.include.members(['stacks', 'history', 'locks']);
    expect(versions.filter(({ key }) => key.endsWith('.gz'))).to.deep.equal([]);
    expect(texts.some(([, text]) => text.includes('v1:'))).to.equal(true);
    expectNoSecret([...site.canaries(), ...secrets], Object.fromEntries(texts));
  });
});
