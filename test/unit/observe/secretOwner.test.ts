import type { V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { otherOwner } from '../../../src/observe/preflight/secretOwner';

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

describe('otherOwner', () => {
  for (const [name, secret, owner] of table)
    it(`${owner ? 'finds' : 'lets be'} ${name}`, () => {
      const found = otherOwner(secret);
      if (owner) expect(found).to.match(owner);
      else expect(found).to.equal(undefined);
    });
});
