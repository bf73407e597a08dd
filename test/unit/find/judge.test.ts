import type { V1EnvVar } from '@kubernetes/client-node';
import { expect } from 'chai';
import { openemrDeployments } from '../../../src/find/deployments';
import { healthAddresses } from '../../../src/find/healthUrls';
import { judge } from '../../../src/find/judge';
import type { Observed } from '../../../src/find/observed';
import { inOrderOfUse, isOfLoadBalancer } from '../../../src/find/observed';
import { readOutputs } from '../../../src/find/outputs';
import { secretsByName } from '../../../src/find/secretNames';
import type { Findings } from '../../../src/find/seen';
import { Failure } from '../../../src/base/failure';
import type { OptionName } from '../../../src/settings/options';
import { arn, cronJob, deployment, ingress, observed, service, terraformOutputs } from './openemrOnEks';

const valuesOf = ({ found }: Findings): Partial<Record<OptionName, string>> =>
  Object.fromEntries(found.map(({ name, value }) => [name, value]));
const openOf = ({ open }: Findings): OptionName[] => open.map(({ name }) => name);
const terraform = { source: 'outputs.json', outputs: readOutputs(terraformOutputs, 'outputs.json') };
const inCluster = 'https://openemr-service.openemr.svc.cluster.local/meta/health/readyz';

function withDeployment(...args: Parameters<typeof deployment>): Pick<Observed, 'openemr'> {
  const made = deployment(...args);
  return { openemr: { namespace: 'openemr', name: 'openemr', by: 'as named', deployment: made } };
}

describe('the settings of openemr-on-eks as it stands', () => {
  it('come from the cluster and from Terraform; only the mount of this machine is open', () => {
    const findings = judge({}, observed({ outputs: [terraform] }));
    expect(valuesOf(findings)).to.deep.equal({
      awsRegion: 'us-west-2',
      slotSecretId: arn('eks-rds-slots-AbCdEf'),
      adminSecretId: arn('eks-rds-admin-GhIjKl'),
      namespace: 'openemr',
      deployment: 'openemr',
      kubernetesSecret: 'openemr-db-credentials',
      healthUrl: 'https://alb-1.us-west-2.elb.amazonaws.com/meta/health/readyz',
    });
    expect(openOf(findings)).to.deep.equal(['sitesRoot']);
    expect(findings.open[0]?.how)
      .to.include('claim openemr/openemr-sites-pvc')
      .and.include('sites.claim: openemr-sites-pvc');
    expect(findings.notes).to.deep.equal([
      'https://alb-1.us-west-2.elb.amazonaws.com/meta/health/readyz takes no connection from here; in the cluster it may',
      'no certificate has the name of a load balancer, as in https://alb-1.us-west-2.elb.amazonaws.com: give the name in your DNS with --health-url',
    ]);
  });

  it('in a pod, the page is the one inside the cluster', () => {
    expect(
      valuesOf(judge({}, observed({ inPod: true, reachable: new Set([inCluster]) }))).healthUrl,
    ).to.equal(inCluster);
  });

  it('come from the schedule of the Python tool, where there is no Terraform', () => {
    const values = valuesOf(judge({}, observed({ cronJobs: { kind: 'read', value: [cronJob] } })));
    expect(values).to.include({
      slotSecretId: arn('eks-rds-slots-AbCdEf'),
      adminSecretId: arn('eks-rds-admin-GhIjKl'),
    });
    // The pod's folder is not one of this machine, and readyz proves more than the login page.
    expect(values).not.to.have.property('sitesRoot');
    expect(values.healthUrl).to.match(/readyz$/);
  });

  it('what is given wins, and what says otherwise is told', () => {
    const given = { slotSecretId: { value: 'mine', from: 'flag --slot-secret-id' } };
    const findings = judge(given, observed({ outputs: [terraform] }));
    expect(valuesOf(findings).slotSecretId).to.equal('mine');
    expect(findings.notes[0]).to.equal(
      `RDS_SLOT_SECRET_ID: output rds_slot_secret_arn of outputs.json says ${arn('eks-rds-slots-AbCdEf')}, which is not taken`,
    );
  });

  it('two slot secrets in Secrets Manager are listed, and neither is taken', () => {
    const listed = ['openemr/slots', 'openemr-test/slots', 'openemr/admin'].map((name) => ({
      name,
      arn: arn(name),
    }));
    const findings = judge({}, observed({ listed: { kind: 'read', value: listed } }));
    const [slot] = findings.open;
    expect(slot).to.include({ name: 'slotSecretId', why: 'there are 2 candidates' });
    expect(slot?.candidates.map(({ value }) => value)).to.deep.equal([
      arn('openemr/slots'),
      arn('openemr-test/slots'),
    ]);
    expect(valuesOf(findings).adminSecretId).to.equal(arn('openemr/admin'));
  });

  it('a right that is missing is told where it hides something', () => {
    const failure = new Failure('admin-permission-missing', 'may not list CronJobs.');
    const findings = judge({}, observed({ cronJobs: { kind: 'unreadable', failure } }));
    expect(findings.open.map(({ why }) => why)[0]).to.include('may not list CronJobs');
    expect(findings.open[0]?.why).to.include('--terraform-outputs');
  });

  it('a database that is not the one of the outputs is told', () => {
    const secret = {
      kind: 'read',
      value: { keys: [], host: 'old.cluster-2.us-west-2.rds.amazonaws.com' },
    } as const;
    const outputs = [
      {
        source: 'o',
        outputs: [{ name: 'aurora_endpoint', value: 'new.cluster-1.us-west-2.rds.amazonaws.com:3306' }],
      },
    ];
    const { notes } = judge(
      {},
      observed({ secret: { kind: 'read', value: { ...secret.value, keys: [] } }, outputs }),
    );
    expect(notes.join('\n'))
      .to.include('MYSQL_HOST is old.cluster-2')
      .and.include('see that they are the same database');
    expect(notes.join('\n')).to.include(
      'the Secret has no mysql-host, mysql-user, mysql-password, mysql-database',
    );
  });
});

