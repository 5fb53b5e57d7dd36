import type { CallType } from '../calls/call-type.ts';
import { CacheError } from '../contract/errors.ts';
import { nearestName } from './nearest-name.ts';

/** The names LiteLLM documents for `supported_call_types`. Accepted also where this release has no such call type. */
const DOCUMENTED_NAMES: readonly string[] = [
  'completion',
  'acompletion',
  'embedding',
  'aembedding',
  'transcription',
  'atranscription',
  'text_completion',
  'atext_completion',
  'rerank',
  'arerank',
  'responses',
  'aresponses',
  'anthropic_messages',
];

/**
 * Which call types are cached, as a set of {@link CallType.name}. A call type may be given by its name or by any of its
 * spellings: `completion` and `acompletion` are one.
 *
 * @param names undefined: all that are known. Empty: none.
 * @param option what the list is called in messages.
 * @throws CacheError `CACHE_INVALID_OPTION` for a word that is none of these, naming all such words.
 */
export function resolveCallTypes(
  names: readonly string[] | undefined,
  known: readonly CallType[],
  option = 'supportedCallTypes',
): ReadonlySet<string> {
  if (names === undefined) return new Set(known.map((callType) => callType.name));
  const nameBySpelling = new Map(
    known.flatMap(({ name, spellings }) => [name, ...spellings].map((spelling) => [spelling, name] as const)),
  );
  const accepted = [...new Set([...nameBySpelling.keys(), ...DOCUMENTED_NAMES])];
  const problems = names.filter((name) => !accepted.includes(name)).map((name) => problemOf(name, accepted));
  if (problems.length > 0) {
    const message = `${option}: ${problems.join('; ')}; known are ${accepted.join(', ')}`;
    throw new CacheError('CACHE_INVALID_OPTION', message, { param: option });
  }
  return new Set(names.flatMap((name) => nameBySpelling.get(name) ?? []));
}

function problemOf(name: string, accepted: readonly string[]): string {
  const nearest = nearestName(name, accepted);
  return `"${name}" is not a call type${nearest === undefined ? '' : `, did you mean "${nearest}"?`}`;
}
