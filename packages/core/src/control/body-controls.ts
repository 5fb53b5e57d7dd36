import * as z from 'zod/mini';
import { CacheError } from '../contract/errors.ts';
import { NAMESPACE_PATTERN } from '../key/cache-key.ts';
import { isRawJson } from '../key/raw-json.ts';
import { nearestName } from './nearest-name.ts';
import { controlsOf, NO_CONTROLS, type Controls } from './policy.ts';

const SECONDS = 'a number of seconds, 0 or more';
const SWITCH = 'true or false';
const NAMESPACE = '1 to 128 of the characters A-Z a-z 0-9 . _ -';

const seconds = z.nullish(z.number(SECONDS).check(z.nonnegative(SECONDS)));
const switched = z.nullish(z.boolean(SWITCH));

const controlMembers = z.strictObject({
  'no-cache': switched,
  'no-store': switched,
  'use-cache': switched,
  ttl: seconds,
  's-maxage': seconds,
  's-max-age': seconds,
  namespace: z.nullish(z.string(NAMESPACE).check(z.regex(NAMESPACE_PATTERN, NAMESPACE))),
  'stale-while-revalidate': seconds,
  'stale-if-error': seconds,
});

const CONTROL_NAMES: readonly string[] = Object.keys(controlMembers.shape);

/** A client may send any number of wrong members; the message stays readable. */
const MAX_PROBLEMS = 10;
const SHOWN_CHARACTERS = 40;

interface Problem {
  readonly param: string;
  readonly message: string;
}

/**
 * Reads cache controls written as an object: the `cache` member of a request body, the defaults of a key, the option of
 * an in-process call.
 *
 * Absent, `null` and `{}` say nothing, and a member that is `null` or undefined is absent. Times are seconds: fractions
 * and 0 are allowed. Of `s-maxage` and `s-max-age` both given, the smaller counts (RFC 9111 section 4.2.1: of
 * conflicting directives the most restrictive). Nothing is coerced: `1` and `"true"`, which LiteLLM silently ignores
 * where it wants `true`, are errors.
 *
 * @param source what the object is called in messages, for example `metadata.cache`.
 * @throws CacheError `CACHE_INVALID_CONTROL` naming every unknown or wrongly typed member; its `param` is the first of
 * them, for example `cache.ttl`.
 */
export function parseControls(member: unknown, source = 'cache'): Controls {
  if (member === undefined || member === null) return NO_CONTROLS;
  const given = withPlainNumbers(member);
  const result = z.safeParse(controlMembers, given);
  if (!result.success)
    throw invalid(result.error.issues.flatMap((issue) => problemsOf(issue, given, source)));
  const { 's-maxage': maxAge, 's-max-age': maxAgeAlias, ...members } = result.data;
  return controlsOf({
    noCache: members['no-cache'],
    noStore: members['no-store'],
    useCache: members['use-cache'],
    ttlSeconds: members.ttl,
    maxAgeSeconds: smaller(maxAge, maxAgeAlias),
    namespace: members.namespace,
    staleWhileRevalidateSeconds: members['stale-while-revalidate'],
    staleIfErrorSeconds: members['stale-if-error'],
  });
}

type MaybeAbsent<T> = T | null | undefined;

function smaller(one: MaybeAbsent<number>, other: MaybeAbsent<number>): MaybeAbsent<number> {
  if (one === undefined || one === null) return other;
  return other === undefined || other === null ? one : Math.min(one, other);
}

function problemsOf(issue: z.core.$ZodIssue, given: unknown, source: string): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownMember(name, source));
  const name = issue.path[0];
  if (name === undefined) {
    return [{ param: source, message: `${source} must be an object of cache controls, got ${shown(given)}` }];
  }
  const param = `${source}.${String(name)}`;
  const value = (given as Record<PropertyKey, unknown>)[name];
  return [{ param, message: `${param} must be ${issue.message}, got ${shown(value)}` }];
}

function unknownMember(name: string, source: string): Problem {
  const param = `${source}.${shortened(name)}`;
  const nearest = nearestName(name, CONTROL_NAMES);
  const hint = nearest === undefined ? `known are ${CONTROL_NAMES.join(', ')}` : `did you mean "${nearest}"?`;
  return { param, message: `${param} is not a cache control; ${hint}` };
}

function invalid(problems: readonly Problem[]): CacheError {
  const messages = problems.slice(0, MAX_PROBLEMS).map((problem) => problem.message);
  if (problems.length > MAX_PROBLEMS) messages.push(`and ${problems.length - MAX_PROBLEMS} more`);
  const first = problems[0];
  return new CacheError('CACHE_INVALID_CONTROL', messages.join('; '), first && { param: first.param });
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `${JSON.stringify(shortened(value))} (string)`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value} (${typeof value})`;
  return `a ${typeof value}`;
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

/** Numbers that a body keeps by their source text (beyond 2^53, not finite) are numbers here like others. */
function withPlainNumbers(member: unknown): unknown {
  if (isRawJson(member)) return Number(member.rawJSON);
  if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
  return Object.fromEntries(
    Object.entries(member).map(([name, value]) => [name, isRawJson(value) ? Number(value.rawJSON) : value]),
  );
}
