/** Where the time went, as lines for people; lengths in milliseconds. */
export function table(steps: { name: string; wall: number; cpu: number }[], wall: number): string[];
