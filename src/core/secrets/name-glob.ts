/**
 * Makes a check for names from a pattern of the shell: `*` is any text, `?` one character. It takes time in proportion to
 * the product of both lengths, whatever the pattern is.
 */
export function nameGlob(pattern: string): (name: string) => boolean {
  return (name) => {
    let at = 0;
    let star = -1;
    let resume = 0;
    for (let index = 0; index < name.length;) {
      if (at < pattern.length && pattern[at] === '*') {
        star = at++;
        resume = index;
      } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
        at++;
        index++;
      } else if (star >= 0) {
        at = star + 1;
        index = ++resume;
      } else {
        return false;
      }
    }
    while (pattern[at] === '*') at++;
    return at === pattern.length;
  };
}
