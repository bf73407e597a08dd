import type { CheckedInputs } from '../inputs/inputs';
import { objectsOf } from '../render/manifests';
import { fileNames } from '../render/objects';
import { templateOf } from './emit';
import { chartInputs } from './inputs';
import { nodeOf } from './parse';
import { addComputed, specialInputs } from './special';
import type { Build } from './symbols';
import { SymbolMaker } from './symbols';
import { Tokens } from './tokens';
import type { Render } from './variants';
import { variants } from './variants';

const header =
  '{{- /* Made by `npm run chart` from the functions that make infra/manifests (docs/helm.md). */}}\n';

/** Files that only a value of the chart asks for. */
const madeIf: Partial<Record<string, string>> = {
  'network-policy.yaml': '$.Values.create.networkPolicy',
  'job.yaml': '$.Values.create.once',
};

/** A template for each file of the plain manifests, from the functions that make those. */
export function templates(): Map<string, string> {
  const tokens = new Tokens();
  const maker = new SymbolMaker(tokens, specialInputs);
  const build = maker.of(chartInputs, { path: '', expression: '$.Values', hasDefault: true });
  const inputsOf = build as (isOn: Parameters<Build>[0]) => CheckedInputs;
  const { kubernetes } = inputsOf(() => true);
  if (kubernetes === undefined) throw new Error('no inputs of the cluster');
  addComputed(tokens, kubernetes.limits, kubernetes.deployment);
  return new Map(
    fileNames.map((name) => {
      const render: Render = (isOn) => objectsOf(inputsOf(isOn))[name];
      const node = variants((value) => nodeOf(tokens, value), render, maker.switches);
      const made = madeIf[name];
      const text = templateOf(node);
      return [name, `${header}${made === undefined ? text : `{{- if ${made} }}\n${text}{{- end }}\n`}`];
    }),
  );
}
