import {
  ALIASES,
  READERS,
  REFUSED,
  VARIABLES_WITHOUT_MEANING,
  WITHOUT_MEANING,
  type Given,
  type Name,
} from './names.ts';
import { namesOfOthers, shapeOf } from './shapes.ts';
import { Expectation, isAbsent, truth } from './values.ts';
import { isKubernetesLink, nearestMember, nearestVariable, variablesOf } from './variables.ts';

/** Something that is wrong. */
export interface Problem {
  /** The member or variable it is about, if it is about one. */
  readonly param?: string;
  readonly message: string;
}

/** What was said, where, and what is wrong with it. */
export class Collected {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly #values = new Map<Name, unknown>();
  readonly #labels = new Map<Name, string>();

  get given(): Given {
    return Object.fromEntries(this.#values);
  }

  has(name: Name): boolean {
    return this.#values.has(name);
  }

  /** Where `name` was said: the member or the variable. */
  labelOf(name: Name): string {
    return this.#labels.get(name) ?? name;
  }

  isFromEnvironment(name: Name): boolean {
    return this.labelOf(name).startsWith('REDIS_');
  }

  /** Reads a value; a later one of the same name replaces it. */
  read(name: Name, label: string, value: unknown): void {
    const result = READERS[name](value);
    if (result instanceof Expectation) {
      this.problem(label, `must be ${result.expected}`);
      return;
    }
    this.#values.set(name, result);
    this.#labels.set(name, label);
  }

  /** @param label the member or variable, perhaps with a place in it; `what` goes on where it ends. */
  problem(label: string, what: string): void {
    const [param = label] = /^\w+/.exec(label) ?? [];
    this.problems.push({ param, message: `${label} ${what}` });
  }

  drop(name: Name): void {
    this.#values.delete(name);
  }
}

type Settings = Readonly<Record<string, unknown>>;

/**
 * Puts together what the configuration and the environment say. The configuration wins name by name, and its address silences
 * the variables that tell an address of another kind; what the URL says in its query wins over both.
 */
export function collect(
  params: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): Collected {
  const collected = new Collected();
  collectMembers(params, collected);
  collectVariables(environment, collected);
  collectQuery(collected);
  return collected;
}

function collectMembers(params: Settings, collected: Collected): void {
  for (const [member, value] of Object.entries(params)) {
    const name = nameOf(member);
    if (name !== undefined) {
      const isNews = member === name || !collected.has(name);
      if (isSaid(name, value) && isNews) collected.read(name, member, value);
    } else if (!noteOther(member, member, value, collected)) {
      collected.problem(member, `is not known${didYouMean(nearestMember(member))}`);
    }
  }
}

function collectVariables(
  environment: Readonly<Record<string, string | undefined>>,
  collected: Collected,
): void {
  const shape = shapeOf(collected.given);
  const silenced = shape === undefined ? [] : namesOfOthers(shape);
  const inConfiguration = new Set(Object.keys(collected.given));
  for (const { label, member, value } of variablesOf(environment)) {
    const name = nameOf(member);
    if (name === undefined) {
      noteUnknownVariable(label, member, value, collected);
    } else if (isSaid(name, value) && !silenced.includes(name) && !inConfiguration.has(name)) {
      if (isKubernetesLink(name, value)) {
        collected.warnings.push(`${label} is not read: Kubernetes sets it for a service called redis`);
      } else collected.read(name, label, value);
    }
  }
}

function noteUnknownVariable(label: string, member: string, value: unknown, collected: Collected): void {
  const reason = Object.hasOwn(VARIABLES_WITHOUT_MEANING, member)
    ? VARIABLES_WITHOUT_MEANING[member]
    : undefined;
  if (isAbsent(value)) return;
  if (reason !== undefined) collected.warnings.push(`${label} has no effect: ${reason}`);
  else if (!noteOther(member, label, value, collected)) {
    const nearest = nearestVariable(label);
    if (nearest !== undefined) collected.warnings.push(`${label} is not known${didYouMean(nearest)}`);
  }
}

function collectQuery(collected: Collected): void {
  const { url } = collected.given;
  if (url === undefined) return;
  const label = collected.labelOf('url');
  if (collected.has('db')) {
    collected.warnings.push(`${collected.labelOf('db')} has no effect: ${label} says which database`);
    collected.drop('db');
  }
  if (url.database !== undefined) collected.read('db', `${label} (its path)`, url.database);
  if (url.username !== undefined) collected.read('username', label, url.username);
  if (url.password !== undefined) collected.read('password', label, url.password);
  for (const [member, value] of Object.entries(url.query)) {
    const name = nameOf(member);
    const where = `${label}: "${member}" in its query`;
    if (name !== undefined && name !== 'url') {
      if (isSaid(name, value)) collected.read(name, where, value);
    } else if (!noteOther(member, where, value, collected)) {
      collected.problem(where, `is not known${didYouMean(nearestMember(member))}`);
    }
  }
}

/** Notes a name that is known and has no meaning, or must not be asked for. False if it is not known at all. */
function noteOther(member: string, label: string, value: unknown, collected: Collected): boolean {
  const isAsked = !isAbsent(value) && truth(value) !== false;
  if (Object.hasOwn(WITHOUT_MEANING, member)) {
    if (isAsked) collected.warnings.push(`${label} has no effect: ${WITHOUT_MEANING[member]}`);
    return true;
  }
  if (!Object.hasOwn(REFUSED, member)) return false;
  if (isAsked) collected.problem(label, `${REFUSED[member]}`);
  return true;
}

function nameOf(member: string): Name | undefined {
  if (Object.hasOwn(ALIASES, member)) return ALIASES[member];
  return Object.hasOwn(READERS, member) ? (member as Name) : undefined;
}

/** `ssl_cert_reqs: null`, and `None` as a word, say something: no check. */
function isSaid(name: Name, value: unknown): boolean {
  if (name === 'ssl_cert_reqs')
    return value !== undefined && !(typeof value === 'string' && value.trim() === '');
  return !isAbsent(value);
}

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
