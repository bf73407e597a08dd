import { expect } from 'chai';
import type { V1Deployment, V1PodSpec } from '@kubernetes/client-node';
import { secretUse } from '../../../src/kubernetes/secretUse';

type Container = V1PodSpec['containers'][number];

function deployment(container: Partial<Container>, pod: Partial<V1PodSpec> = {}): Pick<V1Deployment, 'spec'> {
  const containers = [{ name: 'openemr', ...container }];
  return { spec: { selector: {}, template: { spec: { containers, ...pod } } } };
}

const variable = (name: string): Partial<Container> => ({
  env: [
    { name: 'X', value: 'plain' },
    { name: 'MYSQL_PASS', valueFrom: { secretKeyRef: { name, key: 'k' } } },
  ],
});

describe('secretUse', () => {
  const uses: [string, Pick<V1Deployment, 'spec'>][] = [
    ['a variable', deployment(variable('db'))],
    [
      'all variables',
      deployment({ envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 'db' } }] }),
    ],
    ['a volume', deployment({}, { volumes: [{ name: 'v', secret: { secretName: 'db' } }] })],
    [
      'a projected volume',
      deployment({}, { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'db' } }] } }] }),
    ],
    ['an init container', deployment({}, { initContainers: [{ name: 'i', ...variable('db') }] })],
  ];
  for (const [how, found] of uses)
    it(`is seen in ${how}`, () => expect(secretUse(found, 'db')).to.deep.equal({ used: true, others: [] }));

  it('others are named once, those of volumes and of images are not', () =>
    expect(
      secretUse(
        deployment(
          { ...variable('staging'), envFrom: [{ secretRef: { name: 'staging' } }] },
          { volumes: [{ name: 'v', secret: { secretName: 'tls' } }], imagePullSecrets: [{ name: 'pull' }] },
        ),
        'db',
      ),
    ).to.deep.equal({ used: false, others: ['staging'] }));

  it('of a Deployment without a pod template there is none', () =>
    expect(secretUse({}, 'db')).to.deep.equal({ used: false, others: [] }));
});
