/** The variables of the lines `export NAME='value'` that the lab prints for a second shell. */
export function environmentIn(output: string): Record<string, string> {
  const lines = [...output.matchAll(/^export (\w+)='(.*)'$/gm)];
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value.replaceAll(`'\\''`, `'`)]));
}
