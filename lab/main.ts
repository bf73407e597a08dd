import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { databaseNames, startLab, STARTING_POINTS } from './index';
import type { Database, Lab, Site, StartingPoint } from './index';
import { whyNoDocker } from './docker/command';
import { whyNoRealKubelet } from './node/requirements';
import { labSource } from './package';

const USAGE = `npm run lab -- [options]

Starts a whole OpenEMR on this machine: database, Kubernetes, Secrets Manager, pods. Stays until Ctrl-C.

  --database NAME            mysql (8.0, default), mysql-9, mariadb (10.11) or mariadb-11
  --start POINT              ${STARTING_POINTS.join(', ')} (default a-active)
  --php-mode request|cached  when PHP reads sqlconf.php (default request: each time)
  --replicas N               pods (default 2)
  --kubelet process|real     what runs the pods: processes of the lab's own kubelet (default), or the real kubelet
                             with containerd and runc, which needs root
  --docker                   MySQL 8.4, moto and Kubernetes (k3s) from official images, instead of builds
  --folder FOLDER            where everything goes, and stays; new or empty (default: a temporary folder)
`;

interface Choices {
  database: Database;
  start: StartingPoint;
  phpMode: 'request' | 'cached';
  replicas: number;
  kubelet: 'process' | 'real';
  docker: boolean;
  folder?: string;
}

/** The end where this machine lacks something, as of the set-up. */
const EXIT_PREREQUISITE = 2;

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Error(`--${name} ${value}: must be one of ${allowed.join(', ')}`);
  return found;
}

/** Reads the command line; undefined when only help was asked for. Throws when it is wrong. */
function choose(args: string[]): Choices | undefined {
  const { values } = parseArgs({
    args,
    options: {
      database: { type: 'string' },
      start: { type: 'string', default: 'a-active' },
      'php-mode': { type: 'string', default: 'request' },
      replicas: { type: 'string', default: '2' },
      kubelet: { type: 'string', default: 'process' },
      docker: { type: 'boolean', default: false },
      folder: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const replicas = Number(values.replicas);
  if (!Number.isInteger(replicas) || replicas < 1) throw new Error('--replicas must be a number from 1');
  if (values.docker && values.database !== undefined)
    throw new Error('--docker runs MySQL 8.4: leave --database out');
  if (values.docker && values.kubelet !== 'process')
    throw new Error('--docker runs the pods by the lab itself: leave --kubelet out');
  if (values.folder !== undefined && existsSync(values.folder) && readdirSync(values.folder).length > 0)
    throw new Error(`--folder ${values.folder}: is not empty; name a new one, or remove it`);
  return {
    docker: values.docker,
    database: oneOf('database', values.database ?? 'mysql', databaseNames),
    start: oneOf('start', values.start, STARTING_POINTS),
    phpMode: oneOf('php-mode', values['php-mode'], ['request', 'cached'] as const),
    replicas,
    kubelet: oneOf('kubelet', values.kubelet, ['process', 'real'] as const),
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  };
}

function describe(lab: Lab, site: Site): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = Object.entries(site.environment).map(([name, value]) => `export ${name}=${quote(value)}`);
  return `
OpenEMR is up. For a second shell, in this folder:

${lines.join('\n')}

Then: npx node dist/src/cli/main.js --dry-run    shows what a rotation would do
      node dist/src/cli/main.js              rotates

  health        ${site.healthUrl}
  sqlconf.php   ${site.sqlconfFile}
  database      ${lab.database.host}:${lab.database.port}, statements in ${lab.database.generalLogFile}
  Kubernetes    KUBECONFIG=${lab.kubernetes.adminKubeconfig} may do everything; audit in ${lab.kubernetes.auditLogFile}

Ctrl-C ends it.
`;
}

/** Brings what these choices need beyond the checkout. Ends the process where this machine cannot have it. */
function prepare({ kubelet, docker, database }: Choices): void {
  const reason = docker ? whyNoDocker() : kubelet === 'real' ? whyNoRealKubelet() : undefined;
  if (reason !== undefined) {
    console.error(reason);
    process.exit(EXIT_PREREQUISITE);
  }
  const wanted = [
    ...(kubelet === 'real' ? ['--kubelet'] : []),
    ...(docker ? ['--docker'] : []),
    ...(['mysql-9', 'mariadb-11'].includes(database) ? ['--all-databases'] : []),
  ];
  const setup = [labSource('setup', 'main.js'), ...wanted];
  const { status } = spawnSync(process.execPath, setup, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function main(): Promise<void> {
  const choices = choose(process.argv.slice(2));
  if (!choices) {
    console.log(USAGE);
    return;
  }
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  // A signal during the start ends the process; the reaper then ends the servers.
  const early = signalled.then(() => 'ended' as const);
  const { database, kubelet, docker, folder, ...siteOptions } = choices;
  prepare(choices);
  const starting = startLab({
    database,
    kubelet,
    docker,
    log: console.log,
    ...(folder === undefined ? {} : { folder }),
  });
  const lab = await Promise.race([starting, early]);
  if (lab === 'ended') process.exit(130);
  try {
    const site = await Promise.race([lab.createSite(siteOptions), early]);
    if (site === 'ended') return;
    console.log(describe(lab, site));
    await signalled;
  } finally {
    console.log('stopping');
    await lab.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
