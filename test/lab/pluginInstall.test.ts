import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { installPlugins, installStandIn } from '../../lab/plugins/install.js';
import { fetchOfficialPlugins } from '../../lab/plugins/official.js';
import { keepEnvironment } from '../environment';

describe("the plugins in the lab's engine home", function () {
  this.timeout(30_000);
  let folder: string;
  let server: Server;
  let url: string;
  let asked: string[];
  let answer: (file: string) => { status: number; body?: Buffer };
  let restore: () => void;

  /** A gzipped tar with a file of the plugin's name, as the vendor's server gives it. */
  async function archive(name: string): Promise<Buffer> {
    const source = await mkdtemp(path.join(folder, 'source-'));
    await writeFile(path.join(source, `pulumi-resource-${name}`), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(path.join(source, 'LICENSE'), 'terms\n');
    return execFileSync('tar', ['-czf', '-', '-C', source, '.']);
  }

  function nameOf(file: string): string {
    return file.includes('-aws-') ? 'aws' : 'random';
  }

  beforeEach(async () => {
    restore = keepEnvironment();
    delete process.env['CREDENTIAL_ROTATION_PLUGINS'];
    folder = await mkdtemp(path.join(os.tmpdir(), 'plugin-install-'));
    asked = [];
    server = createServer((request, response) => {
      const file = String(request.url).slice(1);
      asked.push(file);
      const { status, body } = answer(file);
      response.writeHead(status).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });

  afterEach(async () => {
    restore();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are the official ones where they can be had, fetched once', async () => {
    const archives = new Map([
      ['random', await archive('random')],
      ['aws', await archive('aws')],
    ]);
    answer = (file) => ({ status: 200, body: archives.get(nameOf(file)) ?? Buffer.alloc(0) });
    const home = path.join(folder, 'home');
    const options = { folder: path.join(folder, 'cache'), server: url };
    const installed = await installPlugins(home, options);
    expect(installed.map(({ name, version }) => `${name} ${version}`)).to.deep.equal([
      'kubernetes 4.25.0',
      'random 4.21.2',
      'aws 7.48.0',
    ]);
    expect(installed.slice(1).map(({ origin }) => origin)).to.deep.equal(['official', 'official']);
    expect(
      await readFile(path.join(home, 'plugins/resource-aws-v7.48.0/pulumi-resource-aws'), 'utf8'),
    ).to.equal('#!/bin/sh\n');
    const file = await lstat(
      path.join(home, 'plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes'),
    );
    expect(file.isFile() || file.isSymbolicLink()).to.equal(true);
    await installPlugins(home, options); // over what is there
    expect(asked).to.have.lengthOf(2);
    expect(await readdir(path.join(home, 'plugins'))).to.have.lengthOf(3);
  });

  it('are the stand-ins where the download is refused, which is asked once', async () => {
    answer = () => ({ status: 403 });
    const options = { folder: path.join(folder, 'cache'), server: url };
    const lines: string[] = [];
    const installed = await installPlugins(path.join(folder, 'home'), {
      ...options,
      log: (line) => lines.push(line),
    });
    expect(installed.slice(1).map(({ origin }) => origin)).to.deep.equal(['stand-in', 'stand-in']);
    expect(lines.join('\n')).to.contain('the server answered 403').and.to.contain('stand-ins are used');
    await installPlugins(path.join(folder, 'home'), options);
    expect(asked).to.have.lengthOf(1);
  });

  it('leaves nothing of a damaged download', async () => {
    const whole = await archive('random');
    answer = () => ({ status: 200, body: whole.subarray(0, whole.length / 2) });
    const cache = path.join(folder, 'cache');
    expect(await fetchOfficialPlugins({ folder: cache, server: url })).to.deep.equal([]);
    expect(await readdir(cache)).to.deep.equal(['refused.json']);
  });

  it('asks nobody when the stand-ins are wanted', async () => {
    process.env['CREDENTIAL_ROTATION_PLUGINS'] = 'stand-in';
    await fetchOfficialPlugins({ folder: path.join(folder, 'cache'), server: url });
    expect(asked).to.deep.equal([]);
  });

  it('end when the engine that started them is gone', async () => {
    const home = path.join(folder, "a home with ' in its name");
    await mkdir(home);
    const { folder: installed } = await installStandIn(home, 'aws');
    const plugin = spawn(path.join(installed, 'pulumi-resource-aws'), ['127.0.0.1:1'], { stdio: 'pipe' });
    try {
      const [port] = (await once(plugin.stdout, 'data')) as [Buffer];
      expect(port.toString()).to.match(/^\d+\n$/);
      plugin.stdin.end();
      const [code] = (await once(plugin, 'exit')) as [number | null];
      expect(code).to.equal(0);
    } finally {
      plugin.kill();
    }
  });
});
