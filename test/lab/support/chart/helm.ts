import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { toolPaths } from '../../../../lab/setup/tools';
import { kubernetesYaml } from '../../../../src/base/kubernetesYaml';
import { repositoryFile } from '../../../unit/docs/readme';

const execute = promisify(execFile);

/** The chart of this repository. */
export const chart = repositoryFile('infra/chart');

/** That of many OpenEMRs. */
export const fleetChart = repositoryFile('infra/fleet-chart');

/** What a program said, and how it ended. */
export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  cwd = repositoryFile(''),
): Promise<Said> {
  const options = {
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 26,
    timeout: 120_000,
    cwd,
  };
  return execute(program, [...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code?: number; stdout: string; stderr: string }) => ({
      code: typeof error.code === 'number' ? error.code : 1,
      stdout: error.stdout,
      stderr: error.stderr,
    }),
  );
}

/** Helm, with folders of its own. */
export class Helm {
  private files = 0;

  constructor(
    private readonly folder: string,
    private readonly kubeconfig?: string,
    private readonly made = chart,
  ) {}

  /** In the repository, as the documents show it. */
  run(...args: string[]): Promise<Said> {
    return this.runIn(repositoryFile(''), ...args);
  }

  runIn(cwd: string, ...args: string[]): Promise<Said> {
    const own = { HELM_CACHE_HOME: this.folder, HELM_CONFIG_HOME: this.folder, HELM_DATA_HOME: this.folder };
    const cluster = this.kubeconfig === undefined ? {} : { KUBECONFIG: this.kubeconfig };
    return run(toolPaths().helm, args, { ...own, ...cluster }, cwd);
  }

  /** A file with these values. */
  valuesFile(values: unknown): string {
    // A name of its own: Helm reads it later, and others may be made meanwhile.
    const file = path.join(this.folder, `values-${(this.files += 1)}.yaml`);
    writeFileSync(file, kubernetesYaml(values));
    return file;
  }

  /**
   * The objects that its chart makes of these values.
   * @throws Error with what Helm says
   */
  async template(values: unknown, ...flags: string[]): Promise<{ text: string; objects: unknown[] }> {
    const said = await this.run('template', 'release', this.made, '-f', this.valuesFile(values), ...flags);
    if (said.code !== 0) throw new Error(said.stderr);
    const objects = parseAllDocuments(said.stdout).flatMap((each) =>
      each.contents === null ? [] : [each.toJS() as unknown],
    );
    return { text: said.stdout, objects };
  }
}

/** The versions of Kubernetes that a chart must fit. */
export const checkedVersions = [29, 30, 31, 32, 33, 34].map((minor) => `1.${minor}.0`);

/** Expects the objects of a file to fit the strict schemas of each of these versions. */
export async function expectFits(file: string): Promise<void> {
  for (const version of checkedVersions) {
    const { code, stdout } = await kubeconform(version, file);
    expect(code, `${version}: ${stdout}`).to.equal(0);
    expect(stdout).to.match(/Valid: [1-9]\d+, Invalid: 0, Errors: 0/);
  }
}

/** Checks objects of a file against the strict schemas of a version of Kubernetes. */
export function kubeconform(version: string, file: string): Promise<Said> {
  const { kubernetesSchemas, kubeconform: program } = toolPaths();
  const place = `${kubernetesSchemas}/{{.NormalizedKubernetesVersion}}/{{.ResourceKind}}{{.KindSuffix}}.json`;
  // Those of the Prometheus Operator are no part of Kubernetes.
  const flags = ['-strict', '-summary', '-skip', 'PodMonitor,PrometheusRule'];
  return run(program, [...flags, '-kubernetes-version', version, '-schema-location', place, file]);
}
