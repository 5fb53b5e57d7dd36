import type { Provider } from '@cache/core';
import type { Metrics } from './metrics.ts';

/** `provider`, its calls counted under `model`, the name the client asked for. */
export function measuredProvider(
  provider: Provider,
  model: string,
  metrics: Pick<Metrics, 'provider'>,
): Provider {
  return async (body, options) => {
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    try {
      const answer = await provider(body, options);
      metrics.provider(model, answer.status < 400 ? 'answered' : 'error_answer', seconds());
      return answer;
    } catch (error) {
      metrics.provider(model, options.signal.aborted ? 'given_up' : 'failed', seconds());
      throw error;
    }
  };
}
