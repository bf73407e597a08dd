import { expect } from 'chai';
import { finalExitCodes } from '../../../infra/kubernetes/fleetJob';
import { parse } from 'yaml';
import { readInputs } from '../../../infra/inputs/read';
import { jobSchema } from '../../../src/fleet/fileSchema';
import { parseFleet } from '../../../src/fleet/fleetFile';
import { resumeLimitMs } from '../../../src/fleet/fleetRun';
import { fleetJobSettings } from '../../../src/fleet/jobSettings';
import { identityNames } from '../../../src/fleet/keys';
import { definitionOf } from '../../../src/settings/options';
import { standingWords } from '../../../src/report/fleetText';
import { tableLines } from '../../fleet/table';
import { codeBlocks, repositoryText } from '../docs/readme';

describe('docs/fleet.md', () => {
  const text = repositoryText('docs', 'fleet.md');
  const [example = '', platform = ''] = codeBlocks('yaml', text);

  it('shows a fleet file that the command takes, and a manifest can be made of', async () => {
    const file = await parseFleet(example, 'fleet.yaml', { given: {} });
    expect(file.deployments.map(({ name }) => name)).to.deep.equal(['clinic-a', 'clinic-b']);
    const limits = { concurrency: 4, staggerMs: 0, onFailure: 'stop' } as const;
    const request = { file, text: example, limits, image: undefined, schedule: undefined, now: new Date() };
    expect(fleetJobSettings(request).targets).to.have.lengthOf(2);
  });

  it("shows inputs of infra/ that make the fleet's one role, for the account that the manifest makes", async () => {
    const { name, namespace, aws } = readInputs(parse(platform));
    const file = await parseFleet(example, 'fleet.yaml', { given: {} });
    const limits = { concurrency: 4, staggerMs: 0, onFailure: 'stop' } as const;
    const request = { file, text: example, limits, image: undefined, schedule: undefined, now: new Date() };
    const { pod } = fleetJobSettings(request);
    expect([name, namespace]).to.deep.equal([pod.name, pod.namespace]);
    const secrets = [aws?.slotSecret.adopt, aws?.adminSecret.adopt, ...(aws?.furtherSecrets ?? [])];
    const named = secrets.map((arn) => /:secret:(.+)-\w{6}$/.exec(typeof arn === 'string' ? arn : '')?.[1]);
    const inFile = file.deployments.flatMap(({ own }) => [own.slotSecretId, own.adminSecretId]);
    expect(named).to.deep.equal(inFile);
  });

  it('names every key of the job, and every word of the report', () => {
    for (const key of Object.keys(jobSchema.shape)) expect(text).to.match(new RegExp(`\\b${key}\\b`));
    for (const word of Object.values(standingWords)) expect(text).to.include(`\`${word}\``);
  });

  it('says what 1, 5 and 20 cost, where npm run fleet-demo -- --write puts it', () => {
    const [, block = ''] = /<!-- measured: begin -->\n([\s\S]*)<!-- measured: end -->/.exec(text) ?? [];
    const rows = [
      ...block.matchAll(/^\| `fleet run` \| (\d+) \| .* \| \d+ s \| [\d.]+ s \| [\d.]+ s \| [\d.]+ GiB \|/gm),
    ];
    expect(rows.map(([, count]) => count)).to.deep.equal(['1', '5', '20']);
    const [head] = tableLines([], 4, 0).slice(2);
    expect(block).to.include(head);
  });

  it('names every variable that is not read, how long a run is taken up, and the exit codes without a retry', () => {
    for (const name of identityNames) {
      const { variable } = definitionOf(name);
      expect(text).to.include(variable.startsWith('K8S_') ? '`K8S_*`' : `\`${variable}\``);
    }
    expect(text).to.include(`For ${resumeLimitMs / 3_600_000} hours`);
    expect(text).to.include(
      `exit ${finalExitCodes.slice(0, -1).join(', ')} and ${finalExitCodes.at(-1)} fail`,
    );
  });
});
