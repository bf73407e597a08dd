import type { LogLine } from '../fleet/childLog';
import { readLogLine } from '../fleet/childLog';
import { stepTitles } from '../rotation/steps';
import { durationText } from './duration';
import { scrubber } from '../secrecy/scrubber';

const redrawEveryMs = 200;

/** A deployment under way, as the block shows it; times in ms of the same clock as `now`. */
export interface ShownMember {
  name: string;
  started: number;
  doing: string;
}

/** What a line of a deployment's log says about what it does now; undefined when nothing. */
export function doingText(line: LogLine): string | undefined {
  if (line.type === 'step-started' && line.step > 2) return `${line.step}/11 ${stepTitles[line.step]}`;
  if (line.type === 'rolling-back') return 'rolling back';
  return line.type === 'planned' ? 'planned' : undefined;
}

/** The block: one line for each deployment under way, and one with the counts; none longer than `columns`. Pure. */
export function fleetBlock(
  shown: readonly ShownMember[],
  { ended, all }: { ended: number; all: number },
  { now, columns, rows }: { now: number; columns: number; rows: number },
): string[] {
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const lines = shown
    .slice(0, Math.max(1, rows - 3))
    .map(
      ({ name, started, doing }) =>
        `${name.padEnd(width)}  ${durationText((now - started) / 1000).padStart(10)}  ${doing}`,
    );
  const hidden = shown.length - lines.length;
  const more = hidden > 0 ? `, ${hidden} not shown` : '';
  return [...lines, `${ended} of ${all} done, ${shown.length} under way${more}`].map((line) =>
    [...line].slice(0, Math.max(20, columns - 1)).join(''),
  );
}

/**
 * Shows how a fleet gets on, on stderr: a line for each start, rollback and end; on a terminal also one block that moves,
 * with the step that each is in. Elsewhere the steps are only in the logs.
 */
export class FleetProgress {
  private readonly shown = new Map<string, ShownMember>();
  private ended = 0;
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param all how many there are */
  constructor(
    private readonly all: number,
    private readonly stream: NodeJS.WriteStream = process.stderr,
    private readonly moves = stream.isTTY && process.env['TERM'] !== 'dumb',
  ) {
    stream.on('error', () => undefined);
  }

  /** A deployment's process was started. */
  started(name: string): void {
    this.shown.set(name, { name, started: performance.now(), doing: 'starting' });
    if (!this.moves) this.say(`${name}: started`);
    this.timer ??= this.moves ? setInterval(() => this.draw(), redrawEveryMs) : undefined;
    this.timer?.unref();
  }

  /** Its process wrote a line. */
  line(name: string, text: string): void {
    const line = readLogLine(text);
    const doing = line && doingText(line);
    const member = this.shown.get(name);
    if (doing === undefined || !member) return;
    member.doing = doing;
    if (line?.type === 'rolling-back') this.say(`${name}: rolling back: ${line.message}`);
  }

  /** It ended, or was found to need nothing. */
  over(name: string, text: string): void {
    this.shown.delete(name);
    this.ended += 1;
    this.say(`${name}: ${text} (${this.ended} of ${this.all})`);
  }

  /** One line for people. */
  say(text: string): void {
    this.clear();
    this.stream.write(`${scrubber.scrub(text)}\n`);
    this.draw();
  }

  /** Takes the block away; nothing is shown any more. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.clear();
  }

  private clear(): void {
    if (this.drawn > 0) this.stream.write(`\u001b[${this.drawn}A\u001b[0J`);
    this.drawn = 0;
  }

  private draw(): void {
    if (this.timer === undefined) return;
    this.clear();
    const { columns = 80, rows = 24 } = this.stream;
    const counts = { ended: this.ended, all: this.all };
    const lines = fleetBlock([...this.shown.values()], counts, { now: performance.now(), columns, rows });
    this.stream.write(lines.map((line) => `${scrubber.scrub(line)}\n`).join(''));
    this.drawn = lines.length;
  }
}
