import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { buildEnvironment, isOld } from '../../../lab/setup/go.js';
import { unfit } from '../../../lab/setup/prerequisites.js';
import { describeSystem, phpFile } from '../../../lab/setup/system.js';
import type { System } from '../../../lab/setup/system.js';
import { crossLayout, emulatorFile } from '../../../lab/setup/tools.js';
import { table } from '../../../lab/setup/usage.js';
import { repositoryFile } from '../docs/readme';
import { writeFakeGo } from './fakeGo';

/** As these systems ship it, less the lines of addresses. */
const OS_RELEASE = {
  bookworm:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
  trixie:
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nVERSION_CODENAME=trixie\nDEBIAN_VERSION_FULL=13.1\nID=debian\n',
  jammy:
    'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION="22.04.5 LTS (Jammy Jellyfish)"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n',
  noble:
    'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.3 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\nLOGO=ubuntu-logo\n',
  mint: 'NAME="Linux Mint"\nVERSION="22 (Wilma)"\nID=linuxmint\nID_LIKE="ubuntu debian"\nPRETTY_NAME="Linux Mint 22"\nVERSION_ID="22"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
  fedora: "NAME='Fedora Linux'\nVERSION_ID=43\nPRETTY_NAME='Fedora Linux 43'\nID=fedora\n",
};

function systemOf(name: keyof typeof OS_RELEASE, arch = 'x64'): System {
  return describeSystem({ osRelease: OS_RELEASE[name], platform: 'linux', arch });
}

describe('the set-up: which machine this is', () => {
  for (const [name, php, aio, mariadb] of [
    ['bookworm', '8.2', 'libaio1', 'mariadb-server-core'],
    ['trixie', '8.4', 'libaio1t64', 'mariadb-server-core'],
    ['jammy', '8.1', 'libaio1', 'mariadb-server-core-10.6'],
    ['noble', '8.3', 'libaio1t64', 'mariadb-server-core'],
  ] as const)
    it(`${name}: its packages by their names there`, () => {
      const system = systemOf(name);
      expect(system.known).to.equal(true);
      expect(system.packages).to.include.members([
        `php${php}-cli`,
        `php${php}-mysql`,
        aio,
        mariadb,
        'crun',
        'tini',
      ]);
      expect(system.packages.includes('debian-archive-keyring')).to.equal(system.ubuntu);
      expect(unfit(system, { arch: 'x64' })).to.equal(undefined);
    });

  it('a descendant goes by the system that it is made from', () => {
    const system = systemOf('mint');
    expect(system).to.deep.include({ title: 'Linux Mint 22', known: true, ubuntu: true });
    expect(system.packages).to.include('php8.3-cli');
  });

  it('x86-64 and arm64 have their own folders, loaders and names of releases', () => {
    expect(systemOf('trixie').machine).to.deep.equal({
      debian: 'amd64',
      triplet: 'x86_64-linux-gnu',
      loader: 'ld-linux-x86-64.so.2',
      pulumi: 'x64',
    });
    expect(systemOf('noble', 'arm64').machine).to.deep.equal({
      debian: 'arm64',
      triplet: 'aarch64-linux-gnu',
      loader: 'ld-linux-aarch64.so.1',
      pulumi: 'arm64',
    });
  });

  it('another system or processor is named, with the way that is left', () => {
    expect(unfit(systemOf('fedora'), { arch: 'x64' })).to.match(
      /this is Fedora Linux 43: use the container of \.devcontainer/,
    );
    expect(unfit(systemOf('trixie', 'riscv64'), { arch: 'riscv64' })).to.match(/x86-64 or arm64.*on riscv64/);
    const mac = describeSystem({ osRelease: '', platform: 'darwin', arch: 'arm64' });
    expect(unfit(mac, { arch: 'arm64' })).to.match(/needs Linux.*this is darwin on arm64: use the container/);
  });

  it('PHP is the newest that is there', () => {
    expect(phpFile(['php', 'php8.2', 'php8.4', 'php8.4-fpm', 'phar8.4'])).to.equal('/usr/bin/php8.4');
    expect(phpFile(['ls'])).to.equal('/usr/bin/php');
  });

  it('Go is old below 1.26.6; a development version is not', () => {
    expect(
      ['go1.19.8', 'go1.25.11', 'go1.26.5', 'go1.26'].map((go) => isOld(`go version ${go} linux/amd64`)),
    ).to.deep.equal([true, true, true, true]);
    expect(
      ['go1.26.6', 'go1.26.10', 'go1.27', 'devel go1.27-abc', 'devel +4f2'].map((go) =>
        isOld(`go version ${go} linux/arm64`),
      ),
    ).to.deep.equal([false, false, false, false, false]);
  });
});

