import type { Redis } from 'ioredis';
import type { Guard } from './guard.ts';

/** Each new connection of `client` is made with the password that is current then; ioredis reads the option each time. */
export function useCurrentPassword(client: Redis, guard: Guard): void {
  if (!guard.hasCredentials) return;
  Object.defineProperty(client.options, 'password', {
    get: () => guard.password,
    enumerable: true,
    configurable: true,
  });
}
