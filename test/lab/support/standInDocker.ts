/*
 * Stands in for Docker's command: it takes the place of the program `docker` of a PATH, and notes the words of each call in
 * `calls` of the folder DOCKER_STAND_IN, a line of JSON each. In the place of containers it runs the lab's own servers, with
 * the files and at the ports that lab/docker/compose.yaml gives them.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { tools } from '../../../lab/package';
import { makeCertificates } from '../../../lab/servers/certificates';
import { startDatabase } from '../../../lab/servers/database';
import { startKubernetes } from '../../../lab/servers/kubernetes';
import { startMoto } from '../../../lab/servers/moto';
import { Processes } from '../../../lab/servers/processes';

const own = process.env['DOCKER_STAND_IN'] ?? '';
/** What the files that the lab has made are below. */
const given = (...names: string[]): string => path.join(process.env['LAB_DOCKER_FOLDER'] ?? '', ...names);

/** A published port: what comes there goes to another one. */
function publish(name: string, port: number): void {
  createServer((incoming) => {
    const onward = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [incoming, onward],
      [onward, incoming],
    ] as const)
      from.on('error', () => to.destroy()).pipe(to);
  }).listen(Number(process.env[name]), '127.0.0.1');
}

/** The containers. Nobody waits for them: who started them asks the servers. */
async function run(): Promise<void> {
  const processes = new Processes(path.join(own, 'servers'), false);
  const place = { tools: tools(), processes, address: '127.0.0.1' };
  const others = makeCertificates(tools().openssl, path.join(own, 'certificates'));
  const files = {
    caFile: given('database', 'ca.pem'),
    serverCertificate: given('database', 'server.pem'),
    serverKey: given('database', 'server.key'),
    serviceAccountKey: '',
  };
  const token = readFileSync(given('kubernetes', 'tokens.csv'), 'utf8').split(',')[0] ?? '';
  const [database, kubernetes, moto] = await Promise.all([
    startDatabase('mysql', { ...place, certificates: Promise.resolve(files), folder: path.join(own, 'd') }),
    startKubernetes({ ...place, certificates: others, folder: path.join(own, 'k'), token }),
    startMoto(tools(), processes),
  ]);
  const password = readFileSync(given('root-password'), 'utf8');
  await database.root("CREATE USER root@'%' IDENTIFIED BY ?", [password]);
  await database.root("GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION");
  publish('LAB_DATABASE_PORT', database.port);
  publish('LAB_KUBERNETES_PORT', Number(new URL(kubernetes.server).port));
  publish('LAB_AWS_PORT', Number(new URL(moto).port));
}

function main(words: string[]): void {
  if (words[0] === 'run') return void run();
  mkdirSync(own, { recursive: true });
  appendFileSync(path.join(own, 'calls'), `${JSON.stringify(words)}\n`);
  if (words.includes('up'))
    spawn(process.execPath, [__filename, 'run'], { detached: true, stdio: 'ignore' }).unref();
  if (words.includes('cp')) copyFileSync(path.join(own, 'certificates', 'ca.pem'), words.at(-1) ?? '');
}

main(process.argv.slice(2));
