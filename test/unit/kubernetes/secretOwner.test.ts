import type { V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { otherOwner, occasionalWriter } from '../../../src/kubernetes/secretOwner';

const managed = (manager: string, ...keys: string[]): V1Secret => ({
  metadata: {
    managedFields: [
      {
        manager,
        operation: 'Update',
        fieldsV1: {
          'f:data': Object.fromEntries(['.', ...keys.map((key) => `f:${key}`)].map((key) => [key, {}])),
        },
      },
    ],
  },
});

const owned = (controller?: boolean): V1Secret => {
  const owner = { apiVersion: 'v1', kind: 'SealedSecret', name: 'db', uid: '1' };
  return { metadata: { ownerReferences: [controller === undefined ? owner : { ...owner, controller }] } };
};

const table: [name: string, secret: V1Secret, owner: RegExp | undefined][] = [
  ['no metadata', {}, undefined],
  ['a person with kubectl', managed('kubectl-client-side-apply', 'mysql-user', 'mysql-password'), undefined],
  ['the rotation itself', managed('credential-rotation', 'mysql-user'), undefined],
  ['External Secrets', managed('external-secrets', 'mysql-password'), /mysql-password.*External Secrets/],
  ['a newer External Secrets', managed('externalsecrets.external-secrets.io/db', 'mysql-host'), /mysql-host/],
  ['Argo CD', managed('argocd-controller', 'mysql-user'), /Argo CD/],
  ['Flux', managed('kustomize-controller', 'mysql-database'), /Flux/],
  ['the Vault operator', managed('vault-secrets-operator', 'mysql-user'), /Vault Secrets Operator/],
  ['a controller of other keys only', managed('argocd-controller', 'openemr-admin-password'), undefined],
  ['a controlling owner', owned(true), /^belongs to SealedSecret db$/],
  ['an owner that only collects garbage', owned(false), undefined],
  ['an owner that says nothing of control', owned(), undefined],
];

const labelled = (labels: Record<string, string>): V1Secret => ({ metadata: { labels } });
const annotated = (annotations: Record<string, string>): V1Secret => ({ metadata: { annotations } });

/** Labels and annotations as the controllers write them; the sources stand beside the patterns. */
const marked: [name: string, secret: V1Secret, owner: RegExp][] = [
  [
    'the Secrets Store CSI driver',
    labelled({ 'secrets-store.csi.k8s.io/managed': 'true' }),
    /^is kept up by the Secrets Store CSI driver \(label secrets-store\.csi\.k8s\.io\/managed\)$/,
  ],
  ['Doppler', labelled({ 'secrets.doppler.com/subtype': 'dopplerSecret' }), /Doppler/],
  ['reflector', annotated({ 'reflector.v1.k8s.emberstack.com/reflects': 'db/openemr' }), /reflector/],
  [
    'an automatic mirror',
    annotated({ 'reflector.v1.k8s.emberstack.com/auto-reflects': 'True' }),
    /reflector/,
  ],
  ['replicator', annotated({ 'replicator.v1.mittwald.de/replicate-from': 'db/openemr' }), /replicator/],
  ['a pushed copy', annotated({ 'replicator.v1.mittwald.de/replicated-from-version': '7' }), /replicator/],
  ['Rancher Fleet', annotated({ 'objectset.rio.cattle.io/id': 'default-openemr' }), /Fleet/],
  ['the agent of Fleet', managed('fleetagent', 'mysql-password'), /mysql-password written by Rancher Fleet/],
  ['Infisical', annotated({ 'secrets.infisical.com/version': 'x' }), /Infisical/],
];

describe('otherOwner by label and annotation', () => {
  for (const [name, secret, owner] of marked)
    it(`finds ${name}`, () => expect(otherOwner(secret)).to.match(owner));

  it('lets be what is only copied from this Secret', () => {
    const sources = {
      'reflector.v1.k8s.emberstack.com/reflection-allowed': 'true',
      'replicator.v1.mittwald.de/replicate-to': 'reports',
      'secrets-store.csi.k8s.io/used': 'true',
    };
    expect(otherOwner(annotated(sources))).to.equal(undefined);
    expect(otherOwner(labelled({ 'secrets-store.csi.k8s.io/used': 'true' }))).to.equal(undefined);
  });
});

/** Those that write when somebody starts them: a rotation may run, and its operator is told. */
const occasional: [name: string, secret: V1Secret, says: RegExp | undefined][] = [
  ['Terraform', managed('HashiCorp', 'mysql-password'), /Terraform.*terraform apply/],
  ['Terraform by kubernetes_manifest', managed('Terraform', 'mysql-host'), /Terraform/],
  ['OpenTofu', managed('OpenTofu', 'mysql-host'), /Terraform/],
  [
    'Helm',
    {
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'openemr' },
      },
    },
    /Helm.*helm upgrade/,
  ],
  ['Argo CD by its tracking id', annotated({ 'argocd.argoproj.io/tracking-id': 'a:/Secret:b/c' }), /Argo CD/],
  ['Flux by its label', labelled({ 'kustomize.toolkit.fluxcd.io/name': 'apps' }), /Flux/],
  [
    'Helm of other keys, in the words of nobody',
    labelled({ 'app.kubernetes.io/managed-by': 'Hand' }),
    undefined,
  ],
  ['Terraform, of other keys', managed('HashiCorp', 'openemr-admin-password'), undefined],
  ['a person', managed('kubectl-client-side-apply', 'mysql-user'), undefined],
  ['no metadata', {}, undefined],
];

describe('occasionalWriter', () => {
  for (const [name, secret, says] of occasional)
    it(`${says ? 'names' : 'lets be'} ${name}`, () => {
      expect(otherOwner(secret)).to.equal(undefined);
      const found = occasionalWriter(secret);
      if (says) expect(found).to.match(says).and.not.to.match(/\.$/);
      else expect(found).to.equal(undefined);
    });
});

describe('otherOwner', () => {
  for (const [name, secret, owner] of table)
    it(`${owner ? 'finds' : 'lets be'} ${name}`, () => {
      const found = otherOwner(secret);
      if (owner) expect(found).to.match(owner);
      else expect(found).to.equal(undefined);
    });
});
