import { parse } from 'yaml';
import { repositoryText } from './readme';

const repository = 'OWNER/openemr-credential-rotation';
const workflow = '.github/workflows/release.yml';

/** What each command of docs/verify-a-release.md must hold the release to, with the values that there are. */
const identity: Record<string, string> = {
  '--certificate-oidc-issuer': 'https://token.actions.githubusercontent.com',
  '--certificate-identity': `https://github.com/${repository}/${workflow}@refs/tags/vVERSION`,
};

const provenance: Record<string, string> = {
  '--repo': repository,
  '--signer-workflow': `${repository}/${workflow}`,
  '--source-ref': 'refs/tags/vVERSION',
};

/** The names that the workflow of a release publishes under. */
function published(): string[] {
  const { jobs } = parse(repositoryText(workflow)) as {
    jobs: { check: { steps: { id?: string; run?: string }[] } };
  };
  const names = jobs.check.steps.find(({ id }) => id === 'names')?.run ?? '';
  const found = [...names.matchAll(/=(?:oci:\/\/)?(ghcr\.io\/%s[\w/-]*)/g)].map(([, name = '']) => name);
  // The first is the repository's own, the second a folder of the owner.
  const [image = '', charts = ''] = found;
  // Helm pushes a chart by the name that it has itself.
  const named = ['chart', 'fleet-chart'].map(
    (each) => (parse(repositoryText(`infra/${each}/Chart.yaml`)) as { name: string }).name,
  );
  return [
    image.replace('%s', repository),
    ...named.map((each) => `${charts.replace('%s', 'OWNER')}/${each}`),
  ];
}

/** Words, and flags that have a value behind them. */
function read(
  args: string[],
  withValue: Record<string, string>,
): { words: string[]; flags: Record<string, string> } {
  const words: string[] = [];
  const flags: Record<string, string> = {};
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word in withValue) flags[word] = args[(at += 1)] ?? '';
    else words.push(word);
  }
  return { words, flags };
}

function differs(found: Record<string, string>, wanted: Record<string, string>): string | undefined {
  const wrong = Object.keys(wanted).find((flag) => found[flag] !== wanted[flag]);
  return wrong === undefined ? undefined : `${wrong} must be ${wanted[wrong]}`;
}

function checkCosign(args: string[]): string | undefined {
  const { words, flags } = read(args, identity);
  const [image = '', ...charts] = published();
  const known = [
    ...[image, ...charts].map((name) => `verify ${name}:VERSION`),
    `verify-attestation ${image}@DIGEST --type cyclonedx`,
    'verify-blob SHA256SUMS --bundle SHA256SUMS.sigstore.json',
  ];
  if (!known.includes(words.join(' '))) return `cosign ${words.join(' ')} is not checked`;
  return differs(flags, identity);
}

function checkGh(args: string[]): string | undefined {
  if (args.join(' ') === `release download vVERSION --repo ${repository}`) return undefined;
  const { words, flags } = read(args, provenance);
  const known = published().map((name) => `attestation verify oci://${name}:VERSION`);
  if (!known.includes(words.join(' '))) return `gh ${words.join(' ')} is not checked`;
  return differs(flags, provenance);
}

/** A command that a document may have only as it stands here. */
const only =
  (...allowed: string[]) =>
  (args: string[]): string | undefined =>
    allowed.includes(args.join(' ')) ? undefined : `it must be one of: ${allowed.join('; ')}`;

/** What is wrong with the commands that verify a release, by program. */
export const releaseChecks: Record<string, (args: string[]) => string | undefined> = {
  cosign: checkCosign,
  gh: checkGh,
  sha256sum: only('--check --strict SHA256SUMS'),
  // test/unit/release/scripts.test.ts runs these on what the scripts of a release make.
  mkdir: only('bundle tag'),
  tar: only('-xzf openemr-credential-rotation-action-VERSION.tar.gz -C bundle', '-xf tag.tar -C tag'),
  git: only('rev-parse action-vVERSION^ vVERSION^{commit}', 'archive --output tag.tar action-vVERSION'),
  diff: only('--recursive tag bundle'),
};
