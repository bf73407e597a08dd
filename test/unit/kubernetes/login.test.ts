import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { KubernetesApi } from '../../../src/kubernetes/api';
import { answerFailure, NoAnswer } from '../../../src/kubernetes/errors';
import { keepEnvironment } from '../../environment';

const about = { verb: 'get', what: 'Deployment web', server: 'https://127.0.0.1:1' };

describe('the credentials of the kubeconfig cannot be had', () => {
  let folder: string;
  let giveBack: () => void;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-login-'));
    giveBack = keepEnvironment();
  });
  after(() => {
    giveBack();
    rmSync(folder, { recursive: true });
  });

  /** What a request comes to by a kubeconfig whose user is this. */
  async function asked(user: unknown): Promise<Failure> {
    const file = path.join(folder, 'config');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: about.server } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(file, JSON.stringify(config));
    process.env['KUBECONFIG'] = file;
    const api = await KubernetesApi.connect();
    const error: unknown = await api.get(['api']).catch((thrown: unknown) => thrown);
    return answerFailure(error, about);
  }

  const exec = (command: string, ...args: string[]): unknown => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args },
  });

  it('its login command is not installed: told so, and not asked again', async () => {
    const failure = await asked(exec('no-such-login-command'));
    expect(failure).to.include({ code: 'kubernetes-login-refused', outcome: 'permission' });
    expect(failure).not.to.be.instanceOf(NoAnswer);
    expect(failure.message).to.include('login command no-such-login-command cannot be run (ENOENT)');
  });

  it('its login command fails, or says nothing of use: told so, without what it wrote', async () => {
    for (const script of ['echo wombat-token >&2; exit 1', 'echo wombat-token']) {
      const failure = await asked(exec('sh', '-c', script));
      expect(failure).to.include({ code: 'kubernetes-login-refused' });
      expect(failure.message).to.include('login command sh gave no credentials').and.not.include('wombat');
    }
  });

  it('a certificate that it names is not there: the kubeconfig is wrong, not the network', async () => {
    const missing = path.join(folder, 'missing.pem');
    const failure = await asked({ 'client-certificate': missing, 'client-key': missing });
    expect(failure).to.be.instanceOf(Failure).and.include({ code: 'kubeconfig-invalid' });
    expect(failure.message).to.include('(ENOENT)');
  });
});