describe('the container for other systems', () => {
  it('has what the lab takes from the system', () => {
    const text = readFileSync(repositoryFile('.devcontainer', 'Dockerfile'), 'utf8');
    const words = text.split(/[\s\\]+/);
    expect(words).to.include.members([...systemOf('bookworm').packages, 'python3', 'python3-venv', 'maven']);
    expect(text).to.match(/^FROM node:\d+-bookworm$/m);
  });

  it('is described by fields of the Development Containers Specification', () => {
    const file = repositoryFile('.devcontainer', 'devcontainer.json');
    const fields: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(fields).to.have.all.keys([
      'name',
      'build',
      'remoteUser',
      'hostRequirements',
      'mounts',
      'postCreateCommand',
    ]);
    expect(fields).to.have.deep.property('build', { dockerfile: 'Dockerfile' });
    expect(fields)
      .to.have.nested.property('hostRequirements.memory')
      .that.matches(/^\d+gb$/);
  });
});

describe('the set-up: what is missing', function () {
  this.timeout(20_000);

  it('is said at once and all together, with one command, and with exit code 2', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'setup-'));
    try {
      const programs = path.join(folder, 'bin');
      mkdirSync(programs);
      for (const name of ['apt-get', 'apt-cache', 'dpkg-query'])
        symlinkSync(`/usr/bin/${name}`, path.join(programs, name));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [repositoryFile('lab', 'setup', 'main.js')],
        {
          encoding: 'utf8',
          env: { PATH: programs, HOME: folder, XDG_CACHE_HOME: path.join(folder, 'cache') },
        },
      );
      expect(status, stderr).to.equal(2);
      expect(stdout, 'before any work').to.equal('');
      expect(stderr).to.match(/^Missing on this machine \(.+\): .*Python 3 with venv/);
      expect(stderr).to.match(
        /apt-get update && apt-get install -y --no-install-recommends .*python3 python3-venv/,
      );
      expect(stderr.trim().split('\n')).to.have.length(2);
      expect(readdirSync(folder)).not.to.include('cache');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the set-up: a machine that has become the next Debian', function () {
  this.timeout(20_000);

  it('gets new Python environments: those of its old Python find no package', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'setup-'));
    const script = `
      const { cacheFolder, cacheLayout } = require(${JSON.stringify(repositoryFile('lab', 'setup', 'tools.js'))});
      const fs = require('node:fs');
      const { moto } = cacheLayout(cacheFolder());
      const step = require(${JSON.stringify(repositoryFile('lab', 'setup', 'steps.js'))}).serverSteps()
        .find(({ name }) => name.startsWith('moto'));
      for (const name of ['bin', 'lib/python3.11']) fs.mkdirSync(moto + '/' + name, { recursive: true });
      for (const version of ['python3.11', 'python3.13']) {
        fs.writeFileSync(process.env.HOME + '/' + version, '');
        fs.rmSync(moto + '/bin/python', { force: true });
        fs.symlinkSync(process.env.HOME + '/' + version, moto + '/bin/python');
        console.log(version, step.ready());
      }`;
    try {
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CACHE_HOME: path.join(folder, 'cache') },
      });
      expect(stdout, stderr).to.equal('python3.11 cached\npython3.13 undefined\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the set-up: the builds', () => {
  it('spend memory instead of time where there is plenty', () => {
    expect(buildEnvironment(8 * 2 ** 30)).to.include({ CGO_ENABLED: '0', GOMEMLIMIT: '2GiB' });
    expect(buildEnvironment(4 * 2 ** 30))
      .to.include({ CGO_ENABLED: '0' })
      .and.not.include({ GOMEMLIMIT: '2GiB' });
  });

  it('are for another kind of processor when they are asked for it, and need no C compiler for that', () => {
    expect(buildEnvironment(2 ** 33, 'arm64')).to.include({ GOARCH: 'arm64', CGO_ENABLED: '0' });
    const cache = '/cache';
    const folders = Object.values(crossLayout(cache, 'arm64'));
    for (const folder of folders) expect(folder).to.match(/^\/cache\/.*-arm64$/);
    expect(emulatorFile(cache, 'arm64')).to.equal('/cache/qemu-user-arm64/usr/bin/qemu-aarch64-static');
  });

  // 845 of the packages of the API server and the controller manager are in the plugin, too: with other versions each is compiled twice.
  for (const program of ['kubernetes', 'helm'])
    it(`${program} and the Kubernetes plugin take the same version of what both need`, () => {
      const [ours, plugins] = [modulesOf(program), modulesOf('pulumi-resource-kubernetes')];
      const shared = [...ours.keys()].filter((name) => plugins.has(name) && !DIFFER.includes(name));
      expect(shared).to.include.members(['k8s.io/client-go', 'google.golang.org/grpc']);
      const versions = (of: Map<string, string>) => shared.map((name) => `${name} ${of.get(name)}`);
      expect(versions(ours)).to.deep.equal(versions(plugins));
    });
});

