import { expect } from 'chai';
import type { V1Pod } from '@kubernetes/client-node';
import { clientsBetween, strangersAmong } from '../../../../src/steps/10-renewal/otherClients';
import {
  findOtherUsers,
  readerNotice,
  retiredUsers,
  tellClients,
} from '../../../../src/steps/10-renewal/otherUsers';
import type { Workload } from '../../../../src/steps/10-renewal/secretReaders';
import type { PlannedRotation } from '../../../../src/rotation/rotationPlan';
import type { Session } from '../../../../src/mysql/database';
import { Kubernetes } from '../../../../src/kubernetes/kubernetes';
import { ApiError } from '../../../../src/kubernetes/api';
import type { LoginLook } from '../../../../src/mysql/logins';
import { plannedIn } from '../../rotation/planned';
import { worldOn } from '../../rotation/simulatedWorld';

const target = { namespace: 'clinic', deployment: 'openemr', secret: 'db' };
const rules = { idleLimitSeconds: 300, lookMs: 0 };

function look(sessions: string[], counts?: Record<string, number>): LoginLook {
  const byHost = new Map(Object.entries(counts ?? {}));
  const counted = { total: 0, byHost, server: 's', uptime: 1 };
  return {
    sessions: new Map(sessions.map((host, index) => [String(index), host])),
    ...(counts ? { counted } : { whySampled: 'performance_schema is OFF' }),
    asked: 0,
    answered: 0,
  };
}

/** A rotation from slot A to slot B. */
const planned = (): PlannedRotation => plannedIn(worldOn('A'));

describe('clients of the database', () => {
  it('are those with a session in either look, and those whose count grew between; never this process', () => {
    const first = look(['10.0.0.1'], { '10.0.0.2': 5, '10.0.0.3': 7, 'ip-10-0-0-9.ec2.internal': 1 });
    const second = look(['10.0.0.4'], {
      ...{ '10.0.0.2': 6, '10.0.0.3': 7, '10.0.0.5': 1 },
      'ip-10-0-0-9.ec2.internal': 4,
    });
    expect(clientsBetween(first, second, '10.0.0.9')).to.deep.equal({
      hosts: ['10.0.0.1', '10.0.0.4', '10.0.0.2', '10.0.0.5'],
    });
  });

  it('are known by their sessions alone where the server does not count, or not by host', () => {
    expect(clientsBetween(look([]), look(['localhost']), 'localhost')).to.deep.equal({
      hosts: ['127.0.0.1'],
      whyNoCounts: 'performance_schema is OFF',
    });
    const { hosts, whyNoCounts } = clientsBetween(look([], { '': 3 }), look([], { '': 9 }), 'x');
    expect(hosts).to.deep.equal([]);
    expect(whyNoCounts).to.include('does not tell client hosts apart');
  });

  const pods: V1Pod[] = [
    { status: { podIP: '10.0.1.1', podIPs: [{ ip: '10.0.1.1' }, { ip: 'fd00::1' }], hostIP: '10.0.9.1' } },
  ];

  it('are told from pods and their nodes; where no host is one of these, nothing is said of who is who', () => {
    expect(strangersAmong(['10.0.1.1', 'fd00::1', '10.0.9.1', '10.0.5.5'], pods)).to.deep.equal({
      strangers: ['10.0.5.5'],
      isKnown: true,
    });
    expect(strangersAmong(['10.0.5.5'], pods).isKnown).to.equal(false);
    expect(strangersAmong([], pods)).to.deep.equal({ strangers: [], isKnown: true });
  });

  it('are named with the consequence, or told to be unknown', () => {
    const username = 'openemr_a';
    const { named } = tellClients({ username, clients: { hosts: ['10.0.1.1', '10.0.5.5'] } }, pods, rules);
    expect(named).to.have.lengthOf(1);
    expect(named[0]).to.match(
      /^10\.0\.5\.5 logs in to the database as openemr_a, and is not one of OpenEMR's pods: .*300 s.*exit 12/,
    );
    const translated = tellClients({ username, clients: { hosts: ['10.7.7.7'] } }, pods, rules);
    expect(translated.named).to.deep.equal([]);
    expect(translated.unseen[0]).to.match(/^who is 10\.7\.7\.7, logged in as openemr_a /);
    const blind = tellClients(
      { username, clients: { hosts: ['10.7.7.7'], whyNoCounts: 'it is off' } },
      undefined,
      rules,
    );
    expect(blind.named).to.deep.equal([]);
    expect(blind.unseen).to.deep.equal([
      "which clients of the database are OpenEMR's pods (no right to list pods)",
      'short logins of openemr_a, by client host (it is off)',
    ]);
  });
});

