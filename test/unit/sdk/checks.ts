import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalWorkspace, Stack } from '@pulumi/pulumi/automation';
import type { AutomationLibrary } from '../../../src/sdk/automation';
import {
  addEnvironment,
  knownEngine,
  portsIn,
  selectQuietly,
  startedBy,
  withoutInfo,
  withoutNeedlessCalls,
} from '../../../src/sdk/automation';

/** What a check found to have changed in the SDK of that folder; undefined when all is as it was. */
type Check = (sdk: string) => Promise<string | undefined>;

/** The checks by the names of their contracts. */
export const checks: Record<string, Check> = {
  'automation entry': async (sdk) =>
    missing(Object.keys(automationOf(sdk)), ['LocalWorkspace', 'Stack']) ??
    missing(Object.getOwnPropertyNames(automationOf(sdk).Stack), ['create', 'select']),
  'engine command': (sdk) =>
    withStack(sdk, async (_, stack, calls) => {
      await stack.workspace.whoAmI().catch(() => undefined);
      const [call] = calls;
      if (call === undefined) return 'no call of the engine went through pulumiCommand.run';
      return call.args[0] === 'whoami' ? undefined : `run was called with ${JSON.stringify(call.args)}`;
    }),
  'engine environment': (sdk) =>
    withStack(sdk, async (_, stack, calls) => {
      addEnvironment(stack, { ADDED_LATER: 'yes' });
      await stack.workspace.whoAmI().catch(() => undefined);
      return calls[0]?.environment['ADDED_LATER'] === 'yes'
        ? undefined
        : 'a variable that is added to workspace.envVars does not reach the engine';
    }),
  'quiet selection': (sdk) =>
    withStack(sdk, async (library, { workspace }, calls) => {
      await selectQuietly(library, 'prod', workspace as LocalWorkspace);
      return calls.length === 0 ? undefined : `Stack.select called ${told(calls)}`;
    }),
  'needless calls': (sdk) =>
    withStack(sdk, async (_, stack, calls) => {
      await withoutNeedlessCalls(stack)
        .up()
        .catch(() => undefined);
      await withoutInfo(stack)
        .rename({ stackName: 'other' })
        .catch(() => undefined);
      return calls.length === 2 ? undefined : `up and rename called ${told(calls)}`;
    }),
  'loopback ports': (sdk) =>
    withStack(sdk, async (_, stack, calls) => {
      await withoutNeedlessCalls(stack)
        .up({ onEvent: () => undefined })
        .catch(() => undefined);
      await stack.preview({ onEvent: () => undefined }).catch(() => undefined);
      const found = calls.map(({ args }) => portsIn(args).length);
      return found.join() === '2,2' ? undefined : `ports in the arguments of up and preview: ${found.join()}`;
    }),
  'provider protocol': async (sdk) => {
    const require = createRequire(path.join(sdk, 'package.json'));
    const load = (name: string): Loaded => require(`./proto/${name}`) as Loaded;
    const service = load('provider_grpc_pb')['ResourceProviderService'];
    const messages = load('provider_pb');
    return (
      missing(Object.keys(service ?? {}), providerCalls) ??
      missing(
        Object.keys(accessors).flatMap((name) =>
          Object.getOwnPropertyNames(messages[name]?.prototype ?? {}).map(
            (accessor) => `${name}.${accessor}`,
          ),
        ),
        Object.entries(accessors).flatMap(([name, all]) => all.map((accessor) => `${name}.${accessor}`)),
      ) ??
      missing(Object.keys(load('plugin_pb')), ['PluginInfo'])
    );
  },
  'provider program': async (sdk) => {
    const file = path.join(sdk, 'cmd', 'dynamic-provider', 'index.js');
    if (!existsSync(file)) return 'there is no cmd/dynamic-provider/index.js';
    const printed = await firstOutputOf(file);
    return /^\d+\n/.test(printed)
      ? undefined
      : `it printed ${JSON.stringify(printed.slice(0, 80))} and no port`;
  },
  'dynamic resource': async (sdk) => {
    const text = readFileSync(path.join(sdk, 'dynamic', 'index.js'), 'utf8');
    const program = readFileSync(path.join(sdk, 'cmd', 'dynamic-provider', 'index.js'), 'utf8');
    if (!/pulumi-nodejs:dynamic\$\{module \? `\/\$\{module\}` : ""\}:\$\{type\}/.test(text))
      return 'dynamic/index.js makes another type';
    const key = /providerKey = "__provider"/;
    return key.test(text) && key.test(program) ? undefined : 'the provider is no longer in __provider';
  },
  launcher: async (sdk) =>
    existsSync(path.join(sdk, 'pulumi-resource-pulumi-nodejs'))
      ? undefined
      : 'there is no pulumi-resource-pulumi-nodejs in the folder of the package',
  'serializer of functions': async (sdk) => {
    const users = readdirSync(sdk, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js') && !name.includes('node_modules'))
      .filter((name) =>
        /require\("(typescript|ts-node)["/]/.test(readFileSync(path.join(sdk, name), 'utf8')),
      );
    const others = users.filter((name) => !serializers.includes(name));
    return others.length === 0 ? undefined : `${others.join(', ')} loads one of those, too`;
  },
};

type Loaded = Record<string, { prototype?: object } | undefined>;

const serializers = ['cmd/run/hooks.js', 'runtime/closure/codePaths.js', 'tsutils.js', 'typescript-shim.js'];

const providerCalls = [
  ...['attach', 'cancel', 'check', 'configure', 'create', 'delete', 'diff', 'getPluginInfo', 'invoke'],
  ...['read', 'update'],
];

/** What our provider calls of each message. */
const accessors: Record<string, string[]> = {
  CheckRequest: ['getNews'],
  CheckResponse: ['setInputs'],
  ConfigureResponse: ['setAcceptsecrets'],
  CreateRequest: ['getUrn', 'getProperties'],
  CreateResponse: ['setId', 'setProperties'],
  DiffRequest: ['getUrn', 'getId', 'getOlds', 'getNews'],
  DiffResponse: ['setChanges'],
  InvokeRequest: ['getTok', 'getArgs'],
  ReadRequest: ['getId', 'getProperties'],
  ReadResponse: ['setId', 'setProperties'],
  UpdateRequest: ['getUrn', 'getId', 'getOlds', 'getNews'],
  UpdateResponse: ['setProperties'],
};

function missing(there: readonly string[], wanted: readonly string[]): string | undefined {
  const gone = wanted.filter((name) => !there.includes(name));
  return gone.length === 0 ? undefined : `there is no ${gone.join(', ')}`;
}

interface EngineCall {
  args: string[];
  environment: Record<string, string>;
}

const told = (calls: readonly EngineCall[]): string =>
  calls.map(({ args }) => `pulumi ${args.slice(0, 2).join(' ')}`).join(', ');

function automationOf(sdk: string): AutomationLibrary {
  const require = createRequire(path.join(sdk, 'package.json'));
  return require('./automation/index.js') as AutomationLibrary;
}

/** A stack of that SDK with an engine that answers nothing and only takes note of its calls. */
async function withStack(
  sdk: string,
  action: (library: AutomationLibrary, stack: Stack, calls: EngineCall[]) => Promise<string | undefined>,
): Promise<string | undefined> {
  const library = automationOf(sdk);
  const workDir = mkdtempSync(path.join(tmpdir(), 'sdk-'));
  const calls: EngineCall[] = [];
  const version = { toString: () => '3.250.0', compare: () => 0 };
  const engine = startedBy(knownEngine('pulumi', version), async (args, _, environment) => {
    calls.push({ args, environment });
    return { stdout: '{}', stderr: '', code: 0 };
  });
  try {
    const workspace = await library.LocalWorkspace.create({
      workDir,
      pulumiCommand: engine,
      projectSettings: { name: 'check', runtime: 'nodejs', backend: { url: 'file:///nowhere' } },
      program: async () => undefined,
    });
    const stack = await library.Stack.create('prod', workspace);
    calls.length = 0;
    return await action(library, stack, calls);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** What a program prints first; it is ended then. */
function firstOutputOf(file: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, '127.0.0.1:1'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const end = (text: string): void => {
      child.kill('SIGKILL');
      resolve(text);
    };
    child.stdout.once('data', (data: Buffer) => end(data.toString()));
    child.once('exit', () => resolve(''));
  });
}
