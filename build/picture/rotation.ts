import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TerminalRenderer } from '../../src/report/terminal';
import { readRecord } from './record';
import { Screen } from './screen';
import { terminalSvg } from './svg';

/** What a rotation of an OpenEMR of three pods printed in the lab, with `--log-json`. */
const recorded = path.join('build', 'picture', 'rotation.jsonl');

/** The repository's root, from dist/build/picture. */
const root = path.resolve(__dirname, '..', '..', '..');

/** Where the picture is. */
export const pictureFile = path.join(root, 'docs', 'rotation.svg');

/** The picture of a rotation as a terminal shows it when it is over: what the command's own renderer draws of recorded news. */
export function rotationPicture(): string {
  const columns = 116;
  const screen = new Screen(columns, 24);
  screen.write('$ credential-rotation\n');
  const { news, ending } = readRecord(readFileSync(path.join(root, recorded), 'utf8'));
  const renderer = new TerminalRenderer(screen, true, { results: screen, progress: screen });
  news.forEach((each) => renderer.news(each));
  renderer.ending(ending);
  return terminalSvg(screen.lines(), columns, 'A rotation in a terminal');
}
