import { describe, expect, it } from '@jest/globals';
import type { Deployment } from './deployment.ts';
import { createRouter } from './router.ts';

function deployment(modelName: string, model: string, id = `${modelName} -> ${model}`): Deployment {
  return {
    id,
    modelName,
    model,
    apiBase: 'http://127.0.0.1',
    headers: {},
    defaultParams: {},
    includeUsage: true,
  };
}

describe('createRouter', () => {
  it('finds a deployment by the exact name, which is not what the provider is asked for', () => {
    const router = createRouter([deployment('fast', 'gpt-4o-mini')]);
    expect(router.find('fast')?.model).toBe('gpt-4o-mini');
    expect(router.find('Fast')).toBeUndefined();
    expect(router.find('gpt-4o-mini')).toBeUndefined();
    expect(router.find('')).toBeUndefined();
  });

  it('knows no name that objects have by nature', () => {
    expect(createRouter([deployment('fast', 'm')]).find('__proto__')).toBeUndefined();
    expect(createRouter([deployment('fast', 'm')]).find('constructor')).toBeUndefined();
  });

  it('asks the provider for what the wildcard stood for', () => {
    const router = createRouter([deployment('openai/*', '*'), deployment('team-*-eu', 'eu/*/large')]);
    expect(router.find('openai/gpt-4o')?.model).toBe('gpt-4o');
    expect(router.find('team-red-eu')?.model).toBe('eu/red/large');
    expect(router.find('gpt-4o')).toBeUndefined();
  });

  it("takes a lone * for the client's own name", () => {
    expect(createRouter([deployment('*', '*')]).find('anything/at all')?.model).toBe('anything/at all');
  });

  it('fills in several wildcards in order', () => {
    expect(createRouter([deployment('*/x/*', '*-*')]).find('a/x/b')?.model).toBe('a-b');
  });

  it('asks for a fixed model behind a wildcard', () => {
    expect(createRouter([deployment('gpt-*', 'llama')]).find('gpt-4o')?.model).toBe('llama');
  });

  it('prefers the exact name, then the wildcard that fixes most of it, wherever they stand', () => {
    const router = createRouter([
      deployment('*', 'any'),
      deployment('openai/*', 'openai'),
      deployment('openai/gpt-*', 'gpt'),
      deployment('openai/gpt-4o', 'exact'),
    ]);
    expect(router.find('openai/gpt-4o')?.model).toBe('exact');
    expect(router.find('openai/gpt-5')?.model).toBe('gpt');
    expect(router.find('openai/o3')?.model).toBe('openai');
    expect(router.find('claude')?.model).toBe('any');
  });

  it('takes every character but * literally', () => {
    const router = createRouter([deployment('a.b+(c)[d]|^$\\*', '*')]);
    expect(router.find('a.b+(c)[d]|^$\\e')?.model).toBe('e');
    expect(router.find('axb+(c)[d]|^$\\e')).toBeUndefined();
  });

  it('gives each deployment of one name the same share, by the random number', () => {
    let number = 0;
    const router = createRouter([deployment('m', 'a'), deployment('m', 'b'), deployment('m', 'c')], {
      random: () => number,
    });
    const picked = [0, 0.33, 0.34, 0.66, 0.67, 0.999].map((next) => {
      number = next;
      return router.find('m')?.model;
    });
    expect(picked).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  it('picks among the deployments of one wildcard too', () => {
    const router = createRouter([deployment('x-*', 'a-*'), deployment('x-*', 'b-*')], { random: () => 0.9 });
    expect(router.find('x-1')?.model).toBe('b-1');
  });

  it('refuses a name no pattern should be tried on', () => {
    const router = createRouter([deployment('*a*a*a*', '*')]);
    const startedAt = performance.now();
    expect(router.find('a'.repeat(1_000_000))).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(200);
  });

  it('lists each name once, in order, without wildcards', () => {
    const router = createRouter([
      deployment('b', '1'),
      deployment('*', '*'),
      deployment('a', '2'),
      deployment('b', '3'),
    ]);
    expect(router.models()).toEqual(['b', 'a']);
  });
});
