import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { LanguageRuntimeService } from '@pulumi/pulumi/proto/language_grpc_pb';
import * as messages from '@pulumi/pulumi/proto/language_pb';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import type { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { requiredPackages } from './packages';

// `pulumi-language-nodejs`, which the engine starts to run programs of the runtime nodejs. Pulumi ships it beside the
// engine; as a Go module it is not served, so an engine that is built from its module lacks it. What it runs is in
// npm's @pulumi/pulumi: cmd/run for a program, cmd/run-policy-pack for a policy pack. It has no part in what a program
// does: it starts that one in the right folder, with the configuration and the addresses of the engine.

/** The exit code of cmd/run after an error that it has told already (cmd/run/index.js). */
const TOLD_ALREADY = 32;

const [engine = ''] = process.argv.slice(2).filter((word) => !word.startsWith('-'));

/** A module of the @pulumi/pulumi that the program itself would load, as the official host finds it. */
function moduleOf(folder: string, name: string): string {
  return createRequire(path.join(folder, 'package.json')).resolve(name);
}

/** What the options of Pulumi.yaml's `runtime` say to cmd/run; TypeScript is the default. */
function optionsOf(info: messages.ProgramInfo | undefined): Record<string, string> {
  const { typescript } = info?.getOptions()?.toJavaScript() ?? {};
  return typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: 'true' };
}

/** How a process ended: its exit code, or 1 when a signal ended it. */
function codeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function argumentsOf(request: messages.RunRequest): string[] {
  const flags: [string, string][] = [
    ['monitor', request.getMonitorAddress()],
    ['engine', engine],
    ['organization', request.getOrganization()],
    ['project', request.getProject()],
    ['root-directory', request.getInfo()?.getRootDirectory() ?? ''],
    ['stack', request.getStack()],
    ['pwd', request.getPwd()],
    ['parallel', String(request.getParallel())],
  ];
  return [
    ...flags.filter(([, value]) => value !== '').flatMap(([name, value]) => [`--${name}`, value]),
    ...(request.getDryrun() ? ['--dry-run'] : []),
    request.getInfo()?.getEntryPoint() || '.',
    ...request.getArgsList(),
  ];
}

/** Runs a program to its end. What it prints goes the way of our own output, which the engine shows. */
async function run(request: messages.RunRequest): Promise<messages.RunResponse> {
  const file = moduleOf(request.getPwd(), '@pulumi/pulumi/cmd/run');
  const env = {
    ...process.env,
    ...optionsOf(request.getInfo()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
  const child = spawn(process.execPath, [file, ...argumentsOf(request)], {
    cwd: request.getPwd(),
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await codeOf(child);
  const response = new messages.RunResponse();
  if (code === TOLD_ALREADY) response.setBail(true);
  else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${code}`);
  return response;
}

/** What runs a plugin of a kind, and its arguments: the plugin's folder and those that the engine gives. */
const runners: Record<string, (folder: string, given: string[]) => [module: string, args: string[]]> = {
  analyzer: (folder, given) => ['run-policy-pack', [...given, folder]],
  resource: (folder, given) => ['run-plugin', [folder, ...given]],
};

/**
 * Runs a policy pack or a component's provider for as long as the engine wants it; its output, the port first, goes
 * back in the stream. Pulumi's own gives a policy pack the stack's configuration besides, which ours does not ask for.
 */
function runPlugin(
  call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>,
): void {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() ?? '';
  const runner = runners[request.getKind()];
  if (runner === undefined) {
    call.destroy(new Error(`no plugin of the kind ${request.getKind()} is run here`));
    return;
  }
  const given = request.getEnvList().map((text): [string, string] => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const [module, args] = runner(folder, request.getArgsList());
  const child = spawn(process.execPath, [moduleOf(folder, `@pulumi/pulumi/cmd/${module}`), ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(given), ...optionsOf(request.getInfo()) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const send = (fill: (response: messages.RunPluginResponse) => unknown): void => {
    const response = new messages.RunPluginResponse();
    fill(response);
    if (!call.cancelled) call.write(response);
  };
  child.stdout.on('data', (data: Buffer) => send((response) => response.setStdout(data)));
  child.stderr.on('data', (data: Buffer) => send((response) => response.setStderr(data)));
  call.on('cancelled', () => child.kill());
  process.on('exit', () => child.kill());
  void codeOf(child)
    .catch(() => 1)
    .then((code) => {
      send((response) => response.setExitcode(code));
      call.end();
    });
}

/** Answers one request, or tells the engine what went wrong. */
function unary<Request, Response>(
  handler: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handler)
      .then((response) => callback(null, response))
      .catch((error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }));
  };
}

/** The methods that the engine needs for preview, up, policy packs and components. Of the others it is told that they are not there. */
const handlers: grpc.UntypedServiceImplementation = {
  handshake: unary(() => new messages.LanguageHandshakeResponse()),
  // The dependencies of a plugin in a folder are in the node_modules above it: nothing is installed there.
  installDependencies: (
    call: grpc.ServerWritableStream<
      messages.InstallDependenciesRequest,
      messages.InstallDependenciesResponse
    >,
  ) => call.end(),
  getPluginInfo: unary<Empty, PluginInfo>(() => new PluginInfo().setVersion('3.276.0')),
  getRequiredPackages: unary((request: messages.GetRequiredPackagesRequest) => {
    const folder = request.getInfo()?.getProgramDirectory() ?? '';
    return new messages.GetRequiredPackagesResponse().setPackagesList(requiredPackages(folder));
  }),
  run: unary(run),
  runPlugin,
};

const server = new grpc.Server();
server.addService(LanguageRuntimeService, handlers);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
// The engine holds the other end: when it is killed, this host goes, too.
process.stdin.on('close', () => process.exit(0)).resume();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
