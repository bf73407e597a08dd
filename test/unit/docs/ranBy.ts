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
const npmPackage = inFile('test/lab/npmPackage.test.ts');
const lab = inFile('test/lab/labCommand.test.ts');
const kubelet = inFile('test/kubelet/labCommand.spec.ts');
const plugins = inFile('test/lab/pluginCommands.test.ts');
const pulumi = inFile('test/lab/pulumiCommands.test.ts');
const platform = inFile('test/lab/platformCommands.test.ts');
const install = plugins(`documentedCommands('docs/production.md', 'pulumi plugin install')`);

const docs = inFile('test/lab/docs.test.ts');
const looksOn = docs('kubectl -n openemr (get (?!events --field)|describe |rollout status ))');
const looksUp = docs('aws secretsmanager (describe|get|list)-');
const reset = inFile('test/lab/emergencyReset.test.ts');
const manifests = inFile('test/lab/manifests.test.ts');
const takeover = inFile('test/lab/takeover.test.ts');
const guide = takeover(`line.startsWith('kubectl')`);
const helm = inFile('test/lab/chart.test.ts')(`documentedCommands('docs/helm.md', 'helm')`);
const bucket = inFile('test/lab/stateBucket.test.ts');
const mariadb =
  'mariadb --host=openemr.cluster-abc123.us-east-1.rds.amazonaws.com --user=admin --password --ssl-verify-server-cert --ssl-ca=global-bundle.pem';
const stateFile = '.pulumi/stacks/openemr-credential-rotation/prod.json';
const state = `openemr-credential-rotation-state --prefix ${stateFile}`;
const moved = 's3://openemr-credential-rotation-state';

