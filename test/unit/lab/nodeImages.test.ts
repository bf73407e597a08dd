import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { argumentOf, engineContainerfile, nodeContainerfile } from '../../../lab/dockerfile/baseImages';
import { placeStandIn } from '../../../lab/plugins/portable';
import { recordText } from '../../kubelet/record';
import { repositoryText } from '../docs/readme';

describe('the images that are built without Docker', () => {
  it('stand for those that the Dockerfile begins with', () => {
    const dockerfile = repositoryText('Dockerfile');
    expect(argumentOf(dockerfile, 'ENGINE_IMAGE')).to.match(/^pulumi\/pulumi-base:/);
    expect(argumentOf(dockerfile, 'NODE_IMAGE')).to.match(/^node:/);
    expect(() => argumentOf(dockerfile, 'OTHER')).to.throw('no ARG OTHER');
  });

  it('have what the Dockerfile takes from them', () => {
    const dockerfile = repositoryText('Dockerfile');
    expect(dockerfile).to.include('--from=engine /pulumi/bin/pulumi').and.include('PULUMI_HOME=/pulumi-home');
    expect(engineContainerfile()).to.include('COPY pulumi /pulumi\nCOPY pulumi-home /pulumi-home\n');
    expect(dockerfile).to.include('--node /usr/local/bin/node');
    expect(nodeContainerfile('https://registry.example/')).to.include('COPY node /usr/local/bin/node\n');
  });

  it('have a stand-in that needs no npm package beside it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'stand-in-'));
    await placeStandIn(folder);
    const { PATH } = process.env;
    // Its own first line names the Node.js of the image.
    const plugin = spawn(process.execPath, [path.join(folder, 'pulumi-resource-aws'), '127.0.0.1:1'], {
      cwd: folder,
      env: { PATH },
    });
    const [port] = (await once(plugin.stdout, 'data')) as [Buffer];
    expect(Number(port.toString())).to.be.greaterThan(0);
    const closed = once(plugin, 'close');
    plugin.kill();
    await closed;
    const text = await readFile(path.join(folder, 'stand-in', 'aws', 'main.js'), 'utf8');
    // What is left is optional, and looked for in vain.
    const wanted = [...text.matchAll(/(?:import|require)\("(@[^"]+)"\)/g)].map(([, name]) => name);
    expect(new Set(wanted)).to.deep.equal(new Set(['@aws-sdk/signature-v4-crt']));
    await rm(folder, { recursive: true });
  });
});

describe('the record of the tests on the real kubelet', () => {
  it('counts what passed and names what failed', () => {
    const text = recordText(
      [
        { file: 'a.test.ts', passed: 2, skipped: 0, failed: [], seconds: 61.4 },
        { file: 'b.test.ts', passed: 1, skipped: 1, failed: ['b does: no'], seconds: 1 },
      ],
      { date: '2026-11-29', commit: 'abc', kernel: '6.1', parts: ['kubelet 1.33.0'] },
    );
    expect(text).to.include('**3 passed, 1 failed.**');
    expect(text).to.include('| a.test.ts | 2 | 0 | 0 | 61 s |\n| b.test.ts | 1 | 1 | 1 | 1 s |');
    expect(text).to.include('- b.test.ts: b does: no\n').and.not.to.include('Not run yet');
  });

  it('says of which commit a line is that was taken over from an earlier run', () => {
    const head = { date: '2026-11-29', commit: 'abc', kernel: '6.1', parts: [] };
    const report = { file: 'a.test.ts', passed: 2, skipped: 0, failed: [], seconds: 3, commit: 'def' };
    expect(recordText([report], head)).to.include('| a.test.ts (of commit def) | 2 | 0 | 0 | 3 s |');
  });

  it('names what is still to run, so that a run that was broken off is none that was whole', () => {
    const head = { date: '2026-11-29', commit: 'abc', kernel: '6.1', parts: [] };
    expect(recordText([], head, ['c.test.ts', 'd.test.ts'])).to.include('Not run yet: c.test.ts, d.test.ts.');
  });
});
