import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { download, downloadChecked } from '../../../lab/setup/download.js';
import { cacheLayout } from '../../../lab/setup/tools.js';
import { repositoryFile } from '../docs/readme';
import { keepEnvironment } from '../../environment';
import { writeFakeGo } from './fakeGo';

const NAMES = ['kube-apiserver', 'kube-controller-manager'];
const sum = (text: string): string => `${createHash('sha256').update(text).digest('hex')}\n`;

describe('the set-up: official releases', function () {
  this.timeout(20_000);
  let giveBack: () => void;
  let folder: string;
  let file: string;
  let asked: string[];
  let answer: (path: string, response: ServerResponse) => void;
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    answer(url, response);
  });

  before((done) => {
    giveBack = keepEnvironment();
    server.listen(0, '127.0.0.1', done);
  });
  after((done) => {
    giveBack();
    server.close(done);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'downloads-'));
    file = path.join(folder, 'file');
    asked = [];
    const { port } = server.address() as AddressInfo;
    process.env['CREDENTIAL_ROTATION_DOWNLOADS'] = `http://127.0.0.1:${port}/mirror/`;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What a promise fails with. */
  const failure = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'nothing failed',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

  it('come from a mirror that has a folder for each host', async () => {
    answer = (_, response) => response.end('all of it');
    await download('https://get.pulumi.com/releases/x.tar.gz', file);
    expect(asked).to.deep.equal(['/mirror/get.pulumi.com/releases/x.tar.gz']);
    expect(readFileSync(file, 'utf8')).to.equal('all of it');
  });

  it('are not taken by half, nor where there is none: nothing is left', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => response.destroy(), 50);
    };
    expect(await failure(download('https://get.pulumi.com/x', file))).to.match(
      /^127\.0\.0\.1:\d+: it ended before/,
    );
    answer = (_, response) => response.writeHead(404).end();
    expect(await failure(download('https://get.pulumi.com/x', file))).to.match(/answered with status 404$/);
    expect(existsSync(file)).to.equal(false);
  });

  it('are compared with their checksum', async () => {
    answer = (url, response) => response.end(url.endsWith('.sha256') ? sum('right') : 'wrong');
    const text = await failure(downloadChecked('https://dl.k8s.io/kube-apiserver', file));
    expect(text).to.equal('dl.k8s.io: file is not what its checksum says');
    expect(readdirSync(folder)).to.deep.equal([]);
    answer = (url, response) => response.end(url.endsWith('.sha256') ? sum('right') : 'right');
    await downloadChecked('https://dl.k8s.io/kube-apiserver', file);
    expect(readdirSync(folder)).to.deep.equal(['file']);
  });

  /** The step for the API server and the controller manager, run in a cache of its own: its notes, whether it was ready before and after, its failure, and the API server's place. */
  async function kubernetesStep(): Promise<{
    notes: string[];
    ready: string[];
    failed: string;
    file: string;
  }> {
    const cache = path.join(folder, 'cache');
    const bin = path.join(folder, 'bin');
    for (const each of [path.join(cache, 'openemr-credential-rotation'), bin])
      mkdirSync(each, { recursive: true });
    writeFakeGo(bin, 'it would be built');
    const setup = (name: string): string => JSON.stringify(repositoryFile('lab', 'setup', name));
    const script = `
      const step = require(${setup('engine.js')}).kubernetesStep();
      const notes = [];
      const ready = [step.ready() ?? 'no'];
      step.run(${JSON.stringify(path.join(folder, 'log'))}, { note: (text) => notes.push(text) })
        .then(() => '', (error) => error.message)
        .then((failed) => {
          ready.push(step.ready() ?? 'no');
          const file = require(${setup('tools.js')}).toolPaths().kubeApiserver;
          console.log(JSON.stringify({ notes, ready, failed, file }));
        });`;
    const env = {
      ...process.env,
      CREDENTIAL_ROTATION_ENGINE: '',
      PATH: `${bin}:${process.env['PATH']}`,
      XDG_CACHE_HOME: cache,
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env });
    return JSON.parse(stdout) as Awaited<ReturnType<typeof kubernetesStep>>;
  }

  it("Kubernetes' own API server and controller manager are taken, and remembered", async () => {
    const program = '#!/bin/sh\nexit 0\n';
    answer = (url, response) => response.end(url.endsWith('.sha256') ? sum(program) : program);
    const { notes, ready, failed, file: apiServer } = await kubernetesStep();
    expect({ notes, ready, failed }).to.deep.equal({
      notes: [],
      ready: ['no', 'the official release'],
      failed: '',
    });
    expect(asked.map((each) => path.basename(each))).to.deep.equal(
      NAMES.flatMap((name) => [`${name}.sha256`, name]),
    );
    const official = `${cacheLayout(path.join(folder, 'cache', 'openemr-credential-rotation')).kubernetes}-official`;
    expect(apiServer).to.equal(path.join(official, 'kube-apiserver'));
    expect(readdirSync(official).sort()).to.deep.equal(NAMES);
  });

  it('are built where what comes is another one, or does not run', async () => {
    for (const [sent, why] of [
      ['#!/bin/sh\nexit 1\n', /kube-apiserver --version/],
      [undefined, /not what its checksum says/],
    ] as const) {
      answer = (url, response) =>
        response.end(url.endsWith('.sha256') ? sum(sent ?? 'other') : (sent ?? 'x'));
      const { notes, ready, failed } = await kubernetesStep();
      expect(notes).to.have.length(1);
      expect(notes[0])
        .to.match(why)
        .and.match(/; building from its Go module$/);
      expect(failed).to.match(/it would be built/);
      expect(ready).to.deep.equal(['no', 'no']);
    }
  });
});
