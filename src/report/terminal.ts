import type { ShownSteps } from './block';
import { blockLines } from './block';
import type { Output, Preview } from './renderer';
import { describePlan, noticeText, rolloutText, TextRenderer } from './renderer';
import { scrubber } from '../secrecy/scrubber';
import type { Ending, News } from '../rotation/news';

/** A stream to a terminal, with the size of its window. */
export interface Terminal extends Output {
  columns?: number;
  rows?: number;
}

const redrawEveryMs = 100;

/** On a terminal: one block with the eleven steps that is drawn anew, and plain lines above it. */
export class TerminalRenderer extends TextRenderer {
  private readonly steps: ShownSteps = new Map();
  private timer: NodeJS.Timeout | undefined;
  private drawn = 0;

  /**
   * @param stream where the block is drawn
   * @param others where plain lines go: results, and what stands above the block
   */
  constructor(
    private readonly stream: Terminal = process.stderr,
    private readonly colour = (process.env['NO_COLOR'] ?? '') === '',
    others: { results?: Output; progress?: Output } = {},
  ) {
    super(others.results, others.progress);
    // A closed terminal ends the output, not the run.
    stream.on('error', () => this.stop());
  }

  override news(news: News): void {
    switch (news.kind) {
      case 'reading':
        return super.news(news);
      case 'stopping':
        return this.above(news.text);
      case 'notice':
        return this.above(noticeText(news.text));
      case 'planned': {
        const { plan } = news.planned;
        this.clear();
        this.progress(`${news.resumed ? 'Finishing' : 'Plan'} ${plan.id}: ${describePlan(news.planned)}`);
        news.notices.forEach((notice) => this.progress(noticeText(notice)));
        this.steps.clear();
        this.steps.set(1, { status: 'done', note: plan.from === 'other' ? 'neither slot' : plan.from });
        this.steps.set(2, { status: 'done', note: plan.to });
        this.timer ??= setInterval(() => this.draw(), redrawEveryMs);
        this.timer.unref();
        return this.draw();
      }
      case 'step': {
        const { event } = news;
        if (event.step <= 2 || event.kind === 'resource') return;
        const { step } = event;
        const now = performance.now();
        if (event.kind === 'started') this.steps.set(step, { ...this.steps.get(step), started: now });
        else {
          const { status, ms } = event;
          this.steps.set(step, { status, ms, ...(status === 'unchanged' ? { note: 'already done' } : {}) });
        }
        return this.draw();
      }
      case 'rollout':
        this.steps.set(7, { ...this.steps.get(7), note: rolloutText(news) });
        return this.draw();
      case 'rolling-back':
        this.clear();
        super.news(news);
        [...this.steps.keys()].filter((step) => step > 2).forEach((step) => this.steps.delete(step));
        return this.draw();
    }
  }

  /** The block has nothing to show of a preview; what follows is written below, a question perhaps. */
  override preview(preview: Preview): void {
    this.clear();
    this.stop();
    super.preview(preview);
  }

  override ending(ending: Ending): void {
    if (this.timer !== undefined) this.draw();
    this.stop();
    super.ending(ending);
  }

  /** Leaves what was drawn last where it is. */
  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.drawn = 0;
  }

  /** A line above the block. */
  private above(text: string): void {
    this.clear();
    this.progress(text);
    this.draw();
  }

  /** Takes the block away, so that lines can be written where it stood. */
  private clear(): void {
    this.stream.write(`${this.toTop()}\u001b[0J`);
    this.drawn = 0;
  }

  /** To the begin of the block's first line, also from behind the ^C that a terminal shows. */
  private toTop(): string {
    return this.drawn > 0 ? `\r\u001b[${this.drawn}A` : '\r';
  }

  private draw(): void {
    if (this.timer === undefined) return;
    const { columns = 80, rows = 24 } = this.stream;
    const lines = blockLines(this.steps, { now: performance.now(), columns, colour: this.colour });
    // A block that does not fit cannot be drawn anew: the terminal scrolls its top away.
    const fitting = lines.slice(Math.max(0, lines.length - rows + 2));
    const text = fitting.map((line) => `\u001b[2K${scrubber.scrub(line)}\n`).join('');
    this.stream.write(`${this.toTop()}${text}\u001b[0J`);
    this.drawn = fitting.length;
  }
}
