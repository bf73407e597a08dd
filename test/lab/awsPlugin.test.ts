import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../../lab';
import { awsProviderConfig } from '../../src/steps/awsProvider';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';

interface Provider {
  type: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** The state as it was before the plugin was given any configuration. */
function forgetConfiguration(file: string): void {
  const state = JSON.parse(readFileSync(file, 'utf8')) as {
    checkpoint: { latest: { resources: Provider[] } };
  };
  const provider = state.checkpoint.latest.resources.find(({ type }) => type === 'pulumi:providers:aws');
  for (const bag of [provider?.inputs, provider?.outputs])
    for (const [key] of Object.entries(awsProviderConfig)) {
      expect(bag).to.have.property(key.replace('aws:', ''));
      delete bag?.[key.replace('aws:', '')];
    }
  writeFileSync(file, JSON.stringify(state));
}

describe('the aws plugin and AWS that does not answer', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(() => site.remove());

  it('a version that cannot be stored ends the run in a minute, with one sentence; the next run goes on, without STS', async () => {
    const noSts = lab.aws.fault({ action: 'GetCallerIdentity', when: 'before' });
    const cut = lab.aws.fault({
      action: 'PutSecretValue',
      secretId: site.slotSecretId,
      when: 'before',
      skip: 1,
    });
    const before = await snapshot(site);
    try {
      const started = performance.now();
      const stopped = await run(site).finally(cut);
      expect(performance.now() - started).to.be.lessThan(60_000);
      expectCode(stopped, 4);
      expect(stopped.stderr)
        .to.match(/Secrets Manager in \S+ does not answer PutSecretValue on \S+ in time/)
        .and.not.include('urn:pulumi');
      expect((await snapshot(site)).fileHash).to.equal(before.fileHash);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    } finally {
      noSts();
    }
    expect(lab.aws.requests().some(({ action }) => action === 'GetCallerIdentity')).to.equal(false);
  });

  it('a state of a time when the plugin was not configured goes on', async () => {
    const backend = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
    const stacks = path.join(backend, '.pulumi', 'stacks', 'openemr-credential-rotation');
    forgetConfiguration(path.join(stacks, `${site.name}.json`));
    expectCode(await run(site, ['--dry-run']), 0);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'A');
  });
});
