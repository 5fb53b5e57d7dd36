import type { Deployment } from './deployment.ts';

/** Finds who answers a model. */
export interface Router {
  /** A deployment for `model`, its own `model` already what the provider is asked for. Undefined: nobody answers it. */
  find(model: string): Deployment | undefined;
  /** The names clients can ask for, in the order of the configuration, each once. Wildcards are not names. */
  models(): string[];
}

export interface RouterOptions {
  /** A number from 0, below 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** Deployments of one name, and the pattern the name makes. */
interface Group {
  readonly deployments: Deployment[];
  readonly pattern: RegExp;
  /** How much of a model's name the pattern fixes. */
  readonly literalCharacters: number;
}

/** Longer names are nobody's, and what a pattern with several `*` costs grows with their length. */
const MAX_MODEL_CHARACTERS = 512;

/**
 * Exact names win over wildcards, and of wildcards the one that fixes most of the name; of several deployments under one
 * name each is as likely.
 */
export function createRouter(deployments: readonly Deployment[], options: RouterOptions = {}): Router {
  const random = options.random ?? Math.random;
  const names = Map.groupBy(deployments, ({ modelName }) => modelName);
  const exact = new Map([...names].filter(([name]) => !isWildcard(name)));
  const wildcards = [...names]
    .filter(([name]) => isWildcard(name))
    .map(([name, of]) => groupOf(name, of))
    .sort((a, b) => b.literalCharacters - a.literalCharacters);

  return {
    find(model) {
      const named = exact.get(model);
      if (named !== undefined) return oneOf(named, random);
      if (model.length > MAX_MODEL_CHARACTERS) return undefined;
      for (const { pattern, deployments: candidates } of wildcards) {
        const match = pattern.exec(model);
        const deployment = match === null ? undefined : oneOf(candidates, random);
        if (match !== null && deployment !== undefined) return filledIn(deployment, match.slice(1));
      }
      return undefined;
    },
    models: () => [...exact.keys()],
  };
}

function isWildcard(name: string): boolean {
  return name.includes('*');
}

function groupOf(name: string, deployments: Deployment[]): Group {
  const literals = name.split('*');
  return {
    deployments,
    pattern: new RegExp(`^${literals.map(escaped).join('(.*)')}$`, 's'),
    literalCharacters: literals.join('').length,
  };
}

function escaped(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function oneOf(deployments: readonly Deployment[], random: () => number): Deployment | undefined {
  return deployments.length === 1 ? deployments[0] : deployments[Math.floor(random() * deployments.length)];
}

/** The first `*` of the deployment's model becomes what the first one of its name stood for, and so on. */
function filledIn(deployment: Deployment, matched: readonly string[]): Deployment {
  if (!isWildcard(deployment.model)) return deployment;
  let next = 0;
  const model = deployment.model.replaceAll('*', () => matched[next++] ?? matched.at(-1) ?? '');
  return { ...deployment, model };
}
