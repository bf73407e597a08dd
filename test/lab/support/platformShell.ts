import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../../lab';
import type { ShellCommand } from '../../unit/docs/shell';
import { awsLauncher } from './aws/launcher';
import { awsVariables } from './backends';
import type { Run } from './command';
import { documented } from './documented';
import { pathWithPulumi, runDocumented, workingCopy } from './workingCopy';

const project = 'openemr-credential-rotation-platform';

/** The command of docs/platform.md that begins so. */
export const inPlatform = (start: string): ShellCommand =>
  documented('docs/platform.md', `pulumi -C infra ${start}`);

/** Any other command of the Pulumi CLI for infra/. */
export const onInfra = (...words: string[]): ShellCommand => ({
  environment: {},
  words: ['pulumi', '-C', 'infra', ...words],
});

/** The documents have `up` as somebody types it who is asked for a yes, which needs a terminal. */
export const withoutAsking = ({ environment, words }: ShellCommand): ShellCommand => ({
  environment,
  words: [...words, '--yes'],
});

/** Somebody of the platform team: a built clone, a state of their own, the cluster's admin, AWS. */
export interface PlatformShell {
  /** Runs a command of a document in the clone; `input` is what is typed. */
  run(command: ShellCommand, input?: string): Promise<Run>;
  /** The stack file as it is now. */
  stackFile(): string;
  /** Puts these inputs in place of those that the stack file has; what the engine wrote into it stays. */
  takeInputs(inputs: Record<string, unknown>): void;
  /** All that they were told so far. */
  said: Run[];
}

/** Makes all that in a folder. `makesAws`: the aws plugin is the one of support/aws, which makes what it previews. */
export async function platformShell(
  lab: Lab,
  folder: string,
  { makesAws = false } = {},
): Promise<PlatformShell> {
  const cwd = workingCopy(path.join(folder, 'clone'), true);
  const state = path.join(folder, 'platform-state');
  mkdirSync(state);
  const PATH = await pathWithPulumi(path.join(folder, 'bin'));
  if (makesAws) await awsLauncher(path.join(folder, 'bin'));
  const env = {
    HOME: folder,
    PATH,
    PULUMI_HOME: lab.pulumiHome,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    KUBECONFIG: lab.kubernetes.adminKubeconfig,
    ...awsVariables(lab),
    NO_COLOR: '1',
  };
  const file = path.join(cwd, 'infra', 'Pulumi.prod.yaml');
  const said: Run[] = [];
  return {
    said,
    run: async (command, input) => {
      const ended = await runDocumented(command, { cwd, env, ...(input === undefined ? {} : { input }) });
      said.push(ended);
      return ended;
    },
    stackFile: () => readFileSync(file, 'utf8'),
    takeInputs: (inputs) => {
      const config = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`${project}:${name}`, value]),
      );
      const { encryptionsalt } = parse(readFileSync(file, 'utf8')) as { encryptionsalt?: string };
      writeFileSync(file, stringify(encryptionsalt === undefined ? { config } : { encryptionsalt, config }));
    },
  };
}
