import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { renderChart } from '../../../infra/helm/chart';
import { chartInputs } from '../../../infra/helm/inputs';
import { renderFleetChart } from '../../../infra/helm/fleet/chart';
import { fleetValuesSchema } from '../../../infra/helm/fleet/schema';
import { conditionText } from '../../../infra/helm/emit';
import { merge, unique } from '../../../infra/helm/node';
import { valuesSchema } from '../../../infra/helm/schema';
import { repositoryFile, repositoryText } from '../docs/readme';

const about = JSON.parse(repositoryText('package.json')) as {
  version: string;
  description: string;
  license: string;
};

describe('npm run chart', function () {
  this.timeout(60_000);

  for (const [chart, render] of [
    ['infra/chart', renderChart],
    ['infra/fleet-chart', renderFleetChart],
  ] as const)
    it(`has made ${chart}`, () => {
      const files = render(about);
      const folder = repositoryFile(chart);
      const there = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((each) => each.isFile())
        .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(folder.length + 1));
      expect(there.sort()).to.deep.equal([...files.keys()].sort());
      for (const [name, text] of files) expect(repositoryText(`${chart}/${name}`), name).to.equal(text);
    });

  it('has the version of package.json, and values.yaml has the defaults of the inputs', () => {
    const { version, appVersion } = parse(repositoryText('infra/chart/Chart.yaml')) as Record<
      string,
      unknown
    >;
    expect([version, appVersion]).to.deep.equal([about.version, about.version]);
    const values = parse(repositoryText('infra/chart/values.yaml')) as Record<string, object>;
    const required = {
      namespace: 'openemr',
      region: 'us-east-1',
      existing: {
        slotSecret: 'slots',
        adminSecret: 'admin',
        backendUrl: 's3://state?region=us-east-1',
        secretsProvider: 'passphrase',
      },
    };
    const named = { deployment: 'openemr', secret: 'db', image: 'registry.example/image:1' };
    const bare = chartInputs.parse({ ...required, sites: {}, kubernetes: named });
    const filled = chartInputs.parse({
      ...values,
      ...required,
      kubernetes: { ...values['kubernetes'], ...named },
    });
    expect(filled).to.deep.equal(bare);
  });

  it('takes only regular expressions that Helm can read', () => {
    const text = JSON.stringify([valuesSchema(), fleetValuesSchema()]);
    const patterns = [...text.matchAll(/"pattern":"((?:[^"\\]|\\.)*)"/g)].map(([, each]) => each ?? '');
    expect(patterns.length).to.be.greaterThan(20);
    for (const pattern of patterns) {
      expect(pattern).not.to.match(/\(\?[!=<]/);
      for (const [, most] of pattern.matchAll(/,(\d+)\}/g)) expect(Number(most), pattern).to.be.at.most(1000);
    }
  });

  it('says a condition of two switches in both orders', () => {
    const [a, b] = [{ condition: '.a' }, { condition: '.b' }];
    const list = (...texts: string[]) =>
      unique({
        type: 'items' as const,
        parts: texts.map((text) => ({
          key: text,
          value: unique({ type: 'scalar' as const, text }),
          when: true as const,
          loop: undefined,
        })),
      });
    const node = merge(a, list('x'), merge(b, list('x', 'y'), list()));
    if (node.type !== 'items') throw new Error('no list');
    expect(node.parts.map(({ key, when }) => [key, conditionText(when)])).to.deep.equal([
      ['x', 'or (.a) (.b)'],
      ['y', 'and (not (.a)) (.b)'],
    ]);
  });
});