/** Kubernetes needs a newer one than the plugin; it has two files. */
const DIFFER = ['github.com/containerd/errdefs'];

/** The modules of a build in lab/toolchain with the versions that count: a replaced one has that of its replacement. */
function modulesOf(program: string): Map<string, string> {
  const text = readFileSync(repositoryFile(`lab/toolchain/${program}/go.mod`), 'utf8');
  const lines = [
    ...text.matchAll(/^(?:require )?\s(\S+) (v\S+)/gm),
    ...text.matchAll(/^replace (\S+)(?: v\S+)? => \S+ (v\S+)/gm),
  ];
  return new Map(lines.map(([, name = '', version = '']) => [name, version]));
}

describe('the set-up: what only one test needs', function () {
  this.timeout(20_000);

  it('is left out where it cannot be built, in a line that says why; the set-up goes on', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'setup-'));
    try {
      writeFakeGo(folder, 'needs a newer Go');
      const script = `
        const step = require(${JSON.stringify(repositoryFile('lab', 'setup', 'steps.js'))}).goSteps()
          .find(({ name }) => name.startsWith('OpenTelemetry'));
        step.run(${JSON.stringify(path.join(folder, 'log'))}, { note: (text) => console.log(text) })
          .then(() => console.log(step.result));`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
        encoding: 'utf8',
        env: {
          PATH: `${folder}:${process.env['PATH'] ?? ''}`,
          XDG_CACHE_HOME: folder,
          npm_lifecycle_event: 'pretest',
        },
      });
      expect(status, stderr).to.equal(0);
      const [why, result] = stdout.trim().split('\n');
      expect(why).to.match(
        /^could not be had: go build .* ended with exit code 1\. All of its output is in .*log\.$/,
      );
      expect(result).to.equal('left out (the test of traces will fail)');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the set-up: where the time went', () => {
  it('is a line for each step of a second or more, and the sum', () => {
    const lines = table(
      [
        { name: 'npm packages', wall: 30_000, cpu: 20_000 },
        { name: 'a look', wall: 200, cpu: 100 },
        { name: 'Pulumi engine', wall: 100_000, cpu: 180_000 },
      ],
      130_000,
    );
    expect(lines).to.have.length(4);
    expect(lines[1]).to.match(/^ +30 s +20 s {2}npm packages$/);
    expect(lines[2]).to.match(/^ +1 min 40 s +3 min {2}Pulumi engine$/);
    expect(lines[3]).to.match(/^ +2 min 10 s +3 min 20 s {2}in all; \d+ cores at \d+ %$/);
  });
});

describe('the set-up: a database server of another suite', function () {
  this.timeout(20_000);

  /** Runs the step of MySQL's newest release on a machine whose apt-get fails; with a Java and Maven, or without. */
  function fetchMysql(programs: readonly string[]): {
    status: number | null;
    said: string;
    settings: string;
  } {
    const folder = mkdtempSync(path.join(tmpdir(), 'setup-'));
    try {
      const settings = path.join(folder, 'settings');
      const apt = `#!/bin/sh\n[ "$1" = indextargets ] && exit 0\n[ -z "$APT_CONFIG" ] && exit 0\ncat "$APT_CONFIG" > ${settings}\necho 'E: no such suite' >&2\nexit 100\n`;
      for (const name of ['apt-get', ...programs])
        writeFileSync(path.join(folder, name), apt, { mode: 0o755 });
      for (const name of ['sh', 'cat', 'dpkg'])
        symlinkSync(spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim(), path.join(folder, name));
      const script = `
        const step = require(${JSON.stringify(repositoryFile('lab', 'setup', 'steps.js'))}).serverSteps()
          .find(({ name }) => name.startsWith('MySQL 9'));
        step.run(${JSON.stringify(path.join(folder, 'log'))}, { note: (text) => console.log(text) })
          .then(() => console.log(step.result), (error) => { console.error(error.message); process.exitCode = 1; });`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
        encoding: 'utf8',
        env: { PATH: folder, XDG_CACHE_HOME: folder, npm_lifecycle_event: 'pretest' },
      });
      return { status, said: stdout + stderr, settings: readFileSync(settings, 'utf8') };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('is left out with its reason where there is a release before it, and else nothing goes on without it', function () {
    if (process.arch !== 'x64') return this.skip();
    const with8 = fetchMysql(['java', 'mvn']);
    expect(with8.status, with8.said).to.equal(0);
    expect(with8.said).to.match(
      /left out, since it could not be fetched: .*exit code 100\..* is in .*log\.$/m,
    );
    const without = fetchMysql([]);
    expect(without.status, without.said).to.equal(1);
    expect(without.said).to.match(/ended with exit code 100/);
  });

  it('comes from a mirror that stands still, too', () => {
    expect(fetchMysql([]).settings).to.match(/^Acquire::Check-Valid-Until "false";$/m);
  });
});
