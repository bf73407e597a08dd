import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from '@pulumi/pulumi/automation';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { tools } from '../../../lab/package.js';
import { installRandom, installStandIn } from '../../../lab/plugins/install.js';
import { startMoto } from '../../../lab/servers/moto.js';
import { Processes } from '../../../lab/servers/processes.js';

const PASSPHRASE = 'a passphrase of the test';
const PROJECT = 'plugins';

/** A moto server, and an engine with the random plugin and the aws stand-in in a home of its own. */
export class PluginBench {
  private constructor(
    readonly folder: string,
    readonly endpoint: string,
    private readonly processes: Processes,
    readonly client: SecretsManagerClient,
  ) {}

  static async start(): Promise<PluginBench> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'plugins-'));
    const home = path.join(folder, 'home');
    await Promise.all([installRandom(home), installStandIn(home)]);
    const processes = new Processes(folder, true);
    const endpoint = await startMoto(tools(), processes);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials });
    return new PluginBench(folder, endpoint, processes, client);
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
    await this.processes.stop(); // which removes the folder, too
  }
}
