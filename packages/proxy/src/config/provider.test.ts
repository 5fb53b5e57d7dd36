import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { providerUrl, resolveProvider, type ProviderRequest } from './provider.ts';

function resolve(model: string, rest: Partial<ProviderRequest> = {}): unknown {
  return resolveProvider({ model, hasApiBase: false, hasOpenaiBase: false, isMocked: false, ...rest });
}

describe('which provider answers', () => {
  it.each([
    ['gpt-4o', 'gpt-4o'],
    ['*', '*'],
    ['ft:gpt-4o-mini:acme::id', 'ft:gpt-4o-mini:acme::id'],
    ['openai/gpt-4o', 'gpt-4o'],
    ['openai/*', '*'],
    ['openai/meta-llama/Llama-3-8B', 'meta-llama/Llama-3-8B'],
    ['text-completion-openai/gpt-3.5-turbo-instruct', 'gpt-3.5-turbo-instruct'],
  ])('%s is OpenAI asked for %s', (model, upstreamModel) => {
    expect(resolve(model)).toEqual({ provider: 'openai', upstreamModel });
  });

  it('takes a compatible provider by its address, without its prefix', () => {
    expect(resolve('groq/llama-3.1-8b', { hasApiBase: true })).toEqual({
      provider: 'groq',
      upstreamModel: 'llama-3.1-8b',
    });
    expect(resolve('groq/llama-3.1-8b')).toEqual({
      problem: expect.stringContaining('"groq/" needs an api_base'),
    });
  });

  it("does not send another provider's model to OPENAI_BASE_URL", () => {
    expect(resolve('groq/llama-3.1-8b', { hasOpenaiBase: true })).toHaveProperty('problem');
  });

  it('takes a prefix that names no provider for a part of the name, where there is an address', () => {
    const whole = { provider: 'openai', upstreamModel: 'meta-llama/Llama-3-8B' };
    expect(resolve('meta-llama/Llama-3-8B', { hasApiBase: true })).toEqual(whole);
    expect(resolve('meta-llama/Llama-3-8B', { hasOpenaiBase: true })).toEqual(whole);
    expect(resolve('meta-llama/Llama-3-8B')).toHaveProperty('problem');
  });

  it('says what is supported where a provider is not', () => {
    expect(resolve('azure/gpt-4o', { hasApiBase: true })).toEqual({
      problem:
        'the provider "azure" is not supported yet; supported: openai/, any OpenAI-compatible server by its api_base, and mock_response',
    });
  });

  it('suggests the provider that was meant', () => {
    expect(resolve('opnai/gpt-4o')).toEqual({ problem: expect.stringContaining('did you mean openai?') });
    expect(resolve('x', { customProvider: 'anthropc' })).toEqual({
      problem: expect.stringContaining('did you mean anthropic?'),
    });
  });

  it('needs no provider for a mocked model', () => {
    expect(resolve('azure/gpt-4o', { isMocked: true })).toEqual({
      provider: 'azure',
      upstreamModel: 'gpt-4o',
    });
    expect(resolve('anything/at-all', { isMocked: true })).toEqual({
      provider: 'openai',
      upstreamModel: 'anything/at-all',
    });
  });

  it('lets custom_llm_provider decide, and keeps slashes that are part of the name', () => {
    expect(resolve('org/model', { customProvider: 'openai' })).toEqual({
      provider: 'openai',
      upstreamModel: 'org/model',
    });
    expect(resolve('openai/model', { customProvider: 'openai' })).toEqual({
      provider: 'openai',
      upstreamModel: 'model',
    });
  });
});

describe('the address of a route', () => {
  it.each([
    'https://api.openai.com/v1',
    'https://api.openai.com/v1/',
    'https://gateway.example',
    'https://gateway.example/',
    'http://127.0.0.1:8080/deep/er/v1',
    'https://gateway.example/v1?tenant=a&flag=1',
    'https://gateway.example/v1/?tenant=a',
  ])('is what the OpenAI SDK makes of %s', (baseURL) => {
    const sdk = new OpenAI({ apiKey: 'unused', baseURL });
    expect(providerUrl(baseURL, '/chat/completions').href).toBe(sdk.buildURL('/chat/completions', undefined));
  });
});
