import { writeFile } from 'node:fs/promises';
import type { V1Deployment, V1ResourceQuota, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { PreflightSettings } from '../../../src/steps/preflight';
import { aroundOf, preflight, problemsSeen } from '../../../src/steps/preflight';
import { planOf } from '../../../src/inspect/status/next';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import { optionTable } from '../../../src/settings/options';
import type { WorldContext } from '../../../src/target/context';
import type { Right } from '../../../src/kubernetes/kubernetes';
import { ApiError } from '../../../src/kubernetes/api';
import type { Sandbox } from '../openemr/file/sandbox';
import { makeSandbox } from '../openemr/file/sandbox';
import { planRollback } from '../../../src/rotation/planRotation';
import { plannedIn } from '../rotation/planned';
import { journalOf, worldOn, writesOf } from '../rotation/simulatedWorld';
import { fakeSession } from '../mysql/fakeSession';
import { factsOf, now, read, unreadable } from './facts';
import { judged } from './judged';
import type { PreflightClients } from '../../../src/steps/preflightClients';

const settings: PreflightSettings = {
  context: { trust: {} },
  idleGraceSeconds: Number(optionTable.idleGraceSeconds.default),
  idleLimitSeconds: Number(optionTable.idleLimitSeconds.default),
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret: V1Secret = {
  data: Object.fromEntries(
    Object.entries(worldOn('A').kubernetes).map(([key, value]) => [key, base64(value)]),
  ),
};
const container = { name: 'c', envFrom: [{ secretRef: { name: 'db' } }] };
const spec = {
  replicas: 2,
  selector: { matchLabels: { app: 'openemr' } },
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  template: { spec: { containers: [container] } },
};
const complete = {
  observedGeneration: 1,
  replicas: 2,
  updatedReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
};
const deployment: V1Deployment = { metadata: { generation: 1 }, spec, status: complete };
const patchDeployments: Right = { verb: 'patch', group: 'apps', resource: 'deployments', name: 'openemr' };
const gaveUp = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'Late.' };
const full: V1ResourceQuota = {
  metadata: { name: 'small' },
  spec: {},
  status: { hard: { pods: '2' }, used: { pods: '2' } },
};
const admins = "GRANT ALTER, CREATE USER, PROCESS ON *.* TO 'admin'@'%' WITH GRANT OPTION";

/** A world of clients that answer by themselves. */
interface Answers {
  deployment?: V1Deployment;
  secret?: V1Secret;
  missing?: Right[];
  quotas?: V1ResourceQuota[];
  refusedPatch?: Error;
  refusedPut?: Failure;
  stages?: Record<string, string[]>;
  grants?: string[];
  version?: string;
  settings?: Partial<PreflightSettings>;
}

/** The clients of a run, and every request of theirs that only a dry run may make. */
function clientsOf(answers: Answers): { clients: PreflightClients; probes: string[] } {
  const probes: string[] = [];
  const found = answers.secret ?? secret;
  const grants = (answers.grants ?? [admins]).map((grant) => ({ grant }));
  const kubernetes = {
    target: { namespace: 'ns', deployment: 'openemr', secret: 'db' },
    missingRights: async () => answers.missing ?? [],
    deployment: async () => answers.deployment ?? deployment,
    secret: async () => found,
    secretData: async () => worldOn('A').kubernetes,
    pods: async () => undefined,
    list: async () => [],
    quotas: async () => answers.quotas,
    server: async () => 'https://k',
    tryPatch: async (kind: string) => {
      probes.push(`patch ${kind}`);
      if (answers.refusedPatch) throw answers.refusedPatch;
    },
  };
  const secrets = {
    describe: async () => ({ arn: 'arn', stages: answers.stages ?? { v0: ['AWSCURRENT'] } }),
    refusedPut: async () => {
      probes.push('put');
      return answers.refusedPut;
    },
    refusedMove: async () => void probes.push('move'),
  };
  const { session } = fakeSession(answers.version ?? '8.0.36', [['SHOW GRANTS', grants]]);
  const login = worldOn('A').admin;
  const credentials = { stage: 'AWSCURRENT', version: { arn: 'arn', versionId: 'v0', text: '' }, login };
  return { clients: { kubernetes, secrets, session, credentials } as unknown as PreflightClients, probes };
}

describe('status and a dry run', () => {
  let sandbox: Sandbox;
  let context: WorldContext;
  before(async () => {
    sandbox = await makeSandbox();
    const { host, port, username, password, dbname } = worldOn('A').file;
    const values = { host, port, login: username, pass: password, dbase: dbname };
    const lines = Object.entries(values).map(([name, value]) => `$${name} = '${value}';`);
    await writeFile(sandbox.file, `<?php\n${lines.join('\n')}\n`);
    const kubernetes = { namespace: 'ns', deployment: 'openemr', secret: 'db' };
    context = {
      region: 'r',
      adminSecretId: 'admin',
      slotSecretId: 'slots',
      sitesRoot: sandbox.root,
      site: 'default',
      kubernetes,
      trust: {},
    };
  });
  after(() => sandbox.remove());

  /** What a dry run tells, and what status refuses a run for, of the same world. */
  async function both(
    answers: Answers,
    facts: StatusFacts = factsOf(worldOn('A')),
  ): Promise<{ dry: string[]; status: string[]; probes: string[] }> {
    const plan = planOf(facts);
    if (plan?.kind !== 'planned') throw new Error('no plan');
    const around = aroundOf(
      { ...settings, ...answers.settings },
      { isBound: plan.resumed, works: { sqlconf: true, kubernetesSecret: true }, look: undefined, lookMs: 0 },
    );
    const dry = await preflight(plan.planned, context, clientsOf(answers).clients, around).then(
      ({ problems }) => problems.map(({ message }) => message),
      (error: unknown) => [error instanceof Failure ? error.message : String(error)],
    );
    const { clients, probes } = clientsOf(answers);
    const problems = await problemsSeen(plan.planned, context, clients, around);
    const { next, refused, advice } = judged({ ...facts, problems });
    expect(next === null, 'next').to.equal(refused.length > 0);
    if (refused.length > 0) expect(advice).to.equal(`A rotation would be refused now: ${refused.join(' ')}`);
    return { dry, status: refused, probes };
  }

  const owned = (name: string): V1Secret => ({
    ...secret,
    metadata: {
      ownerReferences: [{ apiVersion: 'v1', kind: 'ExternalSecret', name, uid: 'u', controller: true }],
    },
  });
  const seen: [string, Answers, RegExp][] = [
    ['a paused Deployment', { deployment: { ...deployment, spec: { ...spec, paused: true } } }, /is paused/],
    ['no replicas', { deployment: { ...deployment, spec: { ...spec, replicas: 0 } } }, /has no replicas/],
    [
      'a restart with downtime',
      { deployment: { ...deployment, spec: { ...spec, strategy: { type: 'Recreate' } } } },
      /Requests will fail/,
    ],
    [
      'a Deployment that reads another Secret',
      {
        deployment: {
          ...deployment,
          spec: {
            ...spec,
            template: { spec: { containers: [{ name: 'c', envFrom: [{ secretRef: { name: 'x' } }] }] } },
          },
        },
      },
      /^Wrong target\?/,
    ],
    ['a Secret with another owner', { secret: owned('db') }, /belongs to ExternalSecret db/],
    [
      'a right that is missing',
      { missing: [patchDeployments] },
      /RBAC does not allow "patch" on deployments/,
    ],
    [
      'a rollout that is stuck',
      { deployment: { ...deployment, status: { ...complete, conditions: [gaveUp] } } },
      /last rollout .* is stuck/,
    ],
    ['a quota without room', { quotas: [full] }, /ResourceQuota small has no room/],
    [
      'an admin without PROCESS',
      { grants: ["GRANT ALTER, CREATE USER ON *.* TO 'admin'@'%' WITH GRANT OPTION"] },
      /lacks PROCESS/,
    ],
    ['another rotation of a secret', { stages: { v0: ['AWSCURRENT'], v1: ['AWSPENDING'] } }, /AWSPENDING/],
    ['a secret without a current version', { stages: {} }, /has no AWSCURRENT version/],
    [
      '--keep-old-password on a server that keeps none',
      { version: '10.11.6-MariaDB', settings: { keepOldPassword: true } },
      /keeps no second password/,
    ],
  ];
  for (const [name, answers, problem] of seen)
    it(`${name}: both refuse, in the same words`, async () => {
      const { dry, status, probes } = await both(answers);
      expect(dry.join('\n')).to.match(new RegExp(problem.source, 'm'));
      expect(status).to.include.members(dry);
      expect(dry).to.include.members(status);
      expect(probes, 'status tried something').to.deep.equal([]);
    });

  it('what docs/json.md says that status does not look at, it does not look at', async () => {
    const denied = new ApiError(422, 'hands off');
    const refused = new Failure('admin-permission-missing', 'You must not store versions.');
    const { dry, status, probes } = await both({ refusedPatch: denied, refusedPut: refused });
    const alone = (await both({})).status;
    expect(dry.filter((text) => !alone.includes(text))).to.have.length(4);
    expect(status).to.deep.equal(alone);
    expect(probes).to.deep.equal([]);
  });

  const byReading: [string, (facts: StatusFacts) => StatusFacts, RegExp][] = [
    [
      'an immutable Secret',
      (facts) => ({
        ...facts,
        kubernetesSecret: read({ name: 'ns/db', data: {}, login: undefined, immutable: true }),
      }),
      /^Secret ns\/db is immutable; replace it by one that can be changed\.$/,
    ],
    [
      'a secret that RDS manages',
      (facts) => {
        if (facts.adminSecret.kind !== 'read') return facts;
        const owner = 'is managed by rds; leave its rotation to that service';
        return { ...facts, adminSecret: read({ ...facts.adminSecret.value, owner }) };
      },
      /^Secret admin is managed by rds; .*; two rotations of one secret lose passwords\.$/,
    ],
    [
      'an admin that does not log in',
      (facts) => ({
        ...facts,
        logins: { ...facts.logins, admin: { kind: 'refused', reason: 'The database refuses admin.' } },
      }),
      /^The database refuses admin\.$/,
    ],
    [
      'another site that names an account',
      (facts) => {
        if (facts.sqlconf.kind !== 'read') return facts;
        const { login } = facts.sqlconf.value;
        const otherSites = [{ path: '/sites/b/sqlconf.php', kind: 'login' as const, login }];
        return { ...facts, sqlconf: read({ ...facts.sqlconf.value, otherSites }) };
      },
      /\/sites\/b\/sqlconf\.php/,
    ],
    [
      'a run that holds the lock',
      (facts) => ({ ...facts, lock: read({ connectionId: 7, client: 'admin@h', idleSeconds: 1 }) }),
      /^Another rotation is running \(from admin@h, connection 7\); wait until it ends/,
    ],
  ];
  for (const [name, change, problem] of byReading)
    it(`${name}: refused, and no next`, () => {
      const { refused, next } = judged(change(factsOf(worldOn('A'))));
      expect(refused).to.have.length(1);
      expect(refused[0]).to.match(problem);
      expect(next).to.equal(null);
    });

  describe('a rollback that was cut off', () => {
    const world = worldOn('A');
    const planned = plannedIn(world);
    writesOf(world, planned)
      .slice(0, 3)
      .forEach((write) => write());
    const journal = journalOf(planRollback(planned, 'run-2', now));
    const facts = factsOf(world, journal);

    it('is what a run finishes', () => {
      const { next, refused, unfinished } = judged({ ...facts, takenUp: read(journal) });
      expect(refused).to.deep.equal([]);
      expect(next).to.include({ kind: 'rollback', resumes: true });
      expect(unfinished?.id).to.equal('run-2');
    });

    it('is given up where the login from before does not work any more: next is a plan from what is there', () => {
      const { next, unfinished, lastRotation } = judged({ ...facts, takenUp: read(undefined) });
      expect(next?.resumes).to.equal(false);
      expect(next?.kind).not.to.equal('rollback');
      expect(unfinished).to.equal(null);
      expect(lastRotation?.end).to.equal('given-up');
    });

    it('is refused where that cannot be seen, in the words of the run', () => {
      const said = 'Rollback run-2 was not resumed: it could not be seen. Run again to finish it.';
      const { next, refused } = judged({ ...facts, takenUp: unreadable('held', said) });
      expect(next).to.equal(null);
      expect(refused).to.deep.equal([said]);
    });
  });

  for (const part of ['slotSecret', 'adminSecret', 'sqlconf', 'kubernetesSecret', 'state'] as const)
    it(`${part} cannot be read: no next, for a run would end there`, () => {
      const facts = { ...factsOf(worldOn('A')), [part]: unreadable('configuration', 'It is away.') };
      expect(judged(facts).next).to.equal(null);
    });
});
