import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PodVolumes } from '../../../lab/node/podVolumes';

describe("the lab's node: what containers wrote into the volumes of their pod", () => {
  let folder: string;
  let home: string;
  let volumes: PodVolumes;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pod-volumes-'));
    home = path.join(folder, 'pods', 'uid-1', 'volumes', 'kubernetes.io~empty-dir', 'home');
    mkdirSync(path.join(home, 'work'), { recursive: true });
    volumes = new PodVolumes(path.join(folder, 'pods'), path.join(folder, 'kept'));
  });
  afterEach(() => {
    volumes.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const kept = (name: string): string =>
    readFileSync(path.join(volumes.of('uid-1')['home'] ?? '', name), 'utf8');

  it('stays when the kubelet has removed the volume, in its last form, however a file was changed', () => {
    writeFileSync(path.join(home, 'work', 'state'), 'first');
    writeFileSync(path.join(home, 'log'), 'one\n');
    expect(kept('work/state')).to.equal('first');
    writeFileSync(path.join(home, 'work', 'state.new'), 'second');
    renameSync(path.join(home, 'work', 'state.new'), path.join(home, 'work', 'state'));
    expect(kept('work/state')).to.equal('second');
    writeFileSync(path.join(home, 'log'), 'one\ntwo\n');
    rmSync(path.join(folder, 'pods'), { recursive: true });
    expect(kept('log')).to.equal('one\ntwo\n');
    expect(kept('work/state')).to.equal('second');
  });

  it('is kept while the pod runs, without being asked for', async () => {
    volumes.follow('uid-1');
    writeFileSync(path.join(home, 'log'), 'one\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
    volumes.leave('uid-1');
    rmSync(path.join(folder, 'pods'), { recursive: true });
    expect(kept('log')).to.equal('one\n');
  });

  it('is nothing for a pod without such volumes', () => {
    expect(volumes.of('uid-2')).to.deep.equal({});
  });
});
