/** Where a command of a document is run. */
export interface Evidence {
  file: string;
  /** Stands in that file: the command itself, or how the file takes it out of the document. */
  by: string;
}

const inFile =
  (file: string) =>
  (by: string): Evidence => ({ file, by });

const ci = inFile('.ci/run');
const npm = inFile('test/lab/npmCommands.test.ts');
const lab = inFile('test/lab/labCommand.test.ts');
const plugins = inFile('test/lab/pluginCommands.test.ts');
const pulumi = inFile('test/lab/pulumiCommands.test.ts');
const platform = inFile('test/lab/platformCommands.test.ts');
const install = plugins(`documentedCommands('README.md', 'pulumi plugin install')`);

/** Each `npm`, `npx`, `node` and `pulumi` command of README.md and docs/, and who runs it. */
export const ranBy: Record<string, Evidence> = {
  'npm start': inFile('test/lab/demo.test.ts')('Runs what `npm start` runs'),
  'npm test': ci('npm test'),
  // The set-up is the first that .ci/run starts.
  'npm ci': inFile('lab/setup/npm.js')(`'ci'`),
  'npm run build': npm(`documentedCommands('docs/platform.md', 'npm ci')`),
  'npm link': npm(`documentedCommands('README.md', 'npm ci')`),
  'npm run docs': npm(`'npm run docs'`),
  'npm run format': npm(`'npm run format'`),
  'npm run manifests -- --config infra/example.yaml --out infra/manifests': npm(
    `documented('docs/platform.md', 'npm run manifests')`,
  ),
  'npm run manifests -- --config infra/takeover.yaml --out infra/manifests': npm(
    `documented('docs/migration.md', 'npm run manifests')`,
  ),
  'npm run lint': ci('npm run --silent lint'),
  'npm run typecheck': ci('npm run --silent typecheck'),
  'npm run lab': lab(`documentedCommands('README.md', 'npm run lab')`),
  'npm run lab -- --database mariadb --start bootstrap --replicas 3': lab(
    `documentedCommands('README.md', 'npm run lab')`,
  ),
  'npx node dist/src/cli/main.js': lab(`documented('README.md', 'npx node dist/src/cli/main.js')`),
  'node dist/src/cli/main.js': inFile('test/lab/support/command.ts')(`'src', 'cli', 'main.js'`),
  'pulumi plugin install resource aws 7.48.0': install,
  'pulumi plugin install resource random 4.21.2': install,
  'pulumi plugin install resource kubernetes 4.25.0': install,
  'CREDENTIAL_ROTATION_REQUEST=rotate pulumi preview --stack prod': pulumi(
    `documented('README.md', 'CREDENTIAL_ROTATION_REQUEST=rotate pulumi preview')`,
  ),
  'pulumi stack history --stack prod': pulumi(`documented('README.md', 'pulumi stack history')`),
  'pulumi up': pulumi(`documented('README.md', 'pulumi up')`),
  'pulumi -C infra stack init prod': platform(`inPlatform('stack init')`),
  'pulumi -C infra config set --secret adminPassword': platform(`inPlatform('config set --secret')`),
  'pulumi -C infra config set --path kubernetes.limits.idleSeconds 1800': platform(
    `inPlatform('config set --path')`,
  ),
  'pulumi -C infra preview': platform(`inPlatform('preview')`),
  'pulumi -C infra preview --policy-pack policy': platform(`inPlatform('preview --policy-pack')`),
  'pulumi -C infra up': inFile('test/lab/platformUp.test.ts')(`inPlatform('up')`),
};

/** The commands that no test runs as they stand, and why; what they do is run otherwise where it says so. */
export const notRun: Record<string, string> = {
  'TEST_DATABASE=mysql npm test':
    'it is all tests, this one too; test/lab/support/labs.ts reads the variable',
  'npm run bench': 'it measures for long; test/lab/bench.test.ts takes the same measures once',
  'npm run faults': 'hours; test/faults/shortSweep.test.ts runs the same sweep over fewer writes',
  'npm run fleet-demo': 'twenty OpenEMRs; test/lab/fleet.test.ts rotates four in the same ways',
  'npm run fleet-demo -- --write': 'the same, and it writes its times into docs/fleet.md',
  'pulumi refresh': 'named as what not to do',
  'pulumi destroy': 'named as what not to do',
};
