import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from '@pulumi/pulumi/automation';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tools } from '../../lab/package.js';
import { installStandIn } from '../../lab/plugins/install.js';

const PASSPHRASE = 'a passphrase of the test';
const PROJECT = 'plugins';

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startMoto(port: number): Promise<ChildProcess> {
  const moto = spawn(tools().moto, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  for (let tries = 0; tries < 150; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined);
    if (answer?.ok) return moto;
    if (moto.exitCode !== null) throw new Error('moto ended');
    await sleep(100);
  }
  moto.kill();
  throw new Error('moto does not answer');
}

/** A moto server, and an engine with the stand-ins in a home of its own. */
export class PluginBench {
  private constructor(
    readonly folder: string,
    readonly endpoint: string,
    private readonly moto: ChildProcess,
    readonly client: SecretsManagerClient,
  ) {}

  static async start(): Promise<PluginBench> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'plugins-'));
    await Promise.all(
      (['random', 'aws'] as const).map((name) => installStandIn(path.join(folder, 'home'), name)),
    );
    const port = await freePort();
    const moto = await startMoto(port);
    const endpoint = `http://127.0.0.1:${port}`;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials });
    return new PluginBench(folder, endpoint, moto, client);
  }

  /** A new stack on a file backend of the bench; `endpoint` is where its plugins look for AWS. */
  async stack(stackName: string, program: PulumiFn, endpoint = this.endpoint): Promise<Stack> {
    const workDir = path.join(this.folder, stackName);
    const backend = path.join(this.folder, 'backend');
    await Promise.all([workDir, backend].map((name) => mkdir(name, { recursive: true })));
    const pulumiCommand = await PulumiCommand.get({ root: tools().pulumi });
    const arguments_ = { stackName, projectName: PROJECT, program };
    return LocalWorkspace.createOrSelectStack(arguments_, {
      workDir,
      pulumiCommand,
      pulumiHome: path.join(this.folder, 'home'),
      envVars: {
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    });
  }

  /** The bytes of a stack's state file. */
  async stateFile(stackName: string): Promise<string> {
    return readFile(
      path.join(this.folder, 'backend', '.pulumi', 'stacks', PROJECT, `${stackName}.json`),
      'utf8',
    );
  }

  async stop(): Promise<void> {
    this.client.destroy();
    const ended = once(this.moto, 'exit');
    this.moto.kill();
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
