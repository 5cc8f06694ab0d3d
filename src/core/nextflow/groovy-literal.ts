const LINE_ENDS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** Makes Groovy's source of a string with exactly these characters. The one way for a value into code that we write. */
export const groovyLiteral = (text: string): string =>
  `'${text.replace(/[\\'\n\r]/g, (character) => LINE_ENDS[character] ?? `\\${character}`)}'`;
