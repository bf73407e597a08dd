/*
 * What is used of Pulumi's Automation API beyond its documentation. Each contract is named in contracts.ts and checked
 * by test/unit/sdk/contracts.test.ts.
 */
import type * as Automation from '@pulumi/pulumi/automation';
import type { LocalWorkspace, PulumiCommand, Stack } from '@pulumi/pulumi/automation';

export type AutomationLibrary = typeof Automation;

/** The Automation API, by the file of it that a bundle can name; loaded when it is first needed. */
export function loadAutomation(): Promise<AutomationLibrary> {
  return import('@pulumi/pulumi/automation/index.js');
}

/** How a call of the engine ended; the Automation API reads these fields. */
export interface EngineResult {
  stdout: string;
  stderr: string;
  code: number;
}

/** How the Automation API calls the engine. */
export type RunEngine = (
  args: string[],
  cwd: string,
  environment: Record<string, string>,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<EngineResult>;

/** The part of an engine's version that the Automation API looks at; its own class is of a library that is not ours. */
export interface EngineVersion {
  toString(): string;
  /** As of semver: below zero when this is older. */
  compare(other: string): number;
}

/** An engine of which the file and the version are known, so that the Automation API does not ask for them again. */
export function knownEngine(command: string, version: EngineVersion): PulumiCommand {
  const engine = { command, version, run: () => Promise.reject(new Error('not set')) };
  return engine as unknown as PulumiCommand;
}

/** Lets the Automation API start the engine by a function of ours. */
export function startedBy(engine: PulumiCommand, run: RunEngine): PulumiCommand {
  return Object.assign(engine, { run });
}

/** Takes a stack without the call of the engine that remembers a selection for people; every call names the stack itself. */
export function selectQuietly(
  library: AutomationLibrary,
  name: string,
  workspace: LocalWorkspace,
): Promise<Stack> {
  workspace.selectStack = async () => undefined;
  return library.Stack.select(name, workspace);
}

/**
 * After each update the Automation API asks the engine twice for outputs and once for history; each call starts a
 * process. Nobody reads the answers here.
 */
export function withoutNeedlessCalls(stack: Stack): Stack {
  stack.workspace.stackOutputs = async () => ({});
  return withoutInfo(stack);
}

/** An update and a rename ask for the stack's history; nobody reads the answer here. */
export function withoutInfo(stack: Stack): Stack {
  stack.info = async () => undefined;
  return stack;
}

/** Adds to the environment that every later call of the engine gets. */
export function addEnvironment(stack: Stack, environment: Record<string, string>): void {
  Object.assign(stack.workspace.envVars, environment);
}

/**
 * The ports of the loopback that stand in the arguments of an engine: the Automation API's server of the program
 * (`--client=127.0.0.1:PORT`) and its server of the events (`--event-log tcp://127.0.0.1:PORT`).
 */
export function portsIn(args: readonly string[]): number[] {
  return args.flatMap((arg) => [...arg.matchAll(/\b127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)));
}
