import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { tools } from '../../lab/package';
import { PLUGIN_VERSIONS } from '../../lab/plugins/versions';
import { documentedCommands } from './support/documented';
import { runDocumented } from './support/workingCopy';
import { expectCode } from './support/world';

/**
 * The engine fetches from Pulumi's servers, which not every machine reaches: a variable of its own names another server
 * for them. What it asks there, and where it puts what it gets, is as ever.
 */
describe('the pulumi plugin install lines of docs/production.md', function () {
  this.timeout(120_000);
  let folder: string;
  let server: Server;
  let env: Record<string, string | undefined>;
  const asked: string[] = [];
  const commands = documentedCommands('docs/production.md', 'pulumi plugin install');

  /** A gzipped tar with a plugin in it, as Pulumi's server gives it. */
  function archive(name: string): Buffer {
    const source = mkdtempSync(path.join(folder, 'source-'));
    writeFileSync(path.join(source, `pulumi-resource-${name}`), `#!/bin/sh\n# ${name}\n`, { mode: 0o755 });
    return execFileSync('tar', ['-czf', '-', '-C', source, '.']);
  }

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'plugin-commands-'));
    server = createServer((request, response) => {
      const file = decodeURIComponent(String(request.url));
      asked.push(file);
      const [, name = ''] = /^\/pulumi-resource-(\w+)-v/.exec(file) ?? [];
      const body = name === '' ? Buffer.alloc(0) : archive(name);
      // The engine takes no download whose length it was not told.
      response.writeHead(name === '' ? 404 : 200, { 'content-length': body.length }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    env = {
      HOME: folder,
      PATH: [path.join(tools().pulumi, 'bin'), process.env['PATH']].join(path.delimiter),
      PULUMI_HOME: path.join(folder, 'home'),
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES: `^github:.*=http://127.0.0.1:${port}`,
      // Pulumi's registry is not asked what these names mean: it is not reached either.
      PULUMI_DISABLE_REGISTRY_RESOLVE: 'true',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      NO_COLOR: '1',
    };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('install the plugins that the command and infra/ use, in the versions of their packages', async () => {
    for (const command of commands) expectCode(await runDocumented(command, { cwd: folder, env }), 0);
    const wanted = Object.entries(PLUGIN_VERSIONS);
    expect(asked).to.have.lengthOf(wanted.length);
    for (const [name, version] of wanted) {
      expect(asked.join('\n')).to.include(`/pulumi-resource-${name}-v${version}-linux-`);
      const file = path.join('home', 'plugins', `resource-${name}-v${version}`, `pulumi-resource-${name}`);
      expect(readFileSync(path.join(folder, file), 'utf8')).to.include(`# ${name}\n`);
    }
  });

  it('ask nobody again for what is there', async () => {
    for (const command of commands) expectCode(await runDocumented(command, { cwd: folder, env }), 0);
    expect(asked).to.have.lengthOf(commands.length);
  });
});
