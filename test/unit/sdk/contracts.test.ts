import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { changedSentence, contracts } from '../../../src/sdk/contracts';
import type { Contract } from '../../../src/sdk/contracts';
import { pulumiPackageFolder } from '../../../src/sdk/packageFolder';
import { packageFolder } from '../../../src/base/packageFolder';
import { atLeast, oldestEngine } from '../../../src/engine/plugins';
import { checks } from './checks';

const sdk = pulumiPackageFolder();
const ofSdk = contracts.filter(({ party }) => party === 'sdk');

function versionOf(folder: string): string {
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The version of npm's package `pulumi` that its lab test installs; it comes later than that of the SDK. */
function newestOfNpm(): string {
  const text = readFileSync(path.join(packageFolder, 'test', 'lab', 'npmPackage.test.ts'), 'utf8');
  return /engineVersion = '([^']+)'/.exec(text)?.[1] ?? '';
}

/** @throws with the sentence when the SDK of that folder no longer keeps a contract */
async function expectKept(contract: Contract, folder: string): Promise<void> {
  const what = (await checks[contract.name]?.(folder)) ?? '';
  if (what !== '') throw new Error(changedSentence(contract, versionOf(folder), what));
}

describe("private contracts with Pulumi's SDK", function () {
  this.timeout(30_000);

  for (const contract of ofSdk) {
    it(`"${contract.name}" is kept by the SDK that is installed`, () => expectKept(contract, sdk));
  }

  it('each of them has its check, and each was tried with the version that is installed', () => {
    expect(Object.keys(checks).sort()).to.deep.equal(ofSdk.map(({ name }) => name).sort());
    for (const { name, tried, file, party } of contracts) {
      const version = party === 'npm' ? newestOfNpm() : versionOf(sdk);
      const whose = party === 'npm' ? "npm's package pulumi" : "Pulumi's SDK";
      const [, from = '', below = ''] = /^>=(\S+) <(\S+)$/.exec(tried) ?? [];
      const isTried = atLeast(version, from) && !atLeast(version, below);
      const advice = `run the check of "${name}" and its lab tests, then widen "tried" in contracts.ts (${file})`;
      expect(isTried, `${whose} ${version} is not in ${tried}: ${advice}`).to.equal(true);
      expect(atLeast(oldestEngine, from), `the oldest engine was tried with "${name}"`).to.equal(true);
    }
  });

  it('each names files that are there', () => {
    for (const { file, checkedBy } of contracts)
      for (const name of [file, checkedBy])
        expect(existsSync(path.join(packageFolder, name)), name).to.equal(true);
  });

  it('nobody else in src/ names a file of the SDK', () => {
    const folder = path.join(packageFolder, 'src');
    const own = 'sdk';
    const others = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith(own))
      .filter((name) =>
        /['"]@pulumi\/pulumi\/(?!automation['"])/.test(readFileSync(path.join(folder, name), 'utf8')),
      );
    expect(others, `name it in ${own}`).to.deep.equal([]);
  });
});

describe('an SDK that has changed', function () {
  this.timeout(30_000);
  let copy: string;
  before(() => {
    copy = path.join(mkdtempSync(path.join(tmpdir(), 'changed-')), 'pulumi');
    symlinkSync(path.join(packageFolder, 'node_modules'), path.join(path.dirname(copy), 'node_modules'));
    cpSync(sdk, copy, {
      recursive: true,
      filter: (name) => !/\.(ts|map)$|node_modules.*node_modules/.test(path.relative(sdk, name)),
    });
  });
  after(() => rmSync(path.dirname(copy), { recursive: true, force: true }));

  for (const [name, file, from, to, what] of [
    [
      'dynamic resource',
      'dynamic/index.js',
      'providerKey = "__provider"',
      'providerKey = "__code"',
      'the provider is no longer in __provider',
    ],
    [
      'serializer of functions',
      'index.js',
      '"use strict";',
      '"use strict"; require("typescript");',
      'index.js loads one of those, too',
    ],
    [
      'provider program',
      'cmd/dynamic-provider/index.js',
      'console.log(port.toString())',
      'console.log("ready")',
      'it printed "ready\\n" and no port',
    ],
  ] as const) {
    it(`is told by one sentence: "${name}"`, async () => {
      const changed = path.join(copy, file);
      const text = readFileSync(changed, 'utf8');
      expect(text).to.include(from);
      writeFileSync(changed, text.replace(from, to));
      const contract = ofSdk.find((one) => one.name === name);
      if (contract === undefined) throw new Error('no such contract');
      const message = await expectKept(contract, copy).then(
        () => '',
        (error: Error) => error.message,
      );
      const version = versionOf(sdk);
      const rest = `tried with ${contract.tried}; see ${contract.file}.`;
      expect(message).to.equal(`Pulumi's SDK ${version} changed "${name}": ${what}; ${rest}`);
      writeFileSync(changed, text);
    });
  }
});
