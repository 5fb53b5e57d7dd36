import { isAlias, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { ConfigError, formatPath, type Path, type Position, type Problem } from './problem.ts';
import { pyYamlTags } from './yaml-tags.ts';

/** A YAML file as plain values, and where each of them stands. */
export interface YamlFile {
  /** Mappings as objects (members in file order, named by their source text), null for an empty file. */
  readonly value: unknown;
  /** Duplicate members, of which the last counts. */
  readonly warnings: readonly Problem[];
  /** Where a member is written; for one that is not there, where its nearest parent is. */
  readonly locate: (path: Path) => Position;
}

/** More values than any configuration has: aliases of aliases of aliases must not fill the memory. */
const MAX_VALUES = 100_000;

/**
 * Reads YAML so that a file means what it means to PyYAML: its scalars, merge keys, anchors, and of duplicate members the
 * last. What PyYAML refuses (several documents, unknown tags) is refused.
 * @throws ConfigError with every syntax error of the text.
 */
export function readYaml(text: string, file?: string): YamlFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    customTags: pyYamlTags,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
  });
  const reader = new YamlReader(document, lineCounter, file);
  const unreadable = [
    ...document.errors,
    ...document.warnings.filter((warning) => warning.code === 'TAG_RESOLVE_FAILED'),
  ];
  for (const error of unreadable) reader.problem(error.pos[0], [], sentence(error.message));
  const value = unreadable.length > 0 ? null : reader.read(document.contents, []);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return { value, warnings: reader.warnings, locate: (path) => reader.locate(path) };
}

/** Walks the nodes once: values come out, positions and problems stay. */
class YamlReader {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #document: Document;
  readonly #lineCounter: LineCounter;
  readonly #file: string | undefined;
  readonly #offsets = new Map<string, number>();
  readonly #ancestors = new Set<Node>();
  #values = 0;

  constructor(document: Document, lineCounter: LineCounter, file: string | undefined) {
    this.#document = document;
    this.#lineCounter = lineCounter;
    this.#file = file;
  }

  read(node: unknown, path: Path): unknown {
    const target = isAlias(node) ? node.resolve(this.#document) : (node as Node | null | undefined);
    if (isAlias(node) && target === undefined)
      this.#problemAt(node, path, `there is no anchor &${node.source}`);
    if (target === null || target === undefined) return null;
    this.#values += 1;
    if (this.#values > MAX_VALUES) {
      if (this.#values === MAX_VALUES + 1)
        this.#problemAt(node, path, `aliases expand to more than ${MAX_VALUES} values`);
      return null;
    }
    if (isScalar(target)) return target.value;
    if (this.#ancestors.has(target)) {
      this.#problemAt(node, path, 'an alias stands inside the value it refers to');
      return null;
    }
    this.#ancestors.add(target);
    const value = isSeq(target)
      ? this.#readList(target.items, path)
      : this.#readMapping(target as YAMLMap, path);
    this.#ancestors.delete(target);
    return value;
  }

  problem(offset: number, path: Path, message: string): void {
    this.problems.push(this.#describe(offset, path, message));
  }

  locate(path: Path): Position {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = this.#offsets.get(pathKey(path.slice(0, length)));
      if (offset !== undefined) return this.#position(offset);
    }
    return { line: 1, column: 1 };
  }

  #readList(items: readonly unknown[], path: Path): unknown[] {
    return items.map((item, index) => {
      const itemPath = [...path, index];
      this.#offsets.set(pathKey(itemPath), offsetOf(item));
      return this.read(item, itemPath);
    });
  }

  /** Own members win over merged ones wherever the `<<` stands, as in PyYAML. */
  #readMapping(mapping: YAMLMap, path: Path): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (const pair of mapping.items.filter(isMerge)) this.#merge(members, pair.value, path);
    const seen = new Set<string>();
    for (const pair of mapping.items.filter((item) => !isMerge(item))) {
      const name = this.#memberName(pair, path);
      if (name === undefined) continue;
      const memberPath = [...path, name];
      if (seen.has(name)) {
        this.warnings.push(
          this.#describe(offsetOf(pair.key), memberPath, 'is given twice; this one, the last, counts'),
        );
      }
      seen.add(name);
      this.#offsets.set(pathKey(memberPath), offsetOf(pair.key));
      setMember(members, name, this.read(pair.value, memberPath));
    }
    return members;
  }

  #merge(members: Record<string, unknown>, source: unknown, path: Path): void {
    const target = isAlias(source) ? source.resolve(this.#document) : source;
    const sources = isSeq(target) ? target.items.toReversed() : [source];
    for (const each of sources) {
      const merged = this.read(each, path);
      if (typeof merged === 'object' && merged !== null && !Array.isArray(merged)) {
        for (const [name, value] of Object.entries(merged)) setMember(members, name, value);
      } else {
        this.#problemAt(each, path, 'expected a mapping, or a list of mappings, after "<<"');
      }
    }
  }

  #memberName(pair: Pair, path: Path): string | undefined {
    const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
    if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
    this.#problemAt(pair.key, path, 'expected a plain name before the colon');
    return undefined;
  }

  #problemAt(node: unknown, path: Path, message: string): void {
    this.problem(offsetOf(node), path, message);
  }

  #describe(offset: number, path: Path, message: string): Problem {
    const place = { position: this.#position(offset), path: formatPath(path), message };
    return this.#file === undefined ? place : { file: this.#file, ...place };
  }

  #position(offset: number): Position {
    const { line, col } = this.#lineCounter.linePos(offset);
    return { line, column: col };
  }
}

/** Only a plain `<<` merges; quoted it is a name like any other. */
function isMerge(pair: Pair): boolean {
  return isScalar(pair.key) && typeof pair.key.value === 'symbol';
}

/** `__proto__` is a name like any other. */
function setMember(members: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}

function offsetOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}

function sentence(message: string): string {
  return `not readable as YAML: ${message}`;
}
