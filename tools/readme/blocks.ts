import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files whose examples are held to work. */
const DOCUMENTS = ['README.md', 'packages/*/README.md', 'apps/*/README.md', 'docs/**/*.md'];

/** One fenced block of a Markdown file. */
export interface Block {
  /** Path from the workspace root, with the line of the opening fence: `packages/core/README.md:12`. */
  readonly place: string;
  /** Absolute folder of the file: where its relative paths and imports begin. */
  readonly folder: string;
  /** The first word behind the fence, lower-case; empty if there is none. */
  readonly language: string;
  /** What else stands behind the fence. */
  readonly meta: string;
  readonly code: string;
}

/** Every fenced block of every document, in order. */
export function findBlocks(workspaceRoot: string): Block[] {
  return globSync(DOCUMENTS, { cwd: workspaceRoot })
    .filter((file) => !file.includes('node_modules'))
    .sort()
    .flatMap((file) =>
      blocksOf(readFileSync(join(workspaceRoot, file), 'utf8')).map(({ line, ...block }) => ({
        ...block,
        place: `${file}:${line}`,
        folder: dirname(join(workspaceRoot, file)),
      })),
    );
}

/** The fenced blocks of `markdown` (CommonMark section 4.5), indented ones in lists too. `line` counts from 1. */
export function blocksOf(
  markdown: string,
): { readonly line: number; readonly language: string; readonly meta: string; readonly code: string }[] {
  const fenced =
    /^(?<indent> *)(?<fence>`{3,}|~{3,})(?<info>[^`\n]*)\n(?<code>(?:.*\n)*?) *\k<fence>[`~]* *$/gm;
  return [...markdown.matchAll(fenced)].map(({ groups = {}, index }) => {
    const [language = '', ...meta] = (groups['info'] ?? '').trim().split(/\s+/);
    const indent = (groups['indent'] ?? '').length;
    const code = (groups['code'] ?? '').replaceAll(new RegExp(`^ {0,${indent}}`, 'gm'), '');
    const line = markdown.slice(0, index).split('\n').length;
    return { line, language: language.toLowerCase(), meta: meta.join(' '), code };
  });
}