describe('the Secret of the login', () => {
  const plain = [
    { name: 'MYSQL_USER', value: 'openemr' },
    { name: 'MYSQL_PASS', value: 'Canary' },
  ];

  it('is not guessed when the login is plain text', () => {
    const findings = judge({}, observed(withDeployment({ env: plain })));
    const open = findings.open.find(({ name }) => name === 'kubernetesSecret');
    expect(open?.why).to.equal('MYSQL_USER and MYSQL_PASS of the Deployment are plain text, from no Secret');
    expect(JSON.stringify(findings)).not.to.include('Canary');
  });

  it('is listed when user and password come from two, and another key is told', () => {
    const reference = (name: string, secret: string, key: string): V1EnvVar => ({
      name,
      valueFrom: { secretKeyRef: { name: secret, key } },
    });
    const env = [reference('MYSQL_USER', 'one', 'mysql-user'), reference('MYSQL_PASS', 'two', 'password')];
    const findings = judge({}, observed(withDeployment({ env })));
    expect(
      findings.open.find(({ name }) => name === 'kubernetesSecret')?.candidates.map(({ value }) => value),
    ).to.deep.equal(['one', 'two']);
    expect(findings.notes.join()).to.include('MYSQL_PASS is the key password, not mysql-password');
  });
});

describe("OpenEMR's Deployment", () => {
  it("is the one with its image, also from a registry of one's own, whatever it is called", () => {
    const image = '111122223333.dkr.ecr.us-west-2.amazonaws.com/mirror/openemr:7.0.4@sha256:0';
    const other = deployment({ name: 'openemr-proxy', image: 'nginx:1' });
    const rotation = deployment({ name: 'rotation', image: 'registry/openemr-credential-rotation:1' });
    expect(
      openemrDeployments([other, rotation, deployment({ name: 'emr', image })]).map(({ name }) => name),
    ).to.deep.equal(['emr']);
  });

  it('is found by name or label, where no image says so', () => {
    const own = deployment({ name: 'my-openemr', image: 'registry/emr:1' });
    const backup = deployment({ name: 'openemr-backup', image: 'registry/backup:1' });
    expect(openemrDeployments([backup, own]).map(({ name, by }) => [name, by])).to.deep.equal([
      ['my-openemr', 'by its name'],
    ]);
  });
});

