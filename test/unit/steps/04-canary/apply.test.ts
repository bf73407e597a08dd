import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { lstat, readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { effectHook } from '../../../../src/base/effect';
import { listenToNotices } from '../../../../src/base/notices';
import { cleanUp } from '../../../../src/openemr/file/sqlconfFile';
import { decodedData } from '../../../../src/kubernetes/kubernetes';
import { kubernetesSecretData } from '../../../../src/rotation/observation';
import type { CanaryProofInputs } from '../../../../src/steps/04-canary/apply';
import { proveCanary } from '../../../../src/steps/04-canary/apply';
import { removeCanary } from '../../../../src/steps/04-canary/leftovers';
import { kubernetesOf } from '../../../../src/target/clients';
import type { MadeObject } from '../../handMade/fakeKubernetes';
import { failureOf, Killed, pointsIn, withFaults } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

const healthy = { code: 200, body: JSON.stringify({ status: 'ready', checks: { database: true } }) };
const ill = { code: 500, body: '' };
const pace = { pauseMs: 5, brokenMs: 30, wrongMs: 30 };
const [pod, control] = [
  'pods/credential-rotation-canary-openemr',
  'pods/credential-rotation-control-openemr',
];
const secret = 'secrets/credential-rotation-canary-openemr';

/** Ends the process at a write: nothing is written any more, by no clean-up either. */
async function killedAt(at: number, when: 'before' | 'after', action: () => Promise<unknown>): Promise<void> {
  const global = globalThis as { [effectHook]?: object };
  let count = -1;
  let dead = false;
  const die = (): void => {
    dead = true;
    throw new Killed();
  };
  global[effectHook] = {
    async effect(_name: string, write: () => Promise<unknown>): Promise<unknown> {
      const mine = (count += 1);
      if (dead || (mine === at && when === 'before')) die();
      const done = await write();
      if (mine === at) die();
      return done;
    },
    moment: () => undefined,
  };
  try {
    await action();
  } finally {
    delete global[effectHook];
  }
}

describe('step 4: the canary', () => {
  let world: HandMadeWorld;
  let page: Server;
  let notices: string[];
  /** What the page of a pod says; a request of the canary's logs in. */
  let answer: (of: string) => { code: number; body: string };
  let logsIn: boolean;

  /** The pod that runs now: the page is one for both. */
  const running = (): string => (world.kubernetes.made.has(pod) ? pod : control);
  const siteFolder = (): string => path.dirname(world.file);

  beforeEach(async () => {
    world = await openWorld();
    await listen();
    Object.assign(world.kubernetes, { deployment: deployment(), podStatus: runs });
    [notices, answer, logsIn] = [[], () => healthy, true];
    listenToNotices((text) => notices.push(text));
  });
  afterEach(async () => {
    page.close();
    listenToNotices(() => undefined);
    await world.close();
  });

  async function listen(): Promise<void> {
    page = createServer((_request, response) => {
      const of = running();
      if (of === pod && logsIn) world.database.somebodyLogsIn('openemr_b');
      const { code, body } = answer(of);
      response.writeHead(code).end(body);
    });
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  }

  function deployment(): object {
    const { port } = page.address() as AddressInfo;
    const container = {
      name: 'openemr',
      image: 'openemr/openemr:7.0.4',
      ports: [{ name: 'http', containerPort: port }],
      readinessProbe: { httpGet: { port: 'http', path: '/meta/health/readyz' }, initialDelaySeconds: 300 },
      env: [{ name: 'MYSQL_USER', valueFrom: { secretKeyRef: { name: 'openemr-db', key: 'mysql-user' } } }],
      volumeMounts: [{ name: 'sites', mountPath: '/var/www/localhost/htdocs/openemr/sites' }],
    };
    const volumes = [{ name: 'sites', persistentVolumeClaim: { claimName: 'sites' } }];
    return {
      metadata: { generation: 2 },
      spec: {
        replicas: 2,
        template: { metadata: { labels: { app: 'openemr' } }, spec: { containers: [container], volumes } },
      },
      status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2 },
    };
  }

  const runs = (): object => ({ phase: 'Running', podIP: '127.0.0.1', hostIP: '10.0.0.7' });
  const prove = async (given: Partial<CanaryProofInputs> = {}): Promise<Record<string, unknown>> => {
    const inputs: CanaryProofInputs = {
      ...{ context: world.context, run: 'run-1', rotation: 'run-1', mode: 'auto', active: 'openemr_a' },
      ...world.login('openemr_b', passwords.B),
      ...{ answersInARow: 2, limitSeconds: 5, ...given },
    };
    const { outcome, why } = (await proveCanary(inputs, pace)).measured;
    return { [outcome]: why };
  };
  const hidden = async (): Promise<string[]> =>
    (await readdir(siteFolder())).filter((name) => name.startsWith('.credential-rotation'));
  const expectNothingLeft = async (): Promise<void> => {
    expect([...world.kubernetes.made.keys()]).to.deep.equal([]);
    expect(await hidden()).to.deep.equal([]);
    expect((await world.fileLogin()).username, 'nothing was switched').to.equal('openemr_a');
  };
  const events = (): string[] => world.log.filter((event) => event.startsWith('kubernetes '));

  it('a pod on the new login is good and has logged in: proved, and nothing of it is left', async () => {
    expect(await withFaults(world, undefined, () => prove())).to.deep.equal({ proved: undefined });
    expect(events()).to.deep.equal(
      [secret, pod]
        .map((each) => `kubernetes create ${each}`)
        .concat([pod, secret].map((each) => `kubernetes delete ${each}`)),
    );
    expect(pointsIn(world.log)).to.deep.equal([
      'file: make the canary folder',
      'file: write the canary file',
      'kubernetes: create the canary Secret',
      'kubernetes: create the canary pod',
      'kubernetes: delete the canary pod',
      'file: remove the canary file',
      'file: remove the canary folder',
      'kubernetes: delete the canary Secret',
    ]);
    expect(notices).to.deep.equal([]);
    await expectNothingLeft();
  });

  it('what it sees: the file with the new login, with owner and mode of the real one, and a Secret with it', async () => {
    let object: MadeObject | undefined;
    const keystore = Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('base64');
    world.kubernetes.secretBytes = { keystore };
    world.kubernetes.podStatus = (made) => {
      object = made;
      return { phase: 'Pending' };
    };
    const proving = prove({ limitSeconds: 0.3 });
    while (object === undefined) await new Promise((resolve) => setImmediate(resolve));
    const [folder = ''] = await hidden();
    const copy = path.join(siteFolder(), folder, 'sqlconf.php');
    expect((await lstat(copy)).mode).to.equal((await lstat(world.file)).mode);
    expect(await readFile(copy, 'utf8'))
      .to.include('openemr_b')
      .and.to.include(passwords.B);
    const { keystore: copied, ...data } = world.kubernetes.made.get(secret)?.data ?? {};
    expect(decodedData({ data })).to.deep.equal(kubernetesSecretData(world.login('openemr_b', passwords.B)));
    expect(copied, 'byte for byte').to.equal(keystore);
    expect(JSON.stringify(object))
      .to.include(`default/${folder}/sqlconf.php`)
      .and.not.to.include(passwords.B);
    expect(await proving)
      .to.have.property('unproved')
      .that.includes('it got no address');
    expect(notices).to.have.lengthOf(1);
    await expectNothingLeft();
  });

  it('a page that is bad for the new login alone: exit 4 in either mode, with what to look at', async () => {
    answer = (of) => (of === pod ? ill : healthy);
    for (const mode of ['auto', 'require'] as const) {
      const failure = await failureOf(prove({ mode }));
      expect([failure.code, failure.outcome]).to.deep.equal(['canary-login-bad', 'before-switch']);
      expect(failure.message)
        .to.match(
          /^A canary pod with openemr_b is not well: its page answers with HTTP 500 in \d+ answers in a row, while one with openemr_a is well\./,
        )
        .and.include('The database let it in.')
        .and.include('MAX_USER_CONNECTIONS');
      await expectNothingLeft();
    }
  });

  it('a login that the database refuses from there: the page is bad, and nobody was let in', async () => {
    answer = (of) => (of === pod ? { code: 200, body: 'SQLSTATE[HY000] [1045]' } : healthy);
    logsIn = false;
    expect((await failureOf(prove())).message).to.include('The database let nobody in from there.');
    await expectNothingLeft();
  });

  it('both pods are bad, so it is not the login: told once, or refused where the proof is required', async () => {
    answer = () => ill;
    expect(await prove())
      .to.have.property('unproved')
      .that.includes('a pod on the login in use is no better');
    expect(notices).to.have.lengthOf(1);
    const failure = await failureOf(prove({ mode: 'require' }));
    expect([failure.code, failure.outcome]).to.deep.equal(['canary-unproved', 'before-switch']);
    await expectNothingLeft();
  });

  it('it ends at once, and the control does not: the login is bad', async () => {
    const ended = {
      containerStatuses: [{ name: 'openemr', ready: false, state: { terminated: { exitCode: 1 } } }],
      phase: 'Failed',
    };
    world.kubernetes.podStatus = ({ metadata }) => (metadata.name.includes('canary') ? ended : runs());
    expect((await failureOf(prove())).message).to.include(
      'its container openemr ended with exit code 1, while one with openemr_a is well',
    );
    await expectNothingLeft();
  });

  it('it ends after its login was let in, or was refused: which of both is told', async () => {
    Object.assign(world.database, { version: '9.7.4' });
    const ended = {
      ...{ phase: 'Failed', podIP: '127.0.0.1', hostIP: '10.0.0.7' },
      containerStatuses: [{ name: 'openemr', ready: false, state: { terminated: { exitCode: 1 } } }],
    };
    for (const [meets, said] of [
      [() => world.database.somebodyLogsIn('openemr_b'), 'The database let it in.'],
      [() => world.database.somebodyIsRefused('openemr_b'), 'The database let nobody in from there.'],
    ] as const) {
      world.kubernetes.podStatus = ({ metadata }) => {
        if (!metadata.name.includes('canary')) return runs();
        meets();
        return ended;
      };
      expect((await failureOf(prove())).message).to.include(said);
    }
  });

  it('its page is good on another login: nothing is proved', async () => {
    logsIn = false;
    expect(await prove())
      .to.have.property('unproved')
      .that.includes('saw no login of the new user');
    expect((await failureOf(prove({ mode: 'require' }))).code).to.equal('canary-unproved');
  });

  it('good alone and bad under several requests at once, as with MAX_USER_CONNECTIONS: the login is bad', async () => {
    let open = 0;
    page.removeAllListeners('request');
    page.on('request', (_request, response) => {
      const of = running();
      open += 1;
      const { code, body } = of === pod && open > 1 ? ill : healthy;
      world.database.somebodyLogsIn('openemr_b');
      setTimeout(() => {
        open -= 1;
        response.writeHead(code).end(body);
      }, 10);
    });
    expect((await failureOf(prove())).message).to.include(
      'is good alone, but answers with HTTP 500 when 8 requests come at once',
    );
    await expectNothingLeft();
  });

  describe('what keeps it from being made says nothing of the login', () => {
    const cases: [string, () => void, RegExp][] = [
      [
        'no right',
        () => world.kubernetes.denied.push('create pods'),
        /RBAC does not allow "create" on pods; infra\/kubernetes\/role-canary/,
      ],
      [
        'a quota or a webhook',
        () =>
          (world.kubernetes.refuse = ({ verb, resource }) =>
            verb === 'create' && resource === 'pods'
              ? { code: 403, message: 'exceeded quota: x' }
              : undefined),
        /the API server refused it \(403: exceeded quota: x\)/,
      ],
      [
        'a roll-out',
        () =>
          Object.assign(world.kubernetes.deployment, {
            status: { observedGeneration: 2, updatedReplicas: 1, replicas: 2 },
          }),
        /is rolling out something else/,
      ],
      [
        'no volume',
        () => {
          const { spec } = world.kubernetes.deployment as {
            spec: { template: { spec: { volumes: object[] } } };
          };
          spec.template.spec.volumes = [{ name: 'sites', emptyDir: {} }];
        },
        /has sqlconf\.php from its volume sites \(emptyDir\)/,
      ],
      [
        'another pod of that name',
        () => void world.kubernetes.made.set(pod, { metadata: { name: pod.slice(5) } }),
        /that is not this tool's/,
      ],
      [
        'an eviction',
        () => (world.kubernetes.podStatus = () => ({ phase: 'Failed', reason: 'Evicted' })),
        /it was ended: Evicted/,
      ],
    ];
    for (const [name, set, words] of cases)
      it(name, async () => {
        set();
        const others = [...world.kubernetes.made.keys()];
        expect(await prove())
          .to.have.property('unproved')
          .that.match(words);
        expect(notices).to.have.lengthOf(1);
        expect(notices[0]).to.match(words);
        expect((await failureOf(prove({ mode: 'require' }))).message).to.match(words);
        expect([...world.kubernetes.made.keys()], 'what is of others stays').to.deep.equal(others);
        expect(await hidden()).to.deep.equal([]);
      });
  });

  describe('a connection that breaks', () => {
    /** Breaks it at requests of that kind, so many times. */
    const breaks = (verb: string, resource: string, times: number): void => {
      let left = times;
      world.kubernetes.refuse = (asked) =>
        asked.verb === verb && asked.resource === resource && (left -= 1) >= 0
          ? { code: 0, message: '' }
          : undefined;
    };

    it('when a pod or Secret is made: nothing is proved, and the rotation goes on', async () => {
      for (const resource of ['pods', 'secrets']) {
        breaks('create', resource, 1);
        expect(await prove(), resource)
          .to.have.property('unproved')
          .that.matches(/does not answer "create" on/);
        await expectNothingLeft();
      }
      expect(notices).to.have.lengthOf(2);
    });

    it('when they are removed: it is tried again, and what was proved stays so', async () => {
      for (const resource of ['pods', 'secrets']) {
        breaks('delete', resource, 1);
        expect(await prove(), resource).to.deep.equal({ proved: undefined });
        await expectNothingLeft();
      }
      expect(notices).to.deep.equal([]);
    });
  });

  it('without the right to make Secrets the references stay', async () => {
    world.kubernetes.denied.push('create secrets');
    expect(await prove()).to.deep.equal({ proved: undefined });
    expect(events()).to.deep.equal([`kubernetes create ${pod}`, `kubernetes delete ${pod}`]);
  });

  it('after the cut-over there is nothing to prove', async () => {
    await world.writeFile(world.login('openemr_b', passwords.B));
    expect(await prove())
      .to.have.property('skipped')
      .that.includes('names openemr_b already');
    expect(events()).to.deep.equal([]);
  });

  it('killed before and after each of its writes: the start of the next run removes all of it', async () => {
    answer = (of) => (of === pod ? ill : healthy);
    await withFaults(world, undefined, () => failureOf(prove()));
    const points = pointsIn(world.log);
    expect(points).to.include('kubernetes: create the control pod');
    for (const [at, point] of points.entries())
      for (const when of ['before', 'after'] as const) {
        await killedAt(at, when, () => prove()).catch(() => undefined);
        await cleanUp(world.context.sitesRoot, world.context.site);
        await removeCanary(kubernetesOf(world.context));
        expect([...world.kubernetes.made.keys()], `killed ${when} ${point}`).to.deep.equal([]);
        await expectNothingLeft();
      }
  });

  it('the start of a run without the right asks once, and goes on', async () => {
    let asked = 0;
    world.kubernetes.refuse = () => {
      asked += 1;
      return { code: 403, message: 'forbidden' };
    };
    await removeCanary(kubernetesOf(world.context));
    expect(asked).to.equal(1);
  });

  it('the lock lost: nothing more is written, and the run ends by that', async () => {
    await withFaults(world, undefined, () => prove());
    const points = pointsIn(world.log);
    for (const at of points.keys()) {
      world.keepLock();
      const from = (): number => world.log.length;
      let lostAt = 0;
      const before = (): void => {
        world.loseLock();
        lostAt = from();
      };
      const failure = await failureOf(withFaults(world, { at, before }, () => prove()));
      expect(failure.outcome, points[at]).to.equal('locked');
      expect(
        world.log.slice(lostAt).filter((event) => event.startsWith('kubernetes ')),
        points[at],
      ).to.deep.equal([]);
      world.keepLock();
      await cleanUp(world.context.sitesRoot, world.context.site);
      await removeCanary(kubernetesOf(world.context));
    }
  });
});
