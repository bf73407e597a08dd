/** The password of a URL, which may hold colons and at signs, too: what is before it stays, as `$1`. */
export const passwordInUrl = /(:\/\/[^/?#@:\s]*:)[^/?#\s]*@/g;

/** A URL for people: without its password. */
export function shownUrl(url: string): string {
  return url.replace(passwordInUrl, '$1********@');
}

/** The password of a URL, as it stands there and decoded; empty where it has none. */
export function passwordsOfUrl(url: string): string[] {
  return [...url.matchAll(/:\/\/[^/?#@:\s]*:([^/?#\s]*)@/g)].flatMap(([, password = '']) => {
    if (password === '') return [];
    try {
      return [password, decodeURIComponent(password)];
    } catch {
      return [password];
    }
  });
}
