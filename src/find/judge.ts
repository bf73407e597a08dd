import { valueOf } from '../base/part';
import { withoutFullStop } from '../base/sentence';
import { kubernetesSecretKeys } from '../rotation/observation';
import type { OptionName } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import { isValue } from '../settings/values';
import { healthAddresses } from './healthUrls';
import type { Given, Observed } from './observed';
import { isOfLoadBalancer, podSpec } from './observed';
import { databaseEndpoint } from './outputs';
import { loginSource, sitesClaim } from './podTemplate';
import { isRds } from './region';
import type { Findings, Open } from './seen';
import { choose } from './seen';
import { sourcesOf } from './sources';

/** What looking at an OpenEMR gave: each setting with where it is from, what is open and how to set it, and notes. */
export function judge(given: Given, observed: Observed): Findings {
  const findings: Findings = { found: [], open: [], notes: [] };
  for (const name of optionNames) {
    const { chosen, candidates, others } = choose(sourcesOf(name, given, observed));
    const { variable, required, type } = definitionOf(name);
    if (chosen !== undefined && isValue(type, chosen.value)) {
      findings.found.push({ name, ...chosen });
      for (const { value, from } of name === 'healthUrl' ? [] : others)
        findings.notes.push(`${variable}: ${from} says ${value}, which is not taken`);
    } else if (chosen !== undefined || candidates.length > 0 || required === true || name === 'healthUrl') {
      const odd = chosen === undefined ? candidates : [chosen];
      findings.open.push({ name, ...whyOpen(name, odd.length, observed), candidates: odd });
    }
  }
  findings.notes.push(...loginNotes(observed), ...placeNotes(findings, observed));
  return findings;
}

function whyOpen(name: OptionName, candidates: number, observed: Observed): Pick<Open, 'why' | 'how'> {
  const { flag, variable } = definitionOf(name);
  const how = `set --${flag} or ${variable}`;
  if (candidates > 1) return { why: `there are ${candidates} candidates`, how: `choose one: ${how}` };
  if (candidates === 1) return { why: 'what was found is not well formed', how };
  if (name === 'sitesRoot') return { why: 'no folder here has a sqlconf.php', how: mountText(observed, how) };
  if (name === 'kubernetesSecret') {
    const { plain } = loginSource(podSpec(observed.openemr));
    const why =
      plain.length > 0
        ? `${plain.join(' and ')} of the Deployment are plain text, from no Secret`
        : 'the Deployment takes MYSQL_USER and MYSQL_PASS from no Secret';
    return { why, how: `give the Deployment a Secret with ${secretKeys()}, or ${how}` };
  }
  if (name === 'healthUrl')
    return {
      why: 'no Service that chooses the pods has a port for HTTP',
      how: `${how}, otherwise a rotation skips the HTTP proof`,
    };
  return { why: lookedAt(observed), how };
}

/** What there was to look at for what only AWS knows. */
function lookedAt({ outputs, cronJobs, listed }: Observed): string {
  const files = outputs.map(({ source }) => source);
  const jobs = cronJobs.kind === 'read' ? ['the schedules'] : [];
  const secrets = listed?.kind === 'read' ? ['the names in Secrets Manager'] : [];
  const seen = [...files, ...jobs, ...secrets];
  const refused = [cronJobs, ...(listed === undefined ? [] : [listed])].flatMap((part) =>
    part.kind === 'unreadable' ? [withoutFullStop(part.failure.message)] : [],
  );
  const where = seen.length > 0 ? `nothing in ${seen.join(', ')} says it` : 'nothing here names it';
  const more = outputs.length > 0 ? [] : ['--terraform-outputs or --cloudformation-outputs may'];
  return [where, ...more, ...refused].join('; ');
}

function mountText(observed: Observed, how: string): string {
  const mounted = sitesClaim(podSpec(observed.openemr));
  if (mounted === undefined)
    return `the Deployment mounts no claim at its sites/; mount that folder here and ${how}`;
  const { claim, path, subPath } = mounted;
  const part = subPath === undefined ? '' : `, of it ${subPath},`;
  return (
    `OpenEMR has the claim ${observed.openemr.namespace}/${claim}${part} at ${path}: mount that share here and ${how}; ` +
    `in the cluster the input sites.claim: ${claim} does it (docs/platform.md)`
  );
}

function secretKeys(): string {
  return Object.values(kubernetesSecretKeys).join(', ');
}

function loginNotes({ openemr, secret, outputs }: Observed): string[] {
  const notes = loginSource(podSpec(openemr)).otherKeys.map(
    (text) => `${text}, that a rotation writes: the pods would not get the new login from it`,
  );
  const read = secret && valueOf(secret);
  if (secret?.kind === 'unreadable') notes.push(withoutFullStop(secret.failure.message));
  const missing = Object.values(kubernetesSecretKeys).filter((key) => read?.keys.includes(key) === false);
  if (missing.length > 0) notes.push(`the Secret has no ${missing.join(', ')}, which a rotation writes`);
  for (const { source, outputs: list } of outputs) {
    const endpoint = databaseEndpoint(list);
    if (endpoint !== undefined && read?.host !== undefined && read.host !== endpoint.value)
      notes.push(
        `MYSQL_HOST is ${read.host}, and output ${endpoint.name} of ${source} is ${endpoint.value}: see that they are the same database`,
      );
  }
  return notes;
}

function placeNotes({ found }: Findings, observed: Observed): string[] {
  const value = (name: OptionName): string | undefined => found.find((each) => each.name === name)?.value;
  const host = observed.secret && valueOf(observed.secret)?.host;
  const notes: string[] = [];
  if (host !== undefined && !isRds(host) && value('caFile') === undefined)
    notes.push(
      `the database ${host} is not on RDS: name the PEM file of its authority with --database-ca-file`,
    );
  for (const part of [observed.services, observed.ingresses])
    if (part.kind === 'unreadable') notes.push(withoutFullStop(part.failure.message));
  const url = value('healthUrl');
  if (url !== undefined && observed.reachable.size === 0 && isOfCluster(url, observed))
    notes.push(`${url} takes no connection from here; in the cluster it may`);
  if (url !== undefined && isOfLoadBalancer(url))
    notes.push(
      `no certificate has the name of a load balancer, as in ${new URL(url).origin}: give the name in your DNS with --health-url`,
    );
  return notes;
}

/** Whether the URL is one of those that were tried. */
function isOfCluster(url: string, { openemr, services, ingresses }: Observed): boolean {
  const labels = openemr.deployment.spec?.template.metadata?.labels ?? {};
  const addresses = healthAddresses(labels, valueOf(services) ?? [], valueOf(ingresses) ?? []);
  return addresses.some((address) => address.url === url);
}