describe('who is warned of', () => {
  it('are users of the slot that is left, and of the admin where OpenEMR was it; of a rollback nobody', () => {
    const rotation = planned();
    const { plan, material } = rotation;
    const left = material.logins[plan.renew ?? 'A'].username;
    expect(retiredUsers(rotation)).to.deep.equal([left]);
    const ofAdmin: PlannedRotation = {
      plan: { ...plan, rotateAdmin: true, adminUsername: material.before.sqlconf.username },
      material,
    };
    expect(retiredUsers(ofAdmin)).to.include(material.before.sqlconf.username);
    expect(retiredUsers({ plan: { ...plan, renew: null, rotateAdmin: false }, material })).to.deep.equal([]);
  });

  it('each kind of workload has its own advice', () => {
    const told = (kind: 'StatefulSet' | 'CronJob' | 'Job', by: 'variables' | 'files'): string =>
      readerNotice({ kind, name: 'x', by }, target, rules);
    expect(told('StatefulSet', 'variables')).to.equal(
      'StatefulSet clinic/x also reads Secret clinic/db: its pods keep the old login until they restart. Restart them after step 6 (kubectl -n clinic rollout restart statefulset/x): while anybody uses the old login, step 10 waits up to 300 s (--idle-limit) and then holds the rotation with exit 12; the next run finishes it',
    );
    expect(told('StatefulSet', 'files')).to.include('may keep the old login until they restart');
    expect(told('Job', 'variables')).to.include('until it ends').and.not.include('rollout restart');
    expect(told('CronJob', 'variables')).to.include('that starts before step 6');
  });

  /** A cluster in which each list is refused, or holds one reader. */
  class Cluster extends Kubernetes {
    asked: string[] = [];
    constructor(private readonly isOpen: boolean) {
      super(target);
    }
    override list<T>(_group: string, resource: string): Promise<T[]> {
      this.asked.push(resource);
      if (!this.isOpen) return Promise.reject(new ApiError(403));
      const spec = { containers: [{ name: 'c', envFrom: [{ secretRef: { name: 'db' } }] }] };
      const reader: Workload = { metadata: { name: 'reports' }, spec: { template: { spec } } };
      return Promise.resolve(resource === 'statefulsets' ? [reader as T] : []);
    }
    override pods(): Promise<V1Pod[] | undefined> {
      return Promise.resolve(this.isOpen ? [] : undefined);
    }
    override deployment(): ReturnType<Kubernetes['deployment']> {
      return Promise.resolve({ spec: { selector: {}, template: {} } });
    }
  }
  /** A database that answers nothing. */
  const session = { query: () => Promise.reject(new Error('gone')) } as unknown as Session;

  it('a reader is named, and what RBAC hides is one notice with its cure; a database that fails stops nothing', async () => {
    const open = await findOtherUsers(planned(), { kubernetes: new Cluster(true), session }, rules);
    expect(open.named.map((text) => text.split(':')[0])).to.deep.equal([
      'StatefulSet clinic/reports also reads Secret clinic/db',
    ]);
    expect(open.unseen).to.include('the database did not tell').and.not.include('role-optional.yaml');
    const closed = await findOtherUsers(planned(), { kubernetes: new Cluster(false), session }, rules);
    expect(closed.named).to.deep.equal([]);
    expect(closed.unseen).to.match(/^Who else uses the old login was not fully checked: /);
    expect(closed.unseen).to.include(
      'what else reads Secret clinic/db (no right to list deployments, statefulsets, daemonsets, cronjobs, jobs)',
    );
    expect(closed.unseen).to.include('infra/kubernetes/role-optional.yaml grants these rights');
  });

  it('nobody is looked for when the Secret holds a dead login, or no password changes', async () => {
    const dead = new Cluster(true);
    const rotation = planned();
    await findOtherUsers(
      { ...rotation, plan: { ...rotation.plan, deadSecret: true } },
      { kubernetes: dead, session },
      rules,
    );
    expect(dead.asked).to.deep.equal([]);
    const quiet = new Cluster(false);
    const none = { ...rotation, plan: { ...rotation.plan, renew: null, rotateAdmin: false } };
    expect(await findOtherUsers(none, { kubernetes: quiet, session }, rules)).to.deep.equal({ named: [] });
    expect(quiet.asked).to.deep.equal([]);
  });
});
