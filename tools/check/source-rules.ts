/** Rules about the text of one file. Each problem is one line: file, line, what is wrong. */

const maximumLines = 300;

interface LineRule {
  readonly appliesTo: RegExp;
  readonly pattern: RegExp;
  readonly problem: string;
}

const code = /\.(ts|mts|mjs|js)$/;
const everything = /(?:)/;

/** Put together, so that this file does not contain what it forbids. */
const machineFolders = [
  ...['work', 'farm'].map((name) => `/${name}/`),
  ['(?<![\\w.-])', 'root', ''].join('/'),
];
const lintSwitch = ['eslint', 'disable'].join('-');
const typeSwitch = ['@ts', '(ignore|nocheck)'].join('-');
const unfinished = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'];

const lineRules: readonly LineRule[] = [
  {
    appliesTo: everything,
    pattern: new RegExp(machineFolders.join('|')),
    problem: 'a path of one machine',
  },
  {
    appliesTo: /(^|\/)package-lock\.json$/,
    pattern: /"resolved": *"https?:/,
    problem: 'a download address (keep omit-lockfile-registry-resolved=true in .npmrc)',
  },
  {
    appliesTo: /\.(ts|mts|mjs|js|ya?ml|sh)$/,
    pattern: new RegExp(`\\b(${unfinished.join('|')})\\b`),
    problem: 'unfinished: do it, or open an issue and say in prose what is not done',
  },
  {
    appliesTo: code,
    pattern: /\b(it|test|describe)\.only\(|\b(fit|fdescribe)\(/,
    problem: 'a test that switches the others off',
  },
  {
    appliesTo: code,
    pattern: new RegExp(`${lintSwitch}(?!-next-line|-line)|${lintSwitch}.*no-explicit-any`),
    problem: 'a lint rule switched off for a whole file, or `any` let in: say what it is, or `unknown`',
  },
  {
    appliesTo: code,
    pattern: new RegExp(typeSwitch),
    problem: 'the type check switched off; `@ts-expect-error` with a reason, in tests, if it must be',
  },
];

export function sourceProblems(file: string, text: string): string[] {
  const lines = text.split('\n');
  return [...lengthProblems(file, lines), ...lineProblems(file, lines)];
}

function lengthProblems(file: string, lines: readonly string[]): string[] {
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (!isHandWrittenSource(file) || count <= maximumLines) return [];
  return [`${file}: ${count} lines, at most ${maximumLines}: one idea a file`];
}

function lineProblems(file: string, lines: readonly string[]): string[] {
  const rules = lineRules.filter((rule) => rule.appliesTo.test(file));
  return lines.flatMap((line, index) =>
    rules.filter((rule) => rule.pattern.test(line)).map((rule) => `${file}:${index + 1}: ${rule.problem}`),
  );
}

/** Whether the length rule is meant: tests read as lists and fixtures are data. */
function isHandWrittenSource(file: string): boolean {
  return code.test(file) && !/\.(test|fixture|d)\./.test(file);
}
