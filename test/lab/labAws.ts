import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';

/** A client that goes through the lab's proxy and does not try again. */
function clientOf(lab: Lab): SecretsManagerClient {
  return new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: lab.aws.endpoint,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
}

/** The tests of the lab's AWS, for a lab and a site that are made before they run. */
export function awsTests(lab: () => Lab, siteOf: () => Site): void {
  it('records what reaches AWS, and makes it fail before and after the deed', async () => {
    const [{ aws }, site] = [lab(), siteOf()];
    const client = clientOf(lab());
    const put = (text: string): Promise<unknown> =>
      client.send(new PutSecretValueCommand({ SecretId: site.slotSecretId, SecretString: text }));
    const { ARN } = await client.send(new DescribeSecretCommand({ SecretId: site.slotSecretId }));
    const original = await site.slotDocument();
    const action = 'PutSecretValue';
    const respond = { status: 400, type: 'AccessDeniedException', message: 'no' };
    const secretId = ARN ?? '';
    aws.fault({ action, secretId, when: 'before', times: 1, respond });
    expect(await put('{"x":1}').catch((error: Error) => error.name)).to.equal('AccessDeniedException');
    expect(await site.slotDocument()).to.deep.equal(original);
    const clear = aws.fault({ action, secretId, when: 'after' });
    expect(await put('{"x":1}').catch((error: Error) => error.message)).to.match(/socket hang up|ECONNRESET/);
    expect(await site.slotDocument()).to.deep.equal({ x: 1 });
    clear();
    await put(JSON.stringify(original));
    const seen = aws.requests().slice(-4);
    expect(seen.map(({ status, write }) => [status, write])).to.deep.equal([
      [200, false],
      [400, true],
      [0, true],
      [200, true],
    ]);
    expect(seen.every(({ secretId: id }) => id === site.slotSecretId)).to.equal(true);
    client.destroy();
  });

  it('moves AWSCURRENT as AWS does: only from the version that is named', async () => {
    const site = siteOf();
    const client = clientOf(lab());
    const SecretId = site.adminSecretId;
    const read = async (): Promise<GetSecretValueCommandOutput> =>
      client.send(new GetSecretValueCommand({ SecretId }));
    const move = (label: string, to?: string, from?: string): Promise<unknown> =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: label,
          MoveToVersionId: to,
          RemoveFromVersionId: from,
        }),
      );
    const { VersionId: old, SecretString } = await read();
    const put = new PutSecretValueCommand({ SecretId, SecretString, VersionStages: ['LAB_LABEL'] });
    const { VersionId: fresh } = await client.send(put);
    expect((await read()).VersionId).to.equal(old);
    const refused = (error: Error): string => error.name;
    expect(await move('AWSCURRENT', fresh).catch(refused)).to.equal('InvalidParameterException');
    expect(await move('AWSCURRENT', fresh, fresh).catch(refused)).to.equal('InvalidParameterException');
    expect(await move('LAB_LABEL', old).catch(refused)).to.equal('InvalidParameterException');
    await move('AWSCURRENT', fresh, old);
    expect((await read()).VersionId).to.equal(fresh);
    expect(await move('AWSCURRENT', old, old).catch(refused)).to.equal('InvalidParameterException');
    client.destroy();
  });
}
