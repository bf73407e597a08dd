import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy } from './support/world';

/** Each run has a new private folder, as in a pod of a CronJob: what must be kept is in the backend. */
describe('state backends', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;

  beforeEach(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  afterEach(() => site.remove());

  it('S3 with a KMS key as secrets provider', async () => {
    const keyId = await makeBucketAndKey(lab, 'rotation-state');
    const query = `endpoint=${new URL(lab.aws.endpoint).host}&s3ForcePathStyle=true&disableSSL=true&region=us-east-1`;
    await rotateTwice(site, {
      PULUMI_BACKEND_URL: `s3://rotation-state?${query}`,
      CREDENTIAL_ROTATION_SECRETS_PROVIDER: `awskms://${keyId}?region=us-east-1`,
      PULUMI_CONFIG_PASSPHRASE: undefined,
    });
  });

  it('a folder with a passphrase, whose metadata a kill has cut off', () =>
    rotateTwice(site, {}, () => {
      const folder = (site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', '');
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      const metadata = names.filter((name) => name.endsWith('.attrs'));
      expect(metadata).not.to.deep.equal([]);
      for (const name of metadata) writeFileSync(path.join(folder, name), '');
    }));
});

async function rotateTwice(
  site: Site,
  environment: Record<string, string | undefined>,
  between: () => void = () => undefined,
): Promise<void> {
  const home = site.environment['CREDENTIAL_ROTATION_HOME'] ?? '';
  for (const slot of ['B', 'A'] as const) {
    expectCode(await run(site, [], environment), 0);
    await expectHealthy(site, slot);
    rmSync(home, { recursive: true });
    between();
  }
}

/** The lab's stand-in for AWS checks no signature; it finds the service in the credential's scope. */
async function makeBucketAndKey(lab: Lab, bucket: string): Promise<string> {
  const made = await fetch(`${lab.aws.endpoint}/${bucket}`, { method: 'PUT' });
  expect(made.status).to.equal(200);
  const answer = await fetch(lab.aws.endpoint, {
    method: 'POST',
    headers: {
      'X-Amz-Target': 'TrentService.CreateKey',
      'Content-Type': 'application/x-amz-json-1.1',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: '{}',
  });
  const { KeyMetadata } = (await answer.json()) as { KeyMetadata: { KeyId: string } };
  return KeyMetadata.KeyId;
}
