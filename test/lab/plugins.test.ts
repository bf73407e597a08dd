import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { SecretVersion, type SecretVersionArgs } from '@pulumi/aws/secretsmanager/secretVersion';
import { RandomPassword, type RandomPasswordArgs } from '@pulumi/random/randomPassword';
import * as pulumi from '@pulumi/pulumi';
import type { OutputMap, Stack, UpResult } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import { createServer, type Server } from 'node:http';
import { PluginBench } from './support/pluginBench.js';

/** The part of a state file that is looked at here. */
interface State {
  checkpoint: { latest: { resources: { type: string }[] } };
}

const quiet = { onOutput: () => undefined };

function changes(result: UpResult): Record<string, number | undefined> {
  return { ...result.summary.resourceChanges };
}

function text(outputs: OutputMap, name: string): string {
  return String(outputs[name]?.value);
}

/** A resource of a type that no package in this test declares. */
class Untyped extends pulumi.CustomResource {}

/** The message of a failed engine run. */
async function failureOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'no failure',
    (problem: unknown) => String(problem),
  );
}

describe("the random plugin, and the lab's stand-in for the aws plugin", function () {
  this.timeout(120_000);
  this.slow(8_000);
  let bench: PluginBench;

  before(async () => {
    bench = await PluginBench.start();
  });

  after(async () => {
    await bench.stop();
  });

  async function resourceTypes(stackName: string): Promise<string[]> {
    const state = JSON.parse(await bench.stateFile(stackName)) as State;
    return state.checkpoint.latest.resources.map(({ type }) => type);
  }

  describe('random.RandomPassword', () => {
    let wanted: RandomPasswordArgs = { length: 24, special: false, minNumeric: 5, minUpper: 3, minLower: 2 };
    let stack: Stack;
    let result: string;
    let hash: string;
    const known: string[] = [];

    before(async () => {
      stack = await bench.stack('random', async () => {
        const password = new RandomPassword('password', wanted);
        password.result.apply((value) => known.push(value));
        const { result, bcryptHash } = password;
        return { result, bcryptHash, all: pulumi.output(password) };
      });
    });

    it('previews an unknown result, and makes nothing', async () => {
      const preview = await stack.preview(quiet);
      expect(preview.changeSummary).to.deep.equal({ create: 2 });
      expect(known).to.deep.equal([]);
      expect(await bench.stateFile('random').catch(() => 'none')).not.to.contain('RandomPassword');
    });

    it('makes a password that keeps the minimums, with the defaults as outputs', async () => {
      const { outputs } = await stack.up(quiet);
      result = text(outputs, 'result');
      hash = text(outputs, 'bcryptHash');
      expect(result).to.match(/^[A-Za-z0-9]{24}$/);
      expect(result.replace(/\D/g, '').length).to.be.at.least(5);
      expect(result.replace(/[^A-Z]/g, '').length).to.be.at.least(3);
      expect(outputs['all']?.value).to.include({
        id: 'none',
        lower: true,
        number: true,
        numeric: true,
        minSpecial: 0,
      });
      expect(outputs['result']?.secret).to.equal(true);
      expect(outputs['bcryptHash']?.secret).to.equal(true);
    });

    it('keeps the result and its hash as ciphertext in the state file', async () => {
      expect(hash).to.match(/^\$2a\$10\$.{53}$/);
      const state = await bench.stateFile('random');
      expect(state).to.contain('RandomPassword').and.not.to.contain(result).and.not.to.contain('$2a$');
    });

    it('does nothing in a second run, and keeps the password', async () => {
      const again = await stack.up({ ...quiet, refresh: true });
      expect(changes(again)).to.deep.equal({ same: 2 });
      expect(text(again.outputs, 'result')).to.equal(result);
    });

    it('makes another password for a changed input', async () => {
      wanted = { ...wanted, keepers: { rotation: '2' } };
      const replaced = await stack.up(quiet);
      expect(changes(replaced)).to.deep.equal({ same: 1, replace: 1 });
      expect(text(replaced.outputs, 'result')).not.to.equal(result);
    });

    it('refuses a length that the minimums exceed, and a password of no characters', async () => {
      wanted = { length: 3, minNumeric: 4 };
      expect(await failureOf(stack.preview(quiet))).to.match(
        /Attribute length value must be at least sum of/,
      );
      wanted = { length: 3, special: false, numeric: false, upper: false, lower: false };
      expect(await failureOf(stack.preview(quiet))).to.contain('Invalid Attribute Combination');
    });
  });

  describe('aws.secretsmanager.SecretVersion', () => {
    let secretId: string;
    let wanted: Partial<SecretVersionArgs> = { secretString: 'canary-first-value' };
    let retainOnDelete = false;
    let present = true;
    let stack: Stack;
    let versionId: string;

    /** The labels of each version that has some. */
    async function stages(): Promise<Record<string, string[]>> {
      const { VersionIdsToStages } = await bench.client.send(
        new DescribeSecretCommand({ SecretId: secretId }),
      );
      const entries = Object.entries(VersionIdsToStages ?? {}).map(
        ([id, labels]) => [id, [...labels].sort()] as const,
      );
      return Object.fromEntries(entries.filter(([, labels]) => labels.length > 0));
    }

    const program = async () => {
      if (!present) return {};
      const version = new SecretVersion('version', { secretId, ...wanted }, { retainOnDelete });
      return { versionId: version.versionId, value: version.secretString, all: pulumi.output(version) };
    };

    before(async () => {
      const made = await bench.client.send(
        new CreateSecretCommand({ Name: 'slots', SecretString: 'before' }),
      );
      secretId = String(made.ARN);
      stack = await bench.stack('version', program);
    });

    it('previews without a request that writes', async () => {
      const before = await stages();
      expect((await stack.preview(quiet)).changeSummary).to.deep.equal({ create: 2 });
      expect(await stages()).to.deep.equal(before);
    });

    it('stores a version, which is the current one when no labels are given', async () => {
      const { outputs } = await stack.up(quiet);
      versionId = text(outputs, 'versionId');
      expect((await stages())[versionId]).to.deep.equal(['AWSCURRENT']);
      expect(outputs['all']?.value).to.include({
        id: `${secretId}|${versionId}`,
        arn: secretId,
        secretArn: secretId,
      });
      expect(outputs['all']?.value).to.deep.include({ versionStages: ['AWSCURRENT'], region: 'us-east-1' });
      expect(outputs['value']?.secret).to.equal(true);
    });

    it('keeps the value as ciphertext in the state file', async () => {
      const state = await bench.stateFile('version');
      expect(state).to.contain('SecretVersion').and.not.to.contain('canary-first-value');
    });

    it('does nothing in a second run, also after a refresh', async () => {
      expect(changes(await stack.up({ ...quiet, refresh: true }))).to.deep.equal({ same: 2 });
    });

    it('stores another version for a changed value, under labels of its own, and leaves the current one', async () => {
      const first = versionId;
      wanted = { secretString: 'canary-second-value', versionStages: ['minted', 'held'] };
      const replaced = await stack.up(quiet);
      versionId = text(replaced.outputs, 'versionId');
      expect(changes(replaced)).to.deep.equal({ same: 1, replace: 1 });
      // The old version is deleted, but AWSCURRENT cannot be taken away.
      expect(await stages()).to.deep.include({ [first]: ['AWSCURRENT'], [versionId]: ['held', 'minted'] });
    });

    it('moves labels in place', async () => {
      wanted = { ...wanted, versionStages: ['other', 'held'] };
      const updated = await stack.up(quiet);
      expect(changes(updated)).to.deep.equal({ same: 1, update: 1 });
      expect(text(updated.outputs, 'versionId')).to.equal(versionId);
      expect((await stages())[versionId]).to.deep.equal(['held', 'other']);
    });

    it('takes the labels of the old version away when a replacement deletes it', async () => {
      const old = versionId;
      wanted = { secretString: 'canary-third-value', versionStages: ['third'] };
      retainOnDelete = true;
      versionId = text((await stack.up(quiet)).outputs, 'versionId');
      expect(await stages()).to.have.property(versionId);
      expect(await stages()).not.to.have.property(old);
    });

    it('leaves a retained version as it is', async () => {
      present = false;
      expect(changes(await stack.up(quiet))).to.deep.equal({ same: 1, delete: 1 });
      expect((await stages())[versionId]).to.deep.equal(['third']);
    });

    it('takes the labels away in a destroy', async () => {
      present = true;
      retainOnDelete = false;
      wanted = { secretString: 'canary-fourth-value', versionStages: ['fourth'] };
      versionId = text((await stack.up(quiet)).outputs, 'versionId');
      expect(await stages()).to.have.property(versionId);
      await stack.destroy(quiet);
      expect(await stages()).not.to.have.property(versionId);
    });

    it('refuses a binary value', async () => {
      wanted = { secretBinary: 'AAAA' };
      expect(await failureOf(stack.preview(quiet))).to.contain('has no secretBinary, only secretString');
    });
  });

  describe('an error after the write', () => {
    let proxy: Server;
    let stack: Stack;
    let failing = true;
    const puts: string[] = [];
    let identities = 0;

    before(async () => {
      await bench.client.send(new CreateSecretCommand({ Name: 'half', SecretString: 'before' }));
      proxy = createServer((request, response) => {
        const action = String(request.headers['x-amz-target']).split('.').pop() ?? '';
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          if (Buffer.concat(parts).toString().includes('Action=GetCallerIdentity')) identities += 1;
          if (action === 'PutSecretValue') puts.push(action);
          if (failing && action === 'GetSecretValue') {
            response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
            response.end(JSON.stringify({ __type: 'AccessDeniedException', message: 'not you' }));
            return;
          }
          const headers = Object.entries(request.headers).filter(([name]) =>
            /^(x-amz|content-type|auth)/.test(name),
          );
          void fetch(bench.endpoint, {
            method: 'POST',
            headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
            body: Buffer.concat(parts),
          }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
        });
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => proxy.once('listening', resolve));
    });

    after(() => {
      proxy.closeAllConnections();
      proxy.close();
    });

    it('keeps the stored version in the state, and the next run goes on from it', async () => {
      const address = proxy.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const program = async () => ({
        versionId: new SecretVersion('version', {
          secretId: 'half',
          secretString: 'canary',
          versionStages: ['held'],
        }).versionId,
      });
      stack = await bench.stack('half', program, `http://127.0.0.1:${port}`);
      const message = await failureOf(stack.up(quiet));
      expect(message).to.match(
        /waiting for Secrets Manager Secret Version \(half\|terraform-[0-9a-f]{26}\) create.*not you/,
      );
      expect(await bench.stateFile('half'))
        .to.contain('half|terraform-')
        .and.not.to.contain('canary');
      failing = false;
      const { outputs } = await stack.up(quiet);
      expect(text(outputs, 'versionId')).to.match(/^terraform-/);
      expect(puts).to.have.lengthOf(1);
    });

    it('asks STS who it is, unless it is told not to', () => expect(identities).to.be.greaterThan(1));

    it('a version that is gone leaves the state in a refresh', async () => {
      expect(await resourceTypes('half')).to.include('aws:secretsmanager/secretVersion:SecretVersion');
      await bench.client.send(
        new DeleteSecretCommand({ SecretId: 'half', ForceDeleteWithoutRecovery: true }),
      );
      await stack.refresh(quiet);
      expect(await resourceTypes('half')).not.to.include('aws:secretsmanager/secretVersion:SecretVersion');
    });
  });

  describe('what the stand-in does not have', () => {
    let program: () => unknown;
    let stack: Stack;

    before(async () => {
      stack = await bench.stack('refused', async () => {
        await program();
      });
    });

    it('is refused by name: a resource type', async () => {
      program = () => new Untyped('aws:ec2/instance:Instance', 'instance', {}, { version: '7.48.0' });
      const message = await failureOf(stack.preview(quiet));
      expect(message)
        .to.contain('aws:ec2/instance:Instance')
        .and.to.contain("lab's stand-in for the aws plugin 7.48.0");
    });

    it('is refused when it is to be made: a type that is only previewed', async () => {
      program = () => new Untyped('aws:s3/bucket:Bucket', 'bucket', {}, { version: '7.48.0' });
      await stack.preview(quiet);
      const message = await failureOf(stack.up(quiet));
      expect(message).to.contain("aws:s3/bucket:Bucket can only be previewed: the lab's stand-in");
    });

    it('is refused by name: a function', async () => {
      program = () => pulumi.runtime.invoke('aws:index/getRegion:getRegion', {}, { version: '7.48.0' });
      const message = await failureOf(stack.preview(quiet));
      expect(message).to.contain('aws:index/getRegion:getRegion').and.to.contain("lab's stand-in");
    });
  });
});
