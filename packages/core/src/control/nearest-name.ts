import { closest, distance } from 'fastest-levenshtein';

/** Longer names are compared by their beginning: they come from clients. */
const COMPARED_CHARACTERS = 40;

/**
 * The known name that was probably meant, whatever its case. Undefined where nothing is near: a far-fetched guess helps
 * nobody.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const compared = name.slice(0, COMPARED_CHARACTERS).toLowerCase();
  const candidate = known.length === 0 ? undefined : closest(compared, known);
  return candidate !== undefined && isNear(compared, candidate) ? candidate : undefined;
}

function isNear(name: string, candidate: string): boolean {
  return distance(name, candidate) <= Math.max(2, Math.floor(candidate.length / 3));
}
