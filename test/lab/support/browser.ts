import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Debian's Chromium; `npm test` installs it where it may. */
export const browserFile = '/usr/bin/chromium';

/** Whether there is a browser to look with. */
export const hasBrowser = existsSync(browserFile);

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** What a page did while it was looked at. */
export interface Looked {
  /** Errors and warnings of the console, refusals of the page's policy included. */
  complaints: string[];
  /** Addresses that were asked for, the page itself included. */
  requests: string[];
}

/** A headless Chromium, spoken to over a pipe in its own protocol. */
export class Browser {
  private readonly child: ChildProcess;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'browser-'));
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly listeners = new Set<(message: Message) => void>();
  private session: string | undefined;
  private lastId = 0;

  private constructor() {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--hide-scrollbars',
    ];
    const own = [`--user-data-dir=${this.folder}`, '--remote-debugging-pipe', 'about:blank'];
    this.child = spawn(browserFile, [...flags, ...own], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    let text = '';
    (this.child.stdio[4] as Readable).setEncoding('utf8').on('data', (data: string) => {
      const parts = (text + data).split('\0');
      text = parts.pop() ?? '';
      parts.forEach((part) => this.take(JSON.parse(part) as Message));
    });
  }

  /** Starts one; end it with {@link stop}. */
  static async start(): Promise<Browser> {
    const browser = new Browser();
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    browser.session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Opens a page in a window of this size and scheme, and waits until it is drawn. */
  async open(
    url: string,
    width: number,
    height: number,
    scheme: 'light' | 'dark' = 'light',
  ): Promise<Looked> {
    const looked: Looked = { complaints: [], requests: [] };
    let loaded = (): void => undefined;
    const drawn = new Promise<void>((resolve) => (loaded = resolve));
    const listen = ({ method, params = {} }: Message): void => {
      if (method === 'Page.loadEventFired') loaded();
      if (method === 'Network.requestWillBeSent')
        looked.requests.push((params['request'] as { url: string }).url);
      if (
        method === 'Log.entryAdded' ||
        method === 'Runtime.consoleAPICalled' ||
        method === 'Runtime.exceptionThrown'
      )
        looked.complaints.push(JSON.stringify(params));
    };
    this.listeners.add(listen);
    const mobile = width < 600;
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { media: '', features });
    await this.send('Page.navigate', { url });
    await drawn;
    this.listeners.delete(listen);
    return looked;
  }

  /** The value of an expression in the page. */
  async value(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: unknown }).value;
  }

  /** A PNG of the window as it is. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(String(data), 'base64');
  }

  /** Ends it, and takes its folder away. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  private async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = (this.lastId += 1);
    const answer = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    const session = this.session === undefined ? {} : { sessionId: this.session };
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  private take(message: Message): void {
    if (message.id === undefined) this.listeners.forEach((listen) => listen(message));
    else this.waiting.get(message.id)?.(message);
  }
}
