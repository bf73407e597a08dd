import { fleetFileNames, fleetObjectsByFile } from '../../kubernetes/fleetJob';
import { templateOf } from '../emit';
import { nodeOf } from '../parse';
import { helper } from '../special';
import type { Render } from '../variants';
import { variants } from '../variants';
import { FleetSymbols } from './symbols';

type FileName = (typeof fleetFileNames)[number];

const header =
  "{{- /* Made by `npm run chart` from the functions that make a fleet's manifest (docs/helm.md). */}}\n";

/** A template for each file of a fleet's objects, from the functions of `fleet manifest`. */
export function fleetTemplates(): Map<string, string> {
  const symbols = new FleetSymbols();
  const template = (render: Render): string =>
    templateOf(variants((value) => nodeOf(symbols.tokens, value), render, symbols.switches));
  const textOf = (name: FileName): string => {
    const of = name === 'network-policy.yaml' ? 'pages' : 'namespaces';
    const render: Render = (isOn) => fleetObjectsByFile(symbols.settings(isOn, of))[name];
    if (name !== 'job.yaml') return template(render);
    // Two objects that have nearly all in common: in one template, each switch would be tried with each.
    const { scheduled } = symbols;
    const [cronJob, job] = [true, false].map((is) =>
      template((isOn) => render((on) => (on === scheduled ? is : isOn(on)))),
    );
    return `{{- if ${scheduled.condition} }}\n${cronJob}{{- else }}\n${job}{{- end }}\n`;
  };
  return new Map(fleetFileNames.map((name) => [name, `${header}${around(name, textOf(name))}`]));
}

function around(name: FileName, text: string): string {
  if (name === 'report.yaml') return `{{- if $.Values.report }}\n${text}{{- end }}\n`;
  return name === 'fleet-file.yaml' ? `{{- ${helper('check')} $ }}\n${text}` : text;
}
