/** Which resources the engine has begun with, for those who wait for it. */
export class BegunResources {
  private readonly waiting = new Map<string, { begun: Promise<void>; tell: () => void }>();

  /** Ends when the engine has begun with the resource of that name; never, when it does not come to it. */
  readonly of = (name: string): Promise<void> => this.entry(name).begun;

  /** Tells those who wait. */
  tell(name: string): void {
    this.entry(name).tell();
  }

  private entry(name: string): { begun: Promise<void>; tell: () => void } {
    const known = this.waiting.get(name);
    if (known) return known;
    let tell = (): void => undefined;
    const begun = new Promise<void>((resolve) => (tell = resolve));
    const entry = { begun, tell };
    this.waiting.set(name, entry);
    return entry;
  }
}
