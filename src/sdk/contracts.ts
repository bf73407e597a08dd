/*
 * What this package relies on without being promised it: by Pulumi's SDK for Node.js, by the engine, and by npm's package of it. A table, read by
 * test/unit/sdk/contracts.test.ts and by whoever takes a new version: see that each check passes, then widen `tried`.
 */

/** Something that a new version may change without a word. */
export interface Contract {
  /** A short name, as a failing check tells it. */
  name: string;
  party: 'sdk' | 'engine' | 'npm';
  reliesOn: string;
  /** Our file that states it; nobody else does. */
  file: string;
  /** The versions that it was tried with, as a semver range. */
  tried: string;
  /** The test that fails when it changes. */
  checkedBy: string;
}

const tried = '>=3.250.0 <3.277.0';
const unit = 'test/unit/sdk/contracts.test.ts';
const automation = { party: 'sdk', file: 'src/sdk/automation.ts', tried, checkedBy: unit } as const;

export const contracts: readonly Contract[] = [
  {
    ...automation,
    name: 'automation entry',
    reliesOn: 'automation/index.js exports LocalWorkspace.create, Stack.create and Stack.select',
  },
  {
    ...automation,
    name: 'engine command',
    reliesOn:
      'every call of the engine goes through run(args, cwd, env, onOutput, onError, signal) of the given pulumiCommand, which answers stdout, stderr and code',
  },
  {
    ...automation,
    name: 'engine environment',
    reliesOn: 'workspace.envVars is read anew for each call of the engine',
  },
  {
    ...automation,
    name: 'quiet selection',
    reliesOn: 'Stack.select calls the engine only by workspace.selectStack',
  },
  {
    ...automation,
    name: 'needless calls',
    reliesOn:
      'after an update or a rename the engine is asked only by workspace.stackOutputs and stack.info, which can be replaced',
  },
  {
    ...automation,
    name: 'loopback ports',
    reliesOn:
      'the servers of the program and of the events stand in the arguments of up and preview as 127.0.0.1:PORT',
  },
  {
    name: 'provider protocol',
    party: 'sdk',
    reliesOn: 'proto/*_pb.js hold the service and the messages of a provider, with these accessors',
    file: 'src/sdk/protocol.ts',
    tried,
    checkedBy: unit,
  },
  {
    name: 'provider program',
    party: 'sdk',
    reliesOn:
      'cmd/dynamic-provider/index.js serves dynamic resources as soon as it is loaded, and prints its port',
    file: 'src/sdk/providerProgram.ts',
    tried,
    checkedBy: unit,
  },
  {
    name: 'dynamic resource',
    party: 'sdk',
    reliesOn: 'a dynamic resource has the type pulumi-nodejs:dynamic/MODULE:NAME and the input __provider',
    file: 'src/sdk/dynamic.ts',
    tried,
    checkedBy: unit,
  },
  {
    name: 'launcher',
    party: 'sdk',
    reliesOn: "the package's folder holds pulumi-resource-pulumi-nodejs, which the engine looks for on PATH",
    file: 'src/sdk/packageFolder.ts',
    tried,
    checkedBy: unit,
  },
  {
    name: 'serializer of functions',
    party: 'sdk',
    reliesOn:
      'typescript and ts-node are loaded by the serializer of functions and by `pulumi run` alone, so that a bundle does without',
    file: 'build/vendor.ts',
    tried,
    checkedBy: unit,
  },
  {
    name: 'attaching',
    party: 'engine',
    reliesOn:
      'PULUMI_DEBUG_PROVIDERS=pulumi-nodejs:PORT lets the engine dial that port in the place of a plugin of its own',
    file: 'src/sdk/dynamic.ts',
    tried,
    checkedBy: 'test/lab/locking.test.ts',
  },
  {
    name: 'start by invoke',
    party: 'engine',
    reliesOn: 'a call of a function that a plugin does not have starts that plugin, and does nothing else',
    file: 'src/steps/plugins.ts',
    tried,
    checkedBy: 'test/lab/plugins.test.ts',
  },
  {
    name: 'exported state',
    party: 'engine',
    reliesOn: 'the shape of `pulumi stack export`, and of its secrets in clear and as ciphertext',
    file: 'src/engine/state.ts',
    tried,
    checkedBy: 'test/lab/stateAnswers.test.ts',
  },
  {
    name: 'folder of a state',
    party: 'engine',
    reliesOn: 'stacks, locks, history and their metadata in the .pulumi folder of a file:// backend',
    file: 'src/engine/fileBackend.ts',
    tried,
    checkedBy: 'test/lab/backend.test.ts',
  },
  {
    name: 'texts of failures',
    party: 'engine',
    reliesOn: 'the texts that tell a wrong passphrase, a missing plugin, a lock and a backend that refuses',
    file: 'src/engine/failure.ts',
    tried,
    checkedBy: 'test/lab/stateFaults.test.ts',
  },
  {
    name: "npm's package of the engine",
    party: 'npm',
    reliesOn:
      "lib/resolve.js of npm's package pulumi exports resolve(), which answers the file of the engine and calls the given install first if it is not there; run.js fetches it at its first use",
    file: 'src/sdk/npmEngine.ts',
    tried: '>=3.250.0 <3.266.0',
    checkedBy: 'test/lab/npmPackage.test.ts',
  },
];

/** What a check says that no longer holds. */
export function changedSentence(
  { name, tried: range, file }: Contract,
  version: string,
  what: string,
): string {
  return `Pulumi's SDK ${version} changed "${name}": ${what}; tried with ${range}; see ${file}.`;
}
