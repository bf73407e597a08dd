import { valueOf } from '../base/part';
import type { OptionName } from '../settings/options';
import { fromCronJobs } from './cronJobs';
import { healthAddresses } from './healthUrls';
import type { Given, Observed } from './observed';
import { inOrderOfUse, podSpec } from './observed';
import { fromOutputs } from './outputs';
import { loginSource } from './podTemplate';
import { regionIn } from './region';
import { secretsByName } from './secretNames';
import type { Seen } from './seen';

/** Where each setting is looked for, what counts most first; each source may say several values, or none. */
export function sourcesOf(name: OptionName, given: Given, observed: Observed): Seen[][] {
  const own = given[name];
  const { openemr, outputs, cronJobs } = observed;
  return [
    own === undefined ? [] : [own],
    ...special(name, given, observed),
    ...outputs.map(({ source, outputs: list }) => fromOutputs(name, list, source)),
    fromCronJobs(name, valueOf(cronJobs) ?? [], openemr.name),
    ...lastResorts(name, observed),
  ];
}

function special(name: OptionName, given: Given, observed: Observed): Seen[][] {
  const { openemr } = observed;
  const from = `Deployment ${openemr.namespace}/${openemr.name}, ${openemr.by}`;
  switch (name) {
    case 'namespace':
      return [[{ value: openemr.namespace, from }]];
    case 'deployment':
      return [[{ value: openemr.name, from }]];
    case 'kubernetesSecret':
      return [
        loginSource(podSpec(openemr)).secrets.map(({ value, from: by }) => ({
          value,
          from: `${by} of ${from}`,
        })),
      ];
    case 'healthUrl':
      return [healthUrls(observed)];
    case 'sitesRoot':
      return [observed.sitesFolders];
    case 'awsRegion':
      return regionSources(given, observed);
    default:
      return [];
  }
}

/** The best address alone: the others are the same page. */
function healthUrls(observed: Observed): Seen[] {
  const labels = observed.openemr.deployment.spec?.template.metadata?.labels ?? {};
  const { services, ingresses } = observed;
  const found = healthAddresses(labels, valueOf(services) ?? [], valueOf(ingresses) ?? []);
  const [best] = inOrderOfUse(found, observed);
  return best === undefined ? [] : [{ value: best.url, from: best.from }];
}

/** A secret's own ARN tells its region best. */
function regionSources(given: Given, observed: Observed): Seen[][] {
  const secret = sourcesOf('slotSecretId', given, { ...observed, listed: undefined }).flat()[0];
  return [secret === undefined ? [] : regionIn(secret.value, `the slot secret (${secret.from})`)];
}

function lastResorts(name: OptionName, { listed, place, secret, defaultRegion }: Observed): Seen[][] {
  const found = secretsByName((listed && valueOf(listed)) ?? []);
  if (name === 'slotSecretId') return [found.slots];
  if (name === 'adminSecretId') return [found.admins];
  if (name !== 'awsRegion') return [];
  const host = secret && valueOf(secret)?.host;
  return [
    defaultRegion === undefined
      ? []
      : [{ value: defaultRegion, from: 'the environment, AWS_DEFAULT_REGION' }],
    regionIn(place.cluster, 'the cluster'),
    regionIn(place.server, 'the API server'),
    regionIn(host ?? '', 'the database'),
  ];
}
