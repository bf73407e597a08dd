import { BlockList, isIPv4 } from 'node:net';
import { expect } from 'chai';
import { networkPolicy } from '../../infra/kubernetes/networkPolicy';
import type { RotationSettings } from '../../infra/kubernetes/settings';
import type { Lab, Site } from '../../lab';
import { makeBucket, useBucket } from './support/backends';
import type { Endpoint } from './support/connections';
import { connectionsOf } from './support/connections';
import { databases, labWith } from './support/labs';
import { settingsFor } from './support/rotationPods';
import { expectHealthy } from './support/world';

type Egress = ReturnType<typeof networkPolicy>['spec']['egress'][number];

const thisMachine = '127.0.0.1/32';
const portOf = (url: string): number => Number(new URL(url).port);

function holds(cidr: string, address: string): boolean {
  const [base = '', bits] = cidr.split('/');
  const [range, family] = [new BlockList(), isIPv4(address) ? 'ipv4' : 'ipv6'] as const;
  range.addSubnet(base, Number(bits), isIPv4(base) ? 'ipv4' : 'ipv6');
  return range.check(address, family);
}

/** Whether a rule lets a connection out. OpenEMR's pods are the ones behind the health page. */
function lets({ to, ports }: Egress, { address, port }: Endpoint, podPort: number): boolean {
  const isPeer = (peer: Egress['to'][number]): boolean =>
    'ipBlock' in peer ? holds(peer.ipBlock.cidr, address) : 'podSelector' in peer && port === podPort;
  return ports.some((each) => each.protocol === 'TCP' && each.port === port) && to.some(isPeer);
}

// Which database it is does not matter to where a run connects.
for (const database of databases.slice(0, 1)) {
  describe('the NetworkPolicy of the rotation, and the connections of a real one', function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let settings: RotationSettings;
    let seen: Endpoint[];
    let ports: Record<'database' | 'apiServer' | 'aws' | 'health', number>;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      await makeBucket(lab, 'network-state');
      await useBucket(lab, site, 'network-state');
      const { server } = lab.kubernetes;
      ports = {
        database: lab.database.port,
        apiServer: portOf(server),
        aws: portOf(lab.aws.endpoint),
        health: portOf(site.healthUrl),
      };
      settings = await settingsFor(lab, site, {
        network: {
          databasePort: ports.database,
          databaseCidrs: [thisMachine],
          apiServerPort: ports.apiServer,
          healthPort: ports.health,
          // AWS itself is at port 443, which is open to anywhere.
          more: [{ port: ports.aws, cidr: thisMachine }],
        },
      });
      // The API server itself, as in a cluster: the lab's proxy would stand between.
      const run = await connectionsOf(site, [], { KUBECONFIG: lab.kubernetes.adminKubeconfig });
      expect(run.code, run.output).to.equal(0);
      seen = run.endpoints;
      await expectHealthy(site, 'B');
    });
    after(() => site.remove());

    const egress = (): Egress[] => networkPolicy(settings).spec.egress;
    const allowedBy = (rules: Egress[], endpoint: Endpoint): boolean =>
      rules.some((rule) => lets(rule, endpoint, ports.health));

    it('a rotation connects to database, API server, AWS and health page, each of which is let out', () => {
      const found = [...new Set(seen.map(({ port }) => port))].sort();
      expect(found).to.deep.equal([...Object.values(ports)].sort());
      expect(seen.filter((endpoint) => !allowedBy(egress(), endpoint))).to.deep.equal([]);
    });

    it('without any of the rules one of these connections would be refused', () => {
      const needed = egress().filter(({ ports: of }) =>
        of.some(({ port }) => Object.values(ports).includes(port)),
      );
      expect(needed).to.have.length(4);
      for (const rule of needed) {
        const others = egress().filter((each) => JSON.stringify(each) !== JSON.stringify(rule));
        const refused = seen.filter((endpoint) => !allowedBy(others, endpoint));
        expect(refused, JSON.stringify(rule)).not.to.have.length(0);
      }
    });

    it('anywhere is anywhere, by IPv4 and by IPv6; the database is not', () => {
      for (const address of ['203.0.113.7', '2600:1f18::7']) {
        expect(allowedBy(egress(), { address, port: 443 }), address).to.equal(true);
        expect(allowedBy(egress(), { address, port: ports.database }), address).to.equal(false);
      }
      for (const address of ['169.254.170.23', 'fd00:ec2::23'])
        expect(allowedBy(egress(), { address, port: 80 }), address).to.equal(true);
    });
  });
}
