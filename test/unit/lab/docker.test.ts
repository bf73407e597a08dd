import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { dockerEnvironment, whyNoDocker } from '../../../lab/docker/command';
import { k3sSettings } from '../../../lab/docker/servers';
import { repositoryFile } from '../docs/readme';

const versions = z
  .object({ kubernetes: z.string(), moto: z.string() })
  .parse(createRequire(__filename)(repositoryFile('lab', 'setup', 'versions.js')));

const composeSchema = z.object({
  services: z.record(z.string(), z.looseObject({ image: z.string(), ports: z.array(z.string()) })),
});

describe('npm run lab with Docker', () => {
  const text = readFileSync(repositoryFile('lab', 'docker', 'compose.yaml'), 'utf8');
  const document: unknown = parse(text);
  const { services } = composeSchema.parse(document);

  describe('its compose file', () => {
    const source = readFileSync(repositoryFile('lab', 'docker', 'compose-spec.json'), 'utf8');
    // It names its draft by another address than zod knows.
    const schema = z.fromJSONSchema(JSON.parse(source) as z.core.JSONSchema.JSONSchema, {
      defaultTarget: 'draft-7',
    });

    it('keeps to the Compose Specification', () => {
      expect(schema.safeParse(document).error).to.equal(undefined);
    });

    it('would not with a word that the specification does not know', () => {
      for (const wrong of [
        text.replace('image: mysql', 'images: mysql'),
        text.replaceAll('read_only: true', 'readonly: true'),
        text.replace('tmpfs: [/run, /var/run]', 'tmpfs: 5'),
      ]) {
        expect(wrong).not.to.equal(text);
        expect(schema.safeParse(parse(wrong)).success).to.equal(false);
      }
    });

    it('has official images, of the releases that the set-up builds', () => {
      expect(Object.values(services).map(({ image }) => image)).to.deep.equal([
        'mysql:8.4',
        `motoserver/moto:${versions.moto}`,
        `rancher/k3s:v${versions.kubernetes}-k3s1`,
      ]);
    });

    it('opens its ports to this machine alone', () => {
      for (const port of Object.values(services).flatMap(({ ports }) => ports))
        expect(port).to.match(/^127\.0\.0\.1:\$\{LAB_\w+_PORT:\?\}:\d+$/);
    });
  });

  it('runs k3s without what the lab does itself, with the audit and the controllers of every lab', () => {
    const settings = k3sSettings();
    expect(settings).to.include({ 'disable-agent': true, 'disable-scheduler': true });
    expect(settings['kube-apiserver-arg']).to.include.members([
      'token-auth-file=/lab/tokens.csv',
      'audit-log-path=/lab/audit.log',
    ]);
    expect(settings['kube-controller-manager-arg']).to.include('root-ca-file=/lab/ca.pem');
    expect(JSON.stringify(settings)).to.include('cronjob-controller').and.not.to.include('--');
  });

  it("gives Docker's command what it finds its daemon by, and nothing else", () => {
    const daemon = { PATH: '/bin', HOME: '/root', DOCKER_HOST: 'unix:///s', XDG_RUNTIME_DIR: '/run/1' };
    expect(
      dockerEnvironment({ ...daemon, AWS_SECRET_ACCESS_KEY: 'secret', LAB_FOLDER: '/lab' }),
    ).to.deep.equal(daemon);
  });

  describe('where Docker cannot be had', () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'docker-'))));
    afterEach(() => rmSync(folder, { recursive: true }));

    function standIn(script: string): NodeJS.ProcessEnv {
      writeFileSync(path.join(folder, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return { PATH: folder };
    }

    it('says that it is missing', () => {
      expect(whyNoDocker({ PATH: folder })).to.equal(
        'Docker is not on this machine: install it, or leave --docker out.',
      );
    });

    it('says that its daemon does not answer, and why', () => {
      const refused = 'echo "Cannot connect to the Docker daemon. Is the docker daemon running?" >&2; exit 1';
      expect(whyNoDocker(standIn(refused))).to.equal(
        "Docker's daemon does not answer (Cannot connect to the Docker daemon. Is the docker daemon running?): start it, or leave --docker out.",
      );
      expect(whyNoDocker(standIn('exit 1'))).to.equal(
        "Docker's daemon does not answer: start it, or leave --docker out.",
      );
    });

    it('says that it has no Compose', () => {
      expect(whyNoDocker(standIn('test "$1" = version'))).to.match(
        /no command "compose".*docker-compose-plugin/,
      );
      expect(whyNoDocker(standIn('exit 0'))).to.equal(undefined);
    });

    const lab = (...args: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [repositoryFile('dist', 'lab', 'main.js'), ...args], {
        encoding: 'utf8',
        env: { PATH: folder },
      });

    it('ends with 2 before anything is made, in one sentence', () => {
      const { status, stdout, stderr } = lab('--docker');
      expect({ status, stdout, stderr }).to.deep.equal({
        status: 2,
        stdout: '',
        stderr: 'Docker is not on this machine: install it, or leave --docker out.\n',
      });
    });

    for (const [words, what] of [
      [['--database', 'mariadb'], 'MySQL 8.4: leave --database out'],
      [['--kubelet', 'real'], 'leave --kubelet out'],
    ] as const)
      it(`refuses ${words[0]} beside it`, () => {
        const { status, stderr } = lab('--docker', ...words);
        expect(stderr).to.include(what);
        expect(status).to.equal(1);
      });
  });
});