/** Each such command of README.md and docs/, and who runs it. */
export const ranBy: Record<string, Evidence> = {
  'npm start': inFile('test/lab/demo.test.ts')('Runs what `npm start` runs'),
  'npm test': ci('npm test'),
  // The set-up is the first that .ci/run starts.
  'npm ci': inFile('lab/setup/npm.js')(`'ci'`),
  'npm install openemr-credential-rotation pulumi': npmPackage(`['install', `),
  'npx -p openemr-credential-rotation -p pulumi credential-rotation --help': npmPackage(
    `documented('README.md', 'npx -p')`,
  ),
  'npx credential-rotation --help': npmPackage(`command(['--help'])`),
  'npm run build': npm(`documentedCommands('docs/platform.md', 'npm ci')`),
  'npm link': npm(`documentedCommands('docs/production.md', 'npm ci')`),
  'npm run docs': npm(`'npm run docs'`),
  'npm run golden': npm(`documented('docs/stability.md', 'npm run golden')`),
  'npm run monitoring': npm(`documented('docs/monitoring.md', 'npm run monitoring')`),
  'npm run format': npm(`'npm run format'`),
  'npm run manifests -- --config infra/example.yaml --out infra/manifests': npm(
    `documented('docs/platform.md', 'npm run manifests')`,
  ),
  'helm lint infra/chart -f infra/example.yaml': helm,
  'helm upgrade --install credential-rotation infra/chart -n openemr -f infra/example.yaml': helm,
  'helm uninstall credential-rotation -n openemr': helm,
  'helm upgrade --install clinics infra/fleet-chart -n credential-rotation -f fleet.yaml --set-string since=2026-01-31T03:00:00Z':
    inFile('test/lab/fleet.test.ts')(`documented('docs/fleet.md', 'helm')`),
  'npm run chart': npm(`documented('docs/helm.md', 'npm run chart')`),
  'npm run manifests -- --config infra/takeover.yaml --out infra/manifests': npm(
    `documented('docs/migration.md', 'npm run manifests')`,
  ),
  'npm run site': inFile('test/lab/site.test.ts')(`documented('docs/development.md', 'npm run site')`),
  'npm run lint': ci('npm run --silent lint'),
  'npm run typecheck': ci('npm run --silent typecheck'),
  'npm run test:unit -- test/unit/cli/parser.test.ts': inFile('test/unit/testRunner.test.ts')(
    `documented('CONTRIBUTING.md', 'npm run test:unit -- ')`,
  ),
  'npm run lab': lab(`documentedCommands('docs/development.md', 'npm run lab')`),
  // Its own record: no run of `npm test` is long enough for it.
  'npm run test:kubelet': inFile('test/kubelet/RESULTS.md')('`npm run test:kubelet`'),
  'npm run test:long': inFile('test/long/RESULTS.md')('`npm run test:long`'),
  'npm run test:sdks': inFile('test/sdks/packages.spec.ts')('`npm run test:sdks`'),
  'npm run test:yaml': inFile('test/yaml/program.spec.ts')('`npm run test:yaml`'),
  'npm run image:build': inFile('test/kubelet/image.spec.ts')(
    `documented('docs/development.md', 'npm run image:build')`,
  ),
  'npm run image:build -- --platform linux/amd64,linux/arm64': inFile('test/image/arm64.spec.ts')(
    `documented('docs/image.md', 'npm run image:build -- --platform')`,
  ),
  'npm run test:arm64': inFile('test/image/arm64.spec.ts')('`npm run test:arm64`'),
  'npm run lab -- --kubelet real': kubelet(`documented('docs/development.md', 'npm run lab -- --kubelet')`),
  'npm run lab -- --docker': inFile('test/lab/dockerLab.test.ts')(
    `documented('docs/development.md', 'npm run lab -- --docker')`,
  ),
  'npm run lab -- --database mariadb --start bootstrap --replicas 3': lab(
    `documentedCommands('docs/development.md', 'npm run lab')`,
  ),
  'npx node dist/src/cli/main.js': lab(`documented('docs/development.md', 'npx node dist/src/cli/main.js')`),
  'node dist/src/cli/main.js': inFile('test/lab/support/command.ts')(`'src', 'cli', 'main.js'`),
  'pulumi plugin install resource aws 7.48.0': install,
  'pulumi plugin install resource random 4.21.2': install,
  'pulumi plugin install resource kubernetes 4.25.0': install,
  'CREDENTIAL_ROTATION_REQUEST=rotate pulumi preview --stack prod': pulumi(
    `documented('docs/production.md', 'CREDENTIAL_ROTATION_REQUEST=rotate pulumi preview')`,
  ),
  'pulumi stack history --stack prod': pulumi(`documented('docs/production.md', 'pulumi stack history')`),
  'pulumi up': pulumi(`documented('docs/production.md', 'pulumi up')`),
  'pulumi -C infra stack init prod': platform(`inPlatform('stack init')`),
  'pulumi -C infra config set --secret adminPassword': platform(`inPlatform('config set --secret')`),
  'pulumi -C infra config set --path kubernetes.limits.idleSeconds 1800': platform(
    `inPlatform('config set --path')`,
  ),
  'pulumi -C infra preview': platform(`inPlatform('preview')`),
  'pulumi -C infra preview --policy-pack policy': platform(`inPlatform('preview --policy-pack')`),
  'npm install openemr-credential-rotation': npmPackage(`['install', `),
  'pulumi package add ./node_modules/openemr-credential-rotation/infra/package': inFile(
    'test/yaml/program.spec.ts',
  )(`documented('docs/platform.md', 'pulumi package add')`),
  'pulumi -C infra up': inFile('test/lab/platformUp.test.ts')(`inPlatform('up')`),
  'kubectl apply -f infra/kubernetes/role.yaml': manifests('kubectl apply -f infra/kubernetes/role.yaml'),
  'kubectl apply -f infra/manifests': takeover('kubectl apply -f infra/manifests'),
  'kubectl -n openemr patch job credential-rotation-once --patch-file infra/start.yaml': manifests(
    'kubectl -n openemr patch job credential-rotation-once --patch-file infra/start.yaml',
  ),
  'kubectl -n openemr patch cronjob credential-rotation -p {"spec":{"suspend":true}}': guide,
  'kubectl -n openemr delete cronjob credential-rotation': guide,
  'kubectl -n openemr delete job credential-rotation --ignore-not-found': guide,
  'kubectl -n openemr delete role credential-rotation-role': guide,
  'kubectl -n openemr delete rolebinding credential-rotation-binding': guide,
  'kubectl -n openemr get cronjobs,jobs,pods': looksOn,
  'kubectl -n openemr rollout status deployment/openemr': looksOn,
  'kubectl -n openemr describe pods': looksOn,
  'kubectl -n openemr get events --sort-by=.lastTimestamp': looksOn,
  'kubectl -n openemr get secret openemr-db-credentials -o yaml --show-managed-fields': looksOn,
  'kubectl -n openemr get events --field-selector reportingComponent=credential-rotation': inFile(
    'test/lab/notify.test.ts',
  )('kubectl -n openemr get events --field-selector reportingComponent=credential-rotation'),
  'kubectl -n openemr exec -it deployment/openemr -- sh': reset('blocks(2, '),
  'kubectl -n openemr patch secret openemr-db-credentials --type=json -p [{"op":"replace","path":"/metadata/managedFields","value":[{}]}]':
    docs('kubectl -n openemr patch secret openemr-db-credentials --type=json'),
  'kubectl -n openemr patch secret openemr-db-credentials --patch-file secret.yaml': reset('blocks(5, '),
  'kubectl -n openemr rollout restart deployment/openemr': reset('blocks(5, '),
  [mariadb]: reset('/^ *mariadb /'),
  'aws secretsmanager describe-secret --secret-id openemr/slots --query KmsKeyId': looksUp,
  'aws secretsmanager describe-secret --secret-id openemr/admin --query OwningService': looksUp,
  'aws secretsmanager describe-secret --secret-id openemr/slots': looksUp,
  'aws secretsmanager list-secret-version-ids --secret-id openemr/slots': looksUp,
  'aws secretsmanager get-secret-value --secret-id openemr/admin --query SecretString --output text': looksUp,
  'aws secretsmanager restore-secret --secret-id openemr/slots': docs(
    'aws secretsmanager restore-secret --secret-id openemr/slots',
  ),
  'aws secretsmanager cancel-rotate-secret --secret-id openemr/admin': docs(
    'aws secretsmanager cancel-rotate-secret --secret-id openemr/admin',
  ),
  'aws rds modify-db-cluster --db-cluster-identifier openemr --master-user-password file:///dev/shm/master --apply-immediately':
    docs('aws rds modify-db-cluster --db-cluster-identifier openemr'),
  'aws secretsmanager update-secret-version-stage --secret-id openemr/slots --version-stage AWSCURRENT --remove-from-version-id NOW --move-to-version-id EARLIER':
    reset('blocks(6, '),
  'aws secretsmanager put-secret-value --secret-id openemr/slots --secret-string file://slots.json':
    reset('blocks(6, '),
  [`aws s3api list-object-versions --bucket ${state}`]: bucket(`byHand('aws s3api list-object-versions ')`),
  [`aws s3api copy-object --bucket openemr-credential-rotation-state --key ${stateFile} --copy-source openemr-credential-rotation-state/${stateFile}?versionId=VERSION`]:
    bucket(`byHand('aws s3api copy-object '`),
  [`aws s3 mv ${moved}/${stateFile} ${moved}/broken/prod.json`]: bucket(`byHand('aws s3 mv ')`),
};

