import { spawnSync } from 'node:child_process';

/** Pulling is not among them: these answer at once, or the daemon does not. */
const ANSWER_MS = 20_000;

/** The variables by which Docker's command finds its program, its daemon and its settings. */
export function dockerEnvironment(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && /^(PATH|HOME|XDG_RUNTIME_DIR|DOCKER_\w+)$/.test(name) ? [[name, value]] : [],
    ),
  );
}

/** The words that take away all containers, networks and volumes of a project, whatever state they are in. */
export function downArguments(project: string): string[] {
  return ['compose', '--project-name', project, 'down', '--volumes', '--remove-orphans', '--timeout', '0'];
}

/** Why the lab cannot run its servers in Docker on this machine, in one sentence; undefined when it can. */
export function whyNoDocker(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const ask = (...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync('docker', args, { env: dockerEnvironment(environment), timeout: ANSWER_MS, stdio: 'pipe' });
  const daemon = ask('version', '--format', '{{.Server.Version}}');
  if (daemon.error !== undefined && 'code' in daemon.error && daemon.error.code === 'ENOENT')
    return 'Docker is not on this machine: install it, or leave --docker out.';
  if (daemon.status !== 0)
    return `Docker's daemon does not answer${reasonOf(daemon)}: start it, or leave --docker out.`;
  if (ask('compose', 'version', '--short').status !== 0)
    return 'Docker has no command "compose" here: install its package docker-compose-plugin, or leave --docker out.';
  return undefined;
}

/** The first line that it said, in brackets. */
function reasonOf({ stderr, error }: ReturnType<typeof spawnSync>): string {
  const line = String(stderr).split('\n', 1)[0]?.trim() ?? '';
  if (line !== '') return ` (${line.replace(/[.:]$/, '')})`;
  return error === undefined ? '' : ` within ${ANSWER_MS / 1000} s`;
}
