import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { labSource, packageRoot, tools } from '../../lab/package';
import { installPlugins } from '../../lab/plugins/install';

const execute = promisify(execFile);

/** What the mocks of the two programs print. */
const asked = [
  {
    type: 'credential-rotation:index:CredentialRotation',
    inputs: {
      namespace: 'openemr',
      region: 'eu-central-1',
      kubernetes: {
        deployment: 'openemr',
        secret: 'openemr-db-credentials',
        image: 'registry.example.com/credential-rotation:1.0.0',
      },
    },
  },
  { output: 'awskms:///key' },
];

/**
 * `npm run test:sdks`: makes the SDKs of the component package as `pulumi package add` and `gen-sdk` do, and runs a program in
 * Python and one in Go with them. The hosts of the languages take minutes to build, so it is no part of `npm test`.
 */
describe('the generated SDKs of the component package', function () {
  this.timeout(600_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sdks-'));
  const hosts = path.join(folder, 'hosts');
  const schema = path.join(packageRoot(), 'infra', 'package', 'schema.json');
  const pulumiVersion = path.basename(tools().pulumi).replace('pulumi-', '');
  let env: NodeJS.ProcessEnv;

  before(async () => {
    mkdirSync(hosts);
    for (const language of ['go', 'python'])
      symlinkSync(tools().sdkHost, path.join(hosts, `pulumi-language-${language}`));
    symlinkSync(tools().dotnetHost, path.join(hosts, 'pulumi-language-dotnet'));
    const home = path.join(folder, 'pulumi-home');
    mkdirSync(home);
    await installPlugins(home);
    env = {
      ...process.env,
      PATH: [hosts, path.join(tools().pulumi, 'bin'), process.env['PATH']].join(path.delimiter),
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_BACKEND_URL: `file://${folder}`,
    };
  });
  after(() => {
    // The module cache of Go is read-only, but it is not in here.
    rmSync(folder, { recursive: true, force: true });
  });

  async function generate(language: string, from = schema): Promise<string> {
    const args = ['package', 'gen-sdk', from, '--language', language, '--out', path.join(folder, 'sdk')];
    await execute('pulumi', args, { env, cwd: folder });
    return path.join(folder, 'sdk', language);
  }

  it('Python: the package is installed by pip with its dependencies, and a program asks for the component', async () => {
    const sdk = await generate('python');
    const python = path.join(folder, 'venv', 'bin', 'python');
    await execute('python3', ['-m', 'venv', path.join(folder, 'venv')]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await execute(python, [...pip, `pulumi==${pulumiVersion}`, 'parver', 'setuptools', 'wheel']);
    // Pulumi's own packages of aws and kubernetes have 300 MB, and the SDK imports neither.
    await execute(python, [...pip, '--no-deps', '--no-build-isolation', sdk]);
    await execute(python, ['-m', 'compileall', '-q', sdk]);
    const program = path.join(packageRoot(), 'test', 'sdks', 'program.py');
    const { stdout } = await execute(python, [program], { env, cwd: folder });
    expect(JSON.parse(stdout)).to.deep.equal(asked);
  });

  it('Go: the SDK compiles, vet has nothing to say, and a program asks for the component', async () => {
    const sdk = path.join(await generate('go'), 'credentialrotation');
    const module = 'example.com/pulumi-credential-rotation/sdk/go/credential-rotation';
    const sdkVersion = `github.com/pulumi/pulumi/sdk/v3 v${pulumiVersion}`;
    writeFileSync(path.join(sdk, 'go.mod'), `module ${module}\n\ngo 1.25.11\n\nrequire ${sdkVersion}\n`);
    const own = path.join(folder, 'program');
    cpSync(path.join(packageRoot(), 'test', 'sdks', 'program'), own, { recursive: true });
    writeFileSync(
      path.join(own, 'go.mod'),
      `module program\n\ngo 1.25.11\n\nrequire ${sdkVersion}\nrequire ${module} v0.0.0\n\nreplace ${module} => ${sdk}\n`,
    );
    const setup = createRequire(__filename)(labSource('setup', 'go.js')) as { goCommand(): string };
    const go = async (...args: string[]): Promise<string> =>
      (await execute(setup.goCommand(), args, { cwd: own, env: { ...env, CGO_ENABLED: '0' } })).stdout;
    await go('mod', 'tidy');
    await go('vet', './...', `${module}/...`);
    expect(JSON.parse(await go('run', '.'))).to.deep.equal(asked);
  });

  it('.NET: the project is generated, with the component and each group of its inputs', async () => {
    // Its generator fetches a picture from GitHub where the schema names none.
    const server = createServer((_, response) => response.end('PNG')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const own = path.join(folder, 'schema.json');
    const text = JSON.parse(readFileSync(schema, 'utf8')) as object;
    const { port } = server.address() as AddressInfo;
    writeFileSync(own, JSON.stringify({ ...text, logoUrl: `http://127.0.0.1:${port}/logo.png` }));
    const sdk = await generate('dotnet', own).finally(() => server.close());
    for (const file of ['Pulumi.CredentialRotation.csproj', 'CredentialRotation.cs', 'Provider.cs'])
      expect(existsSync(path.join(sdk, file)), file).to.equal(true);
    const component = readFileSync(path.join(sdk, 'CredentialRotation.cs'), 'utf8');
    expect(component)
      .to.include('base("credential-rotation:index:CredentialRotation"')
      .and.include('remote: true');
    const types = readFileSync(path.join(sdk, 'Inputs', 'KubernetesArgs.cs'), 'utf8');
    expect(types).to.include('[Input("deployment", required: true)]');
  });
});
