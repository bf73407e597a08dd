import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import type { V1Deployment } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { Lab, Site } from '../../../lab';
import { KubernetesClient } from '../../../lab/kubernetes-client';
import { rolloutState } from '../../../src/world/rollout';

/** What a document calls things, and what they are called in the lab. */
export type Names = [documented: string, real: string][];

/**
 * Somebody who does by hand what a document says, command by command. The lab has neither `aws` nor `kubectl`: each
 * command is taken apart and sent to the same API. What is not understood is refused.
 */
export class Operator {
  private readonly client: KubernetesClient;

  /** @param folder where the files lie that commands name */
  constructor(
    lab: Lab,
    private readonly site: Site,
    private readonly folder: string,
  ) {
    const config = JSON.parse(readFileSync(lab.kubernetes.adminKubeconfig, 'utf8')) as {
      users: { user: { token: string } }[];
    };
    const token = config.users[0]?.user.token ?? '';
    this.client = new KubernetesClient(lab.kubernetes.server, lab.database.caFile, token);
  }

  close(): void {
    this.client.close();
  }

  /** Carries out one command in the words of the lab; gives what it answers. */
  async run(words: string[]): Promise<unknown> {
    const [program, ...rest] = words;
    if (program === 'aws') return this.aws(rest);
    if (program === 'kubectl') return this.kubectl(rest);
    throw new Error(`${words.join(' ')}: nobody here can do that`);
  }

  /** `aws secretsmanager …`: each flag is a member of the request of the same name. */
  private async aws([service, operation = '', ...flags]: string[]): Promise<unknown> {
    if (service !== 'secretsmanager') throw new Error(`aws ${service} is not spoken here`);
    const input: Record<string, string> = {};
    for (let at = 0; at < flags.length; at += 2) {
      const [flag = '', value = ''] = flags.slice(at, at + 2);
      const text = value.startsWith('file://') ? this.file(value.slice('file://'.length)) : value;
      if (!['--query', '--output'].includes(flag)) input[pascal(flag.slice(2))] = text;
    }
    const Command = (secretsManager as unknown as Record<string, unknown>)[`${pascal(operation)}Command`] as
      (new (given: object) => secretsManager.DescribeSecretCommand) | undefined;
    if (!Command) throw new Error(`aws secretsmanager has no ${operation}`);
    const { AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = this.site.environment;
    const client = new secretsManager.SecretsManagerClient({
      region: AWS_REGION ?? '',
      endpoint: AWS_ENDPOINT_URL ?? '',
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID ?? '', secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '' },
    });
    try {
      return await client.send(new Command(input));
    } finally {
      client.destroy();
    }
  }

  private async kubectl(words: string[]): Promise<unknown> {
    const [flag, namespace, verb = '', ...rest] = words;
    if (flag !== '-n' || namespace !== this.site.namespace)
      throw new Error(`kubectl ${words.join(' ')}: where?`);
    const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/${this.site.deployment}`;
    const secret = `/api/v1/namespaces/${namespace}/secrets/${this.site.kubernetesSecret}`;
    switch ([verb, ...rest].join(' ')) {
      case 'get cronjobs,jobs,pods':
        return Promise.all(
          ['/apis/batch/v1', '/apis/batch/v1', '/api/v1'].map((api, at) =>
            this.client.get(`${api}/namespaces/${namespace}/${['cronjobs', 'jobs', 'pods'][at]}`),
          ),
        );
      case 'describe pods':
        return this.client.get(`/api/v1/namespaces/${namespace}/pods`);
      case 'get events --sort-by=.lastTimestamp':
        return this.client.get(`/api/v1/namespaces/${namespace}/events`);
      case 'get events --field-selector reportingComponent=credential-rotation':
        return this.client.get(
          `/api/v1/namespaces/${namespace}/events?fieldSelector=reportingComponent%3Dcredential-rotation`,
        );
      case `get secret ${this.site.kubernetesSecret} -o yaml --show-managed-fields`:
        return this.client.get(secret);
      case `exec -it deployment/${this.site.deployment} -- sh`:
        // The pods of the lab have no shell; what one looks at there is the same volume.
        return readFileSync(this.site.sqlconfFile, 'utf8');
      case `patch secret ${this.site.kubernetesSecret} --patch-file secret.yaml`:
        return this.client.patch(secret, parse(this.file('secret.yaml')));
      case `rollout restart deployment/${this.site.deployment}`: {
        const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
        return this.client.patch(deployment, { spec: { template: { metadata: { annotations } } } });
      }
      case `rollout status deployment/${this.site.deployment}`:
        return this.rolledOut(deployment);
      default:
        throw new Error(`kubectl ${words.join(' ')}: nobody here can do that`);
    }
  }

  private async rolledOut(deployment: string): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      const state = rolloutState(await this.client.get<V1Deployment>(deployment));
      if (state.kind === 'complete') return;
      if (state.kind === 'failed') throw new Error(`the rollout failed: ${state.reason}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the rollout does not end');
  }

  private file(name: string): string {
    return readFileSync(path.join(this.folder, name), 'utf8');
  }
}

/** What the examples of docs/ are called at a site. */
export function exampleNames(site: Site): Names {
  return [
    ['openemr/slots', site.slotSecretId],
    ['openemr/admin', site.adminSecretId],
    ['-n openemr ', `-n ${site.namespace} `],
    ['deployment/openemr', `deployment/${site.deployment}`],
    ['openemr-db-credentials', site.kubernetesSecret],
  ];
}

/** A text of a document in the words of the lab; longer names first, so that none is taken for a part of another. */
export function inLab(text: string, names: Names): string {
  const order = [...names].sort(([one], [other]) => other.length - one.length);
  const pattern = new RegExp(
    order.map(([name]) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'),
    'g',
  );
  const real = new Map(names);
  return text.replace(pattern, (name) => real.get(name) ?? name);
}

function pascal(text: string): string {
  return text.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
