import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { configLines } from '../../../src/cli/commands/config';
import type { ListedSetting, Listing } from '../../../src/settings/listing';
import { listSettings } from '../../../src/settings/listing';
import { optionNames } from '../../../src/settings/options';

describe('config show', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'listing-'));
    const text =
      'config:\n  openemr-credential-rotation:namespace: openemr\n  openemr-credential-rotation:awsRegion: eu-west-1\n';
    writeFileSync(path.join(folder, 'Pulumi.test.yaml'), text);
  });
  after(() => rmSync(folder, { recursive: true }));

  const of = ({ settings }: Listing, variable: string): ListedSetting | undefined =>
    settings.find((setting) => setting.variable === variable);
  const list = (environment: Record<string, string> = {}): Listing =>
    listSettings({ stack: 'test', deployment: 'web' }, { AWS_REGION: 'us-east-1', ...environment }, folder);

  it('lists every setting with where it comes from; a flag wins over the environment, that over the stack file', () => {
    const listing = list();
    expect(listing.settings).to.have.length(optionNames.length);
    expect(of(listing, 'K8S_DEPLOYMENT_NAME')).to.include({ value: 'web', origin: 'flag' });
    expect(of(listing, 'AWS_REGION')).to.include({ value: 'us-east-1', origin: 'environment', file: null });
    expect(of(listing, 'K8S_NAMESPACE')).to.include({ origin: 'stack file', file: 'Pulumi.test.yaml' });
    expect(of(listing, 'CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS')).to.include({
      value: '300',
      origin: 'default',
    });
    expect(of(listing, 'OPENEMR_HEALTHCHECK_URL')).to.include({ value: null, origin: 'not set' });
  });

  it('shows the folders that a run would use by default', () => {
    const listing = list({ XDG_STATE_HOME: '/state' });
    expect(of(listing, 'PULUMI_BACKEND_URL')).to.include({
      value: 'file:///state/openemr-credential-rotation/state',
      origin: 'default',
    });
  });

  it('names what is missing and goes on; a passphrase is asked for and never shown', () => {
    const { problems } = list();
    expect(problems.join('\n')).to.include('RDS_SLOT_SECRET_ID').and.to.include('PULUMI_CONFIG_PASSPHRASE');
    const given = list({ PULUMI_CONFIG_PASSPHRASE: 'top-secret' });
    expect(JSON.stringify(given)).not.to.include('top-secret').and.not.to.include('PULUMI_CONFIG_PASSPHRASE');
  });

  it('masks the password of a URL', () => {
    const listing = list({ PULUMI_BACKEND_URL: 'postgres://user:hidden@host/db?x=1' });
    expect(of(listing, 'PULUMI_BACKEND_URL')?.value).to.equal('postgres://user:********@host/db?x=1');
  });

  it('is a table, with the origins when they are asked for, and the problems below', () => {
    const lines = configLines(list(), true);
    expect(lines).to.satisfy((all: string[]) =>
      all.some((line) => /^K8S_NAMESPACE +openemr +stack file Pulumi\.test\.yaml$/.test(line)),
    );
    expect(lines).to.satisfy((all: string[]) =>
      all.some((line) => /^K8S_DEPLOYMENT_NAME +web +flag --deployment$/.test(line)),
    );
    expect(lines).to.satisfy((all: string[]) =>
      all.some((line) => /^RDS_SLOT_SECRET_ID +\(missing\) +not set$/.test(line)),
    );
    expect(lines.at(-1)).to.match(/^✗ /);
    expect(configLines(list(), false).join('\n')).not.to.include('stack file');
  });
});
