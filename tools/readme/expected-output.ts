/**
 * The lines an example says it prints: everything behind a `// ->`, at the end of a line or on a line of its own, in
 * order. `...` stands for any text.
 */
export function expectedLines(code: string): string[] {
  return [...code.matchAll(/\/\/ -> (?<text>.*)$/gm)].map(({ groups = {} }) =>
    (groups['text'] ?? '').trimEnd(),
  );
}

/** What is wrong with `output`, one problem a line; nothing where it is what the example says. */
export function outputProblems(code: string, output: string): string[] {
  const printed = output === '' ? [] : output.replace(/\n$/, '').split('\n');
  const expected = expectedLines(code);
  return Array.from({ length: Math.max(printed.length, expected.length) }, (_, index) => {
    const [said, got] = [expected[index], printed[index]];
    if (said === undefined) return `prints ${JSON.stringify(got)}, which no "// ->" says`;
    if (got === undefined) return `says ${JSON.stringify(said)} and prints nothing there`;
    return matches(said, got) ? undefined : `says ${JSON.stringify(said)} and prints ${JSON.stringify(got)}`;
  }).filter((problem) => problem !== undefined);
}

function matches(said: string, printed: string): boolean {
  const pattern = said.split('...').map(escaped).join('.*');
  return new RegExp(`^${pattern}$`).test(printed.trimEnd());
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
