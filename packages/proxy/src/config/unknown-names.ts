import { didYouMean, type Path } from './problem.ts';
import type { Report } from './report.ts';
import type { Settings } from './types.ts';

/** Warns about members that are neither `known` nor `idle` (known to LiteLLM, without effect here). */
export function warnAboutUnknown(
  members: Settings,
  path: Path,
  known: readonly string[],
  idle: readonly string[],
  report: Report,
): void {
  const names = [...known, ...idle];
  for (const name of Object.keys(members).filter((each) => !names.includes(each))) {
    report.warning([...path, name], `is not known and has no effect${didYouMean(name, names)}`);
  }
  warnAboutIdle(members, path, idle, report);
}

/** One warning for all idle members of a section: a whole LiteLLM file has many of them. */
export function warnAboutIdle(members: Settings, path: Path, idle: readonly string[], report: Report): void {
  const found = Object.keys(members).filter((name) => idle.includes(name));
  if (found.length === 0) return;
  if (found.length === 1) report.warning([...path, ...found], 'has no effect here yet');
  else report.warning(path, `${found.join(', ')} have no effect here yet`);
}
