import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { packageRoot } from '../../lab/package';
import { documented } from './support/documented';
import { environmentIn } from './support/printedEnvironment';
import { processesBelow } from './support/processes';
import { runDocumented } from './support/workingCopy';
import { expectCode } from './support/world';
import { until } from './support/until';

describe('npm run lab with Docker, where a stand-in takes the place of its command', function () {
  this.timeout(240_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'docker-lab-'));
    const program = path.join(packageRoot(), 'dist', 'test', 'lab', 'support', 'standInDocker.js');
    writeFileSync(path.join(folder, 'docker'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o755,
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const own = (): string => path.join(folder, 'stand-in');
  const calls = (): string[][] =>
    readFileSync(path.join(own(), 'calls'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => z.array(z.string()).parse(JSON.parse(line)));

  /** What the files hold that no other user may see. */
  function secretsIn(lab: string): string[] {
    const place = path.join(lab, 'docker');
    const [token = ''] = readFileSync(path.join(place, 'kubernetes', 'tokens.csv'), 'utf8').split(',');
    return [readFileSync(path.join(place, 'root-password'), 'utf8'), token];
  }

  it('is an OpenEMR that can be rotated, and its containers end with it', async () => {
    const { words } = documented('docs/development.md', 'npm run lab -- --docker');
    const [program = '', ...args] = words;
    const env = {
      ...process.env,
      ...{ TMPDIR: folder, DOCKER_STAND_IN: own(), npm_config_ignore_scripts: 'true' },
      PATH: `${folder}:${process.env['PATH']}`,
    };
    const lab = spawn(program, args, { cwd: packageRoot(), env, detached: true });
    let output = '';
    for (const stream of [lab.stdout, lab.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    const ended = once(lab, 'close');
    const secrets: string[] = [];
    try {
      const says = (): boolean => output.includes('Ctrl-C ends it.') || lab.exitCode !== null;
      await until('the lab says that it is up', says, { limitMs: 240_000 });
      expect(output).to.include('servers in Docker: ready after');
      const [name = ''] = readdirSync(folder).filter((entry) => entry.startsWith('openemr-lab-'));
      secrets.push(...secretsIn(path.join(folder, name)));
      const second = { PATH: process.env['PATH'], HOME: folder, ...environmentIn(output) };
      const { words: command } = documented('docs/development.md', 'npx node dist/src/cli/main.js');
      const rotated = await runDocumented(
        { environment: {}, words: command },
        { cwd: packageRoot(), env: second },
      );
      expectCode(rotated, 0);
    } finally {
      process.kill(-(lab.pid ?? 0), 'SIGINT');
      await ended;
    }
    expect(output).not.to.include('Error:');
    await until('the containers are told to end', () => calls().some((call) => call.includes('down')));
    await until('no process is left', () => processesBelow(folder).length === 0);
    expect(existsSync(path.join(own(), 'servers'))).to.equal(true);
    const project = calls().map((call) => call[call.indexOf('--project-name') + 1] ?? '');
    const [version, compose, up, ...rest] = calls();
    expect([version, compose]).to.deep.equal([
      ['version', '--format', '{{.Server.Version}}'],
      ['compose', 'version', '--short'],
    ]);
    expect(up?.slice(5)).to.deep.equal(['up', '--detach', '--quiet-pull']);
    expect(rest.at(-1)).to.deep.equal([
      ...['compose', '--project-name', project[2], 'down'],
      ...['--volumes', '--remove-orphans', '--timeout', '0'],
    ]);
    const argv = JSON.stringify(calls());
    expect(secrets).to.have.lengthOf(2);
    for (const secret of secrets) expect(secret).to.match(/^[0-9a-f]{48}$/);
    for (const secret of secrets) expect(argv + output).not.to.include(secret);
  });
});
