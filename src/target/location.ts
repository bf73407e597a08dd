/** What the engine needs to find the state. */
export interface StackLocation {
  stack: string;
  home: string;
  backendUrl: string;
  secretsProvider: string;
}
