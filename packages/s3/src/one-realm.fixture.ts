/**
 * Jest runs tests in a realm of their own, where errors of Node's own modules are no `instanceof Error`. The SDK asks
 * that, and would replace them by others without a code, as it never does in an application.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === Error && isErrorOfAnyRealm(value)) return true;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

/** `Error.isError` is not in Node 22. */
function isErrorOfAnyRealm(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Error]';
}
