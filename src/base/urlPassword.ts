/** The password of a URL, which may hold colons and at signs, too: what is before it is `$1`, itself `$2`. */
export const passwordInUrl = /(:\/\/[^/?#@:\s]*:)([^/?#\s]*)@/g;

/** A URL for people: without its password. */
export function shownUrl(url: string): string {
  return url.replace(passwordInUrl, '$1********@');
}

/** The password of a URL, as it stands there and decoded; empty where it has none. */
export function passwordsOfUrl(url: string): string[] {
  const found = [...url.matchAll(passwordInUrl)].flatMap(([, , password = '']) => [
    password,
    decoded(password),
  ]);
  return [...new Set(found.filter((password) => password !== ''))];
}

/** A part of a URL without its percent signs; as it is where they stand for nothing. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
