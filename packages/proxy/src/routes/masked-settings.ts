/** Names of settings that are secrets, or may hold one inside (a URL with a password, say). */
const SECRET = /pass|secret|token|key|credential|auth|url|dsn|cert|user/i;

/** A URL with a user in it, under whatever name: that of a proxy, say. */
const WITH_USER = /:\/\/[^/\s]*@/;

const MASK = '*****';

/** Settings as an operator may be shown them, by their names in the file: secrets masked, whatever they are nested in. */
export function maskedSettings(settings: unknown): unknown {
  if (Array.isArray(settings)) return settings.map(maskedSettings);
  if (typeof settings === 'string' && WITH_USER.test(settings)) return MASK;
  if (typeof settings !== 'object' || settings === null) return settings;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      isSecret(name, value) ? MASK : maskedSettings(value),
    ]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  return SECRET.test(name) && value !== null && typeof value !== 'boolean';
}
