/**
 * The known word that was probably meant by a mistyped one: the only one that begins with it, else the one that takes the
 * fewest changes of single letters. Undefined when none is that near.
 * @param most changes; one for each three letters when it is not given
 */
export function nearest(
  word: string,
  known: readonly string[],
  most = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  const plain = word.toLowerCase();
  const begun = known.filter((each) => plain.length > 2 && each.toLowerCase().startsWith(plain));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let fewest = most + 1;
  for (const each of known) {
    const changes = changesBetween(plain, each.toLowerCase());
    if (changes >= fewest || changes >= each.length) continue;
    best = each;
    fewest = changes;
  }
  return best;
}

/** How many letters to add, leave out, replace or swap with the next one (the optimal string alignment distance). */
function changesBetween(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= from.length; row++) {
    const costs = [row];
    for (let column = 1; column <= to.length; column++) {
      const above = rows[row - 1] ?? [];
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swap = row > 1 && column > 1 && isSwapped ? (rows[row - 2]?.[column - 2] ?? 0) + 1 : Infinity;
      costs.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (costs[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + differs,
          swap,
        ),
      );
    }
    rows.push(costs);
  }
  return rows[from.length]?.[to.length] ?? 0;
}

/** A sentence that offers the word that was probably meant; empty when none is near. */
export function didYouMean(word: string, known: readonly string[], prefix = ''): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : ` Did you mean ${prefix}${meant}?`;
}
