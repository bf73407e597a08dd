import type { PolicyDocument } from './policyDocument';
import { policyDocument } from './policyDocument';

/** The one ServiceAccount that may take the role. */
export interface TrustedAccount {
  namespace: string;
  serviceAccount: string;
}

/** Trust of EKS Pod Identity, for the pods of this account in this cluster (docs.aws.amazon.com, "pod-id-role"). */
export function podIdentityTrust(
  { namespace, serviceAccount }: TrustedAccount,
  cluster: string,
): PolicyDocument {
  return policyDocument([
    {
      Sid: 'PodIdentity',
      Effect: 'Allow',
      Principal: { Service: ['pods.eks.amazonaws.com'] },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: {
        StringEquals: {
          'aws:RequestTag/eks-cluster-name': cluster,
          'aws:RequestTag/kubernetes-namespace': namespace,
          'aws:RequestTag/kubernetes-service-account': serviceAccount,
        },
      },
    },
  ]);
}

/** Trust of IRSA: a token of this account from the cluster's OIDC provider, made for AWS STS. */
export function irsaTrust(
  { namespace, serviceAccount }: TrustedAccount,
  providerArn: string,
): PolicyDocument {
  const issuer = providerArn.slice(providerArn.indexOf(':oidc-provider/') + ':oidc-provider/'.length);
  return policyDocument([
    {
      Sid: 'Irsa',
      Effect: 'Allow',
      Principal: { Federated: [providerArn] },
      Action: ['sts:AssumeRoleWithWebIdentity'],
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
        },
      },
    },
  ]);
}