/** The commands that no test runs as they stand, and why; what they do is run otherwise where it says so. */
export const notRun: Record<string, string> = {
  'TEST_DATABASE=mysql npm test':
    'it is all tests, this one too; test/lab/support/labs.ts reads the variable',
  'npm run test:unit': 'it is all unit tests, this one too; test/unit/testRunner.test.ts runs one file',
  'npm run test:lab': 'half an hour; CI runs the same files by `npm test`',
  'npm run test:lab -- test/lab/verify.test.ts':
    'a lab below this one; test/unit/testRunner.test.ts runs a unit test in the same way',
  'npm run test:watch': 'it does not end; test/unit/testRunner.test.ts asks which tests a change reaches',
  'npm run faults -- --part once --point NAME':
    'minutes; test/faults/shortSweep.test.ts runs the same sweep over fewer writes',
  'npm run test:roots':
    'an hour, in Debian roots that it makes; test/unit/lab/roots.test.ts holds what it recorded',
  'npm run test:nfs':
    'it boots a virtual machine for minutes; test/unit/nfs/nfs.test.ts holds what it recorded',
  'npm run test:nfs -- --write': 'the same, and it writes what it measured into docs/nfs.md',
  'npm run site:look': 'minutes; test/lab/site.test.ts looks at four of the pages in the same way',
  'npm run bench': 'it measures for long; test/lab/bench.test.ts takes the same measures once',
  'npm run faults': 'hours; test/faults/shortSweep.test.ts runs the same sweep over fewer writes',
  'npm run fleet-demo': 'twenty OpenEMRs; test/lab/fleet.test.ts rotates four in the same ways',
  'npm run fleet-demo -- --write': 'the same, and it writes its times into docs/fleet.md',
  'kubectl rollout undo': 'named as what not to do',
  'docker build --tag credential-rotation:1.0.0 .':
    'no container engine is here; test/lab/imageBuild.test.ts runs the commands of its build stage',
  'docker build --tag credential-rotation:1.0.0 --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:DIGEST .':
    'no container engine is here; test/lab/imageBuild.test.ts runs the commands of its build stage',
  'docker buildx imagetools inspect ghcr.io/OWNER/openemr-credential-rotation:VERSION':
    'no registry of images is reachable',
  'npm audit signatures': 'nothing is published that was signed; npm itself says what it verified',
  'docker buildx imagetools inspect pulumi/pulumi-base:3.276.0': 'no registry of images is reachable',
  'docker buildx imagetools inspect node:24.21.0-bookworm-slim': 'no registry of images is reachable',
  'pulumi refresh': 'named as what not to do',
  'pulumi destroy': 'named as what not to do',
};
