import { changelogProblems, readVersion } from './notes';

/** What names the version of a release, each as it stands in the repository. */
export interface Stated {
  /** The tag in git, e.g. v1.0.0. */
  tag: string;
  packageVersion: string;
  lockVersion: string;
  /** `version` and `appVersion` of infra/chart/Chart.yaml, or undefined where there is no chart. */
  chart: { version: string; appVersion: string } | undefined;
  changelog: string;
  /** SECURITY.md, which lists the versions that get fixes. */
  security: string;
}

/** Everything that does not agree with the tag, in one sentence each; empty when the release may go on. */
export function disagreements(stated: Stated): string[] {
  const { tag, packageVersion, lockVersion, chart, changelog, security } = stated;
  if (!tag.startsWith('v')) return [`the tag ${tag} does not begin with v, e.g. v${packageVersion}`];
  const version = tag.slice(1);
  try {
    readVersion(version);
  } catch {
    return [`the tag ${tag} is no version, e.g. v${packageVersion}`];
  }
  const problems: string[] = [];
  const compare = (what: string, found: string): void => {
    if (found !== version) problems.push(`${what} is ${found}, the tag says ${version}`);
  };
  compare('the version in package.json', packageVersion);
  compare('the version in package-lock.json', lockVersion);
  if (chart === undefined) problems.push('there is no infra/chart/Chart.yaml: run npm run chart');
  else {
    compare('the version in infra/chart/Chart.yaml', chart.version);
    compare('the appVersion in infra/chart/Chart.yaml', chart.appVersion);
  }
  problems.push(...changelogProblems(changelog, version));
  const line = version.replace(/\.\d+(-.*)?$/, '.x');
  if (!security.includes(`| ${line} | yes |`))
    problems.push(`SECURITY.md does not list ${line} as a version that gets fixes`);
  return problems;
}
