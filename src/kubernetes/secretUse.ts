import type { V1Container, V1Deployment, V1PodSpec, V1Volume } from '@kubernetes/client-node';

/** Which Secrets a Deployment's pods take variables or files from. */
export interface SecretUse {
  /** True when the one that was asked for is among them. */
  used: boolean;
  /** Others that variables come from, each once. A mounted one is likely a certificate: it is not counted. */
  others: string[];
}

/** Looks through the pod template; pull secrets of images are no use. */
export function secretUse({ spec }: Pick<V1Deployment, 'spec'>, secret: string): SecretUse {
  const { variables, files } = podSecrets(spec?.template.spec);
  const others = variables.filter((name) => name !== secret);
  return { used: [...variables, ...files].includes(secret), others: [...new Set(others)] };
}

/** The names of the Secrets that a pod's variables and its files come from. */
export function podSecrets(pod: V1PodSpec | undefined): { variables: string[]; files: string[] } {
  return {
    variables: [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].flatMap(ofVariables),
    files: (pod?.volumes ?? []).flatMap(ofVolume),
  };
}

function ofVariables({ env = [], envFrom = [] }: V1Container): string[] {
  const names = [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...envFrom.map(({ secretRef }) => secretRef?.name),
  ];
  return names.filter((name) => name !== undefined);
}

function ofVolume({ secret, projected }: V1Volume): string[] {
  const names = [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)];
  return names.filter((name) => name !== undefined);
}
