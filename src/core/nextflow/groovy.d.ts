/** A file that is imported as its text: `import code from './code.groovy' with { type: 'text' }`. */
declare module '*.groovy' {
  const text: string;
  export default text;
}