describe('the health page', () => {
  it("under a load balancer's own name is no first choice by TLS: no certificate has that name", () => {
    const [alb, nlb] = ['alb-1.us-west-2.elb.amazonaws.com', 'nlb-1.elb.us-west-2.amazonaws.com'];
    for (const host of [alb, nlb]) {
      expect(isOfLoadBalancer(`https://${host}/x`), host).to.equal(true);
      expect(isOfLoadBalancer(`http://${host}/x`), host).to.equal(false);
    }
    expect(isOfLoadBalancer('https://openemr.example.org/x')).to.equal(false);
    const addresses = [`https://${nlb}/x`, `http://${alb}/x`].map((url) => ({
      url,
      inCluster: false,
      from: '',
    }));
    const reachable = new Set(addresses.map(({ url }) => url));
    const ordered = inOrderOfUse(addresses, { reachable, inPod: false });
    expect(ordered.map(({ url }) => url)).to.deep.equal([`http://${alb}/x`, `https://${nlb}/x`]);
  });

  const labels = { app: 'openemr', version: 'v1' };

  it('is behind the Ingress, the load balancer, and inside the cluster', () => {
    expect(healthAddresses(labels, [service], [ingress]).map(({ url }) => url)).to.deep.equal([
      'https://alb-1.us-west-2.elb.amazonaws.com/meta/health/readyz',
      'https://nlb-1.elb.us-west-2.amazonaws.com/meta/health/readyz',
      inCluster,
    ]);
  });

  it('is at none of a Service that chooses other pods, or has no port for HTTP', () => {
    const named = (selector: Record<string, string>, port: number): typeof service => ({
      metadata: service.metadata ?? {},
      spec: { selector, ports: [{ port }] },
    });
    expect(
      healthAddresses(
        labels,
        [named({ app: 'redis' }, 443), named({}, 443), named({ app: 'openemr' }, 6379)],
        [],
      ),
    ).to.deep.equal([]);
    const [only] = healthAddresses(labels, [named({ app: 'openemr' }, 8080)], []);
    expect(only?.url).to.equal('http://openemr-service.openemr.svc.cluster.local:8080/meta/health/readyz');
  });

  it('has the host that an Ingress rule names', () => {
    const rules = (ingress.spec?.rules ?? []).map((rule) => ({ ...rule, host: 'emr.example.org' }));
    const [only] = healthAddresses(labels, [service], [{ ...ingress, spec: { rules } }]);
    expect(only?.url).to.equal('https://emr.example.org/meta/health/readyz');
  });
});

describe('outputs', () => {
  it('of Terraform: nothing sensitive is read but an ARN and an address of RDS', () => {
    expect(JSON.stringify(terraform)).not.to.include('Canary');
    expect(terraform.outputs.map(({ name }) => name)).to.include.members([
      'rds_slot_secret_arn',
      'aurora_endpoint',
    ]);
  });

  it('of CloudFormation stacks and exports, and of pulumi stack output', () => {
    const expected = { slotSecretId: arn('s-slots-AbCdEf'), adminSecretId: arn('s-admin-AbCdEf') };
    const list = [
      ['RdsSlotSecretArn', expected.slotSecretId],
      ['RdsAdminSecretArn', expected.adminSecretId],
    ] as const;
    const stacks = {
      Stacks: [{ Outputs: list.map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })) }, {}],
    };
    const exports = { Exports: list.map(([Name, Value]) => ({ Name, Value, ExportingStackId: 'x' })) };
    const pulumi = {
      ...expected,
      backendUrl: 's3://bucket?region=us-west-2',
      roleArn: 'arn:aws:iam::1:role/r',
    };
    for (const json of [stacks, exports, pulumi]) {
      const outputs = readOutputs(JSON.stringify(json), 'f');
      const values = valuesOf(judge({}, observed({ outputs: [{ source: 'f', outputs }] })));
      expect(values).to.include({ ...expected, awsRegion: 'us-west-2' });
    }
  });

  for (const text of ['', '[]', 'null', '{"a":', '"x"'])
    it(`are not ${JSON.stringify(text)}`, () => {
      expect(() => readOutputs(text, 'f')).to.throw(Failure, 'f is not what terraform output -json');
    });
});

describe('names of secrets', () => {
  it('a secret of RDS itself is none; the admin secret beside the slot secret is preferred', () => {
    const listed = [
      { name: 'rds!cluster-1-admin', arn: 'a', owner: 'rds' },
      { name: 'prod/slots', arn: 'b' },
      { name: 'prod/admin', arn: 'c' },
      { name: 'grafana-admin', arn: 'd' },
    ];
    const { slots, admins } = secretsByName(listed);
    expect([slots, admins].map((each) => each.map(({ value }) => value))).to.deep.equal([['b'], ['c']]);
  });

  it('without a slot secret, a secret of RDS still counts for nothing', () => {
    const listed = [
      { name: 'rds!cluster-1-admin', arn: 'a', owner: 'rds' },
      { name: 'prod/admin', arn: 'c' },
    ];
    expect(secretsByName(listed).admins.map(({ value }) => value)).to.deep.equal(['c']);
  });
});
