import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { installPlugins, installStandIn } from '../../lab/plugins/install.js';
import { fetchOfficialAws } from '../../lab/plugins/official.js';
import { keepEnvironment } from '../environment';

describe("the plugins in the lab's engine home", function () {
  this.timeout(30_000);
  let folder: string;
  let server: Server;
  let url: string;
  let asked: string[];
  let answer: () => { status: number; body?: Buffer };
  let restore: () => void;

  /** A gzipped tar with a file of the plugin's name, as the vendor's server gives it. */
  async function archive(): Promise<Buffer> {
    const source = await mkdtemp(path.join(folder, 'source-'));
    await writeFile(path.join(source, 'pulumi-resource-aws'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(path.join(source, 'LICENSE'), 'terms\n');
    return execFileSync('tar', ['-czf', '-', '-C', source, '.']);
  }

  beforeEach(async () => {
    restore = keepEnvironment();
    delete process.env['CREDENTIAL_ROTATION_PLUGINS'];
    folder = await mkdtemp(path.join(os.tmpdir(), 'plugin-install-'));
    asked = [];
    server = createServer((request, response) => {
      const file = String(request.url).slice(1);
      asked.push(file);
      const { status, body } = answer();
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

  it('are genuine: aws is the official one where it can be had, fetched once', async () => {
    const body = await archive();
    answer = () => ({ status: 200, body });
    const home = path.join(folder, 'home');
    const options = { folder: path.join(folder, 'cache'), server: url };
    const installed = await installPlugins(home, options);
    expect(installed.map(({ name, version }) => `${name} ${version}`)).to.deep.equal([
      'kubernetes 4.25.0',
      'random 4.21.2',
      'aws 7.48.0',
    ]);
    expect(installed.at(-1)?.origin).to.equal('official');
    expect(
      await readFile(path.join(home, 'plugins/resource-aws-v7.48.0/pulumi-resource-aws'), 'utf8'),
    ).to.equal('#!/bin/sh\n');
    for (const name of [
      'kubernetes-v4.25.0/pulumi-resource-kubernetes',
      'random-v4.21.2/pulumi-resource-random',
    ])
      expect((await stat(path.join(home, `plugins/resource-${name}`))).size).to.be.greaterThan(10_000_000);
    await installPlugins(home, options); // over what is there
    expect(asked).to.have.lengthOf(1);
    expect(await readdir(path.join(home, 'plugins'))).to.have.lengthOf(3);
  });

  it('are, for aws, the stand-in where the download is refused, which is asked once', async () => {
    answer = () => ({ status: 403 });
    const options = { folder: path.join(folder, 'cache'), server: url };
    const lines: string[] = [];
    const installed = await installPlugins(path.join(folder, 'home'), {
      ...options,
      log: (line) => lines.push(line),
    });
    expect(installed.map(({ origin }) => origin).filter((each) => each === 'stand-in')).to.have.lengthOf(1);
    expect(installed.at(-1)?.origin).to.equal('stand-in');
    expect(lines.join('\n'))
      .to.contain('the server answered 403')
      .and.to.contain("the lab's stand-in is used");
    await installPlugins(path.join(folder, 'home'), options);
    expect(asked).to.have.lengthOf(1);
  });

  it('leaves nothing of a damaged download', async () => {
    const whole = await archive();
    answer = () => ({ status: 200, body: whole.subarray(0, whole.length / 2) });
    const cache = path.join(folder, 'cache');
    expect(await fetchOfficialAws({ folder: cache, server: url })).to.equal(false);
    expect(await readdir(cache)).to.deep.equal(['refused.json']);
  });

  it('asks nobody when the stand-in is wanted', async () => {
    process.env['CREDENTIAL_ROTATION_PLUGINS'] = 'stand-in';
    await fetchOfficialAws({ folder: path.join(folder, 'cache'), server: url });
    expect(asked).to.deep.equal([]);
  });

  it('end when the engine that started them is gone', async () => {
    const home = path.join(folder, "a home with ' in its name");
    await mkdir(home);
    const { folder: installed } = await installStandIn(home);
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
